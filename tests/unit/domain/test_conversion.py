"""A converted payment: two linked legs, exact in sum, never to the liquidity account's loss."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payflow.domain.conversion import settlement_of
from payflow.domain.errors import Conflict
from payflow.domain.fx import Quote
from payflow.domain.instruction import InstructionKind
from payflow.domain.instructions import accepted, settled
from payflow.domain.ledger import AccountKind, Balance, Phase, folded
from payflow.domain.money import AMOUNT_MINOR_MAX, FeeTerms
from payflow.domain.payment import Payment, Status
from payflow.domain.representation import payment_document
from payflow.domain.timeline import timeline
from tests.support.builders import NOON, a_captured, a_quote, an_authorized, an_instruction, later

CAPTURE, VOID, REFUND = InstructionKind.CAPTURE, InstructionKind.VOID, InstructionKind.REFUND
PAIRS = list(permutations(("EUR", "USD", "GBP", "INR", "JPY", "KWD"), 2))
PROVIDER_FEE = FeeTerms(bps=200, fixed_minor=30)
parts = st.lists(st.integers(1, AMOUNT_MINOR_MAX // 8), min_size=1, max_size=8)
quotes = st.builds(
    lambda pair, spread: a_quote(*pair, spread_bps=spread),
    st.sampled_from(PAIRS),
    st.sampled_from((0, 1, 50, 333, 9_999)),
)
fees = st.builds(FeeTerms, st.integers(0, 1_000), st.integers(0, 500))


def converted_at(quote: Quote, minor: int, **changes: object) -> Payment:
    """Authorised for that amount, not captured yet."""
    return an_authorized(
        amount_minor=minor,
        currency=quote.source_currency,
        settlement_currency=quote.target_currency,
        fx=quote,
        **changes,
    )


def after(payment: Payment, kind: InstructionKind, *minors: int) -> Payment:
    """`payment` after captures or refunds of these amounts."""
    for minor in minors:
        number = len(payment.instructions) + 1
        asked = accepted(payment, an_instruction(kind, number, amount_minor=minor), NOON)
        payment = settled(asked, number, None, provider_fee=PROVIDER_FEE, now=later(number))
    return payment


def balances(payment: Payment) -> dict[str, int]:
    return {b.account.id: b.amount for b in folded({}, payment.postings).values()}


def sums(payment: Payment) -> list[Balance]:
    return list(folded({}, payment.postings).values())


def amount_of(payment: Payment, kind: AccountKind, currency: str) -> int:
    """The balance of all accounts of that kind and currency, on their own side."""
    return sum(
        b.amount for b in sums(payment) if (b.account.kind, b.account.currency) == (kind, currency)
    )


def position_value(payment: Payment, quote: Quote) -> Fraction:
    """What the liquidity account holds in both currencies, at the exact rate, in the target's."""
    rate = Fraction(quote.rate.numerator, quote.rate.denominator)
    got_in_source = -amount_of(payment, AccountKind.FX_LIQUIDITY, quote.source_currency)
    given_in_target = amount_of(payment, AccountKind.FX_LIQUIDITY, quote.target_currency)
    return got_in_source * rate - given_in_target


class TestACapture:
    def test_is_two_legs_of_one_transaction(self) -> None:
        payment = a_captured(
            amount_minor=10_000,
            currency="USD",
            settlement_currency="INR",
            fx=a_quote("USD", "INR"),
        )

        (booking,) = payment.postings
        # 99.00 at 87.379694… is 8650.58 and a fraction; half a percent of it is 43.26, rounded up.
        assert [(e.account.id, e.side.value, e.amount_minor) for e in booking.entries] == [
            ("provider_receivable:A:USD", "debit", 9_800),
            ("provider_fees:USD", "debit", 200),
            ("fx_liquidity:USD", "credit", 9_900),
            ("fx_liquidity:INR", "debit", 865_058),
            (f"merchant_payable:{payment.merchant_id}:INR", "credit", 860_732),
            ("fx_spread:INR", "credit", 4_326),
            ("fees_revenue:USD", "credit", 100),
        ]

    def test_without_a_quote_owes_in_the_payments_own_currency(self) -> None:
        payment = a_captured(amount_minor=10_000, currency="USD", settlement_currency="USD")

        assert {e.account.currency for p in payment.postings for e in p.entries} == {"USD"}
        assert payment_document(payment)["fx"] is None

    def test_too_small_to_settle_counts_with_the_next(self) -> None:
        quote = a_quote("INR", "JPY", spread_bps=0)
        payment = converted_at(quote, 100, platform_fee=FeeTerms())

        first = after(payment, CAPTURE, 57)
        second = after(first, CAPTURE, 1)

        assert amount_of(first, AccountKind.MERCHANT_PAYABLE, "JPY") == 0
        assert amount_of(second, AccountKind.MERCHANT_PAYABLE, "JPY") == 1

    def test_that_its_fee_uses_up_converts_nothing(self) -> None:
        quote = a_quote("USD", "INR")
        payment = after(
            converted_at(quote, 1_000, platform_fee=FeeTerms(fixed_minor=30)), CAPTURE, 30
        )

        assert {e.account.kind for e in payment.postings[-1].entries} == {
            AccountKind.PROVIDER_FEES,
            AccountKind.FEES_REVENUE,
        }


class TestARefund:
    def test_goes_back_by_the_same_rate_without_fees_and_spread(self) -> None:
        captured = a_captured(
            amount_minor=10_000, currency="USD", settlement_currency="INR", fx=a_quote("USD", "INR")
        )

        payment = after(captured, REFUND, 10_000)

        assert [
            (e.account.id, e.side.value, e.amount_minor) for e in payment.postings[-1].entries
        ] == [
            ("fx_liquidity:USD", "debit", 10_000),
            (f"merchant_payable:{payment.merchant_id}:INR", "debit", 873_797),
            ("fx_liquidity:INR", "credit", 873_797),
            ("provider_receivable:A:USD", "credit", 10_000),
        ]

    def test_is_possible_at_its_rate_after_the_quote_has_expired(self) -> None:
        quote = a_quote("USD", "INR")
        captured = after(converted_at(quote, 1_000), CAPTURE, 1_000)
        asked = an_instruction(REFUND, 2, amount_minor=1_000)
        now = quote.expires_at + timedelta(days=300)

        refunded = settled(
            accepted(captured, asked, now), 2, None, provider_fee=PROVIDER_FEE, now=now
        )

        assert settlement_of(refunded, quote).returned_minor == quote.returned(1_000)


class TestAfterTheQuotesEnd:
    def test_no_capture_is_accepted_but_one_that_was_is_settled(self) -> None:
        quote = a_quote("USD", "INR")
        payment = converted_at(quote, 1_000)
        just_before = quote.expires_at - timedelta(milliseconds=1)
        asked = accepted(payment, an_instruction(CAPTURE, amount_minor=400), just_before)

        done = settled(asked, 1, None, provider_fee=PROVIDER_FEE, now=quote.expires_at)
        with pytest.raises(Conflict) as refused:
            accepted(done, an_instruction(CAPTURE, 2), quote.expires_at)

        assert done.amount_captured == 400
        assert refused.value.code == "quote_expired"

    def test_the_payment_can_still_be_canceled(self) -> None:
        quote = a_quote("USD", "INR")
        asked = accepted(converted_at(quote, 1_000), an_instruction(VOID), quote.expires_at)

        done = settled(asked, 1, None, provider_fee=PROVIDER_FEE, now=quote.expires_at)

        assert done.status is Status.CANCELED
        assert {one.phase for one in done.postings} == {Phase.PENDING, Phase.RELEASED}


class TestForEveryPairAndAmount:
    @settings(deadline=None)
    @given(quotes, fees, parts, st.data())
    def test_every_currency_balances_and_liquidity_never_loses(
        self, quote: Quote, fee: FeeTerms, captures: list[int], data: st.DataObject
    ) -> None:
        payment = converted_at(quote, sum(captures), platform_fee=fee)

        payment = after(payment, CAPTURE, *captures)
        assert position_value(payment, quote) >= 0
        for _ in range(data.draw(st.integers(0, 4))):
            left = payment.amount_captured - payment.amount_refunded
            if not left:
                break
            payment = after(payment, REFUND, data.draw(st.integers(1, left)))
            assert position_value(payment, quote) >= 0

        # A transaction that does not balance cannot be made; these are the sums of all.
        for currency in (quote.source_currency, quote.target_currency):
            mine = [one for one in sums(payment) if one.account.currency == currency]
            assert sum(one.debits for one in mine) == sum(one.credits for one in mine)
        # Rounding is worth less than a unit for the captures and one for the refunds.
        assert position_value(payment, quote) < 2

    @settings(deadline=None)
    @given(quotes, fees, parts, st.randoms(use_true_random=False))
    def test_captures_come_to_the_same_in_any_order(
        self, quote: Quote, fee: FeeTerms, captures: list[int], chance: Random
    ) -> None:
        shuffled = list(captures)
        chance.shuffle(shuffled)
        payment = converted_at(quote, sum(captures), platform_fee=fee)

        assert balances(after(payment, CAPTURE, *captures)) == balances(
            after(payment, CAPTURE, *shuffled)
        )

    @settings(deadline=None)
    @given(quotes, parts)
    def test_parts_settle_at_what_the_whole_does(self, quote: Quote, captures: list[int]) -> None:
        payment = converted_at(quote, sum(captures), platform_fee=FeeTerms())

        in_parts = after(payment, CAPTURE, *captures)
        at_once = after(payment, CAPTURE, sum(captures))

        assert settlement_of(in_parts, quote) == settlement_of(at_once, quote)
        for kind in (AccountKind.MERCHANT_PAYABLE, AccountKind.FX_SPREAD, AccountKind.FX_LIQUIDITY):
            for currency in (quote.source_currency, quote.target_currency):
                assert amount_of(in_parts, kind, currency) == amount_of(at_once, kind, currency)

    @settings(deadline=None)
    @given(quotes, parts, st.randoms(use_true_random=False))
    def test_partial_refunds_take_in_sum_what_one_takes_in_any_order(
        self, quote: Quote, refunds: list[int], chance: Random
    ) -> None:
        captured = after(converted_at(quote, sum(refunds)), CAPTURE, sum(refunds))
        shuffled = list(refunds)
        chance.shuffle(shuffled)

        whole = balances(after(captured, REFUND, sum(refunds)))

        assert balances(after(captured, REFUND, *refunds)) == whole
        assert balances(after(captured, REFUND, *shuffled)) == whole

    @settings(deadline=None)
    @given(quotes, parts, st.data())
    def test_the_payment_tells_what_the_ledger_holds(
        self, quote: Quote, captures: list[int], data: st.DataObject
    ) -> None:
        payment = after(converted_at(quote, sum(captures)), CAPTURE, *captures)
        payment = after(payment, REFUND, data.draw(st.integers(1, payment.amount_captured)))

        fx = payment_document(payment)["fx"]

        target = quote.target_currency
        owed = fx["amount_settled"] - fx["amount_refunded"]
        assert amount_of(payment, AccountKind.MERCHANT_PAYABLE, target) == owed
        assert amount_of(payment, AccountKind.MERCHANT_PAYABLE, quote.source_currency) == 0
        assert amount_of(payment, AccountKind.FX_SPREAD, target) == fx["spread"]


class TestWhatIsTold:
    def test_the_terms_and_the_sums_so_far(self) -> None:
        payment = a_captured(
            amount_minor=10_000, currency="USD", settlement_currency="INR", fx=a_quote("USD", "INR")
        )

        assert payment_document(after(payment, REFUND, 5_000))["fx"] == {
            "from": "USD",
            "to": "INR",
            "rate": {"numerator": 909_710, "denominator": 10_411, "decimal": "87.379694"},
            "spread_bps": 50,
            "source": "ecb_reference",
            "as_of": "2026-11-20T13:10:00.000Z",
            "quoted_at": "2026-11-23T12:00:00.000Z",
            "expires_at": "2026-12-23T12:00:00.000Z",
            "amount_settled": 860_732,
            "spread": 4_326,
            "amount_refunded": 436_899,
        }

    def test_the_timeline_tells_of_the_rate_and_of_each_conversion(self) -> None:
        payment = a_captured(
            amount_minor=10_000, currency="USD", settlement_currency="INR", fx=a_quote("USD", "INR")
        )

        story = {one.type: one.summary for one in timeline(after(payment, REFUND, 5_000))}
        first_booking = next(one for one in timeline(payment) if one.type == "ledger.posted")

        assert story["fx.quoted"] == (
            "USD 1 is INR 87.379694 by ecb_reference of 2026-11-20, the spread 50 bps"
        )
        assert first_booking.summary == "USD 100.00 booked as capture, converted: INR 8650.58"
        assert story["ledger.posted"] == "USD 50.00 booked as refund, converted: INR 4368.99"

    def test_the_timeline_of_any_other_payment_tells_nothing_of_it(self) -> None:
        assert "fx.quoted" not in {one.type for one in timeline(a_captured())}
