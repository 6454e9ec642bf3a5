"""A payment's quote in its item: exact, small, and absent from all payments but converted ones."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from payflow.aws.payment_item import payment_from_item, payment_to_item
from payflow.domain.fx import Quote, ratio
from tests.support.builders import a_captured, a_payment, a_quote, later
from tests.support.dynamodb_units import item_size

terms = st.integers(1, 10**30)
moments = st.integers(-(10**9), 10**9).map(later)


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    source, target = draw(st.sampled_from(list(permutations(("USD", "INR", "JPY", "KWD"), 2))))
    return Quote(
        source_currency=source,
        target_currency=target,
        rate=ratio(draw(terms), draw(terms)),
        spread_bps=draw(st.integers(0, 9_999)),
        rate_source=draw(st.text("abc_/", min_size=1, max_size=20)),
        as_of=draw(moments),
        quoted_at=draw(moments),
        expires_at=draw(moments),
    )


def settling(quote: Quote) -> dict[str, Any]:
    return {
        "currency": quote.source_currency,
        "settlement_currency": quote.target_currency,
        "fx": quote,
    }


@given(quotes())
@settings(deadline=None)
def test_a_quote_comes_back_exactly(quote: Quote) -> None:
    payment = a_payment(**settling(quote))

    assert payment_from_item(payment_to_item(payment)) == payment


def test_both_legs_come_back_exactly() -> None:
    payment = a_captured(**settling(a_quote("JPY", "KWD")))

    assert {entry.account.currency for entry in payment.postings[0].entries} == {"JPY", "KWD"}
    assert payment_from_item(payment_to_item(payment)) == payment


def test_a_payment_that_is_not_converted_keeps_nothing_of_it() -> None:
    assert "fx" not in payment_to_item(a_captured(currency="USD", settlement_currency="USD"))


def test_conversion_adds_a_small_part_of_a_write_unit() -> None:
    told = settling(a_quote("USD", "INR"))

    quoted = item_size(payment_to_item(a_payment(**told))) - item_size(payment_to_item(a_payment()))
    plain = item_size(payment_to_item(a_captured(currency="USD")))
    booked = item_size(payment_to_item(a_captured(**told))) - plain

    assert quoted < 110
    assert booked < 210
