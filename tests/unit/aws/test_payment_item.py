"""A payment survives storage exactly, and stays small enough to be cheap."""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from payflow.aws.payment_item import payment_from_item, payment_to_item
from payflow.aws.posting_item import ACCOUNT_CODES
from payflow.aws.provider_file import deployed_providers
from payflow.domain.answer import revised
from payflow.domain.ids import derived_id
from payflow.domain.ledger import (
    AccountKind,
)
from payflow.domain.money import FeeTerms
from payflow.domain.outcomes import Operation, Outcome
from payflow.domain.payment import (
    Attempt,
    Claim,
    Customer,
    Payment,
    Risk,
    answered,
)
from payflow.domain.plan import carry_out, plan_next_step
from payflow.domain.provider import Market, ProviderHealth
from payflow.domain.provider_config import provider_from_document
from payflow.domain.routing.model import (
    Candidate,
    RoutingDecision,
)
from tests.support.builders import NOON, a_card, a_payment, a_quote, a_result, a_vpa, later
from tests.support.dynamodb_units import item_size
from tests.support.payment_strategies import payments

KILOBYTE = 1024


@given(payments())
@settings(deadline=None)
def test_every_field_comes_back_exactly(payment: Payment) -> None:
    assert payment_from_item(payment_to_item(payment)) == payment
    assert list(payment_from_item(payment_to_item(payment)).metadata) == list(payment.metadata)


@given(payments())
@settings(deadline=None, max_examples=30)
def test_a_stream_image_whose_bytes_are_base_64_reads_the_same(payment: Payment) -> None:
    assert payment_from_item(_as_in_a_stream(payment_to_item(payment))) == payment


def test_an_item_with_nothing_but_what_is_required_can_be_read() -> None:
    bare = a_payment(platform_fee=FeeTerms(), updated_at=NOON)

    item = payment_to_item(bare)

    assert set(item) == {
        "id", "merchant_id", "status", "version", "created_key", "updated", "amount", "currency",
        "card", "hash",
    }  # fmt: skip
    assert payment_from_item(item) == bare


def test_attributes_that_this_code_does_not_know_are_passed_over() -> None:
    item = {**payment_to_item(a_payment()), "from_the_future": {"S": "x"}}

    assert payment_from_item(item) == a_payment()


def test_keys_order_payments_by_time_and_appear_in_the_posting_index_with_the_money() -> None:
    born = a_payment()
    booked = replace(born, postings=_succeeded(_born(a_card())).postings)

    assert payment_to_item(born)["created_key"] == {"S": f"2026-11-23T12:00:00.000Z#{born.id}"}
    assert "posted_key" not in payment_to_item(born)
    assert payment_to_item(booked)["posted_key"] == {"S": "2026-11-23T12:00:00.480Z"}


def test_only_a_booking_moves_a_payment_in_an_index() -> None:
    born = _born(a_card())
    done = _succeeded(born)
    later_posting = replace(done.postings[0], posted_at=later(99))

    more = replace(done, postings=(*done.postings, later_posting))

    keys = ("merchant_id", "created_key")
    assert [payment_to_item(more)[key] for key in keys] == [
        payment_to_item(done)[key] for key in keys
    ]
    assert payment_to_item(more)["posted_key"] == {"S": "2026-11-23T12:01:39.000Z"}
    assert payment_to_item(born)["created_key"] == payment_to_item(done)["created_key"]


@pytest.mark.parametrize("score", [0.0, -1.5, 0.1 + 0.2, 1e-200, math.inf, -math.inf, 1e300])
def test_any_score_is_kept_to_the_last_bit(score: float) -> None:
    decision = RoutingDecision("priority", (Candidate("A", score, ()),))
    attempt = Attempt(
        id=derived_id("att", a_payment().id, "1"),
        number=1,
        operation=Operation.AUTHORIZE,
        provider="A",
        started_at=NOON,
        decision=decision,
    )
    payment = a_payment(attempts=(attempt,))

    assert payment_from_item(payment_to_item(payment)) == payment


def test_every_account_has_a_code_of_its_own() -> None:
    assert set(ACCOUNT_CODES) == set(AccountKind)
    assert len(set(ACCOUNT_CODES.values())) == len(ACCOUNT_CODES)


def test_a_card_payment_fits_one_write_unit_when_it_is_created() -> None:
    born = _born(a_card())

    assert item_size(payment_to_item(born)) < KILOBYTE


def test_a_card_payment_that_succeeded_at_once_fits_one_write_unit() -> None:
    done = _succeeded(_born(a_card()))

    assert len(done.postings[0].entries) == 4
    assert item_size(payment_to_item(done)) < KILOBYTE


def test_a_payment_with_all_that_a_merchant_may_well_say_stays_below_one_and_a_half() -> None:
    told = {
        "description": "2 tickets, row 12",
        "customer": Customer("cus_1", "asha@example.com", "203.0.113.9", "IN"),
        "metadata": {"cart": "c-42", "channel": "web"},
        "settlement_currency": "INR",
    }

    born = _born(a_card(), **told)

    assert item_size(payment_to_item(born)) < KILOBYTE
    assert item_size(payment_to_item(_succeeded(born))) < 1.5 * KILOBYTE


def test_a_converted_payment_adds_its_quote_and_the_second_leg() -> None:
    told = {"currency": "USD", "settlement_currency": "INR", "fx": a_quote("USD", "INR")}
    plain, converted = _born(a_card()), _born(a_card(), **told)

    booked = _succeeded(converted)

    assert len(booked.postings[0].entries) == 7
    assert item_size(payment_to_item(converted)) - item_size(payment_to_item(plain)) < 110
    assert item_size(payment_to_item(booked)) < 1.25 * KILOBYTE


def test_a_upi_payment_is_smaller_than_a_card_payment() -> None:
    upi, card = _succeeded(_born(a_vpa())), _succeeded(_born(a_card()))

    assert item_size(payment_to_item(upi)) < item_size(payment_to_item(card))


def test_a_frozen_answer_is_deflated() -> None:
    answer = '{"id":"pay_00000000000000000000000001","object":"payment"}' * 20
    payment = a_payment(claim=Claim("hash", answer=answer))

    grown = item_size(payment_to_item(payment)) - item_size(payment_to_item(a_payment()))

    assert grown < len(answer) / 4


def _born(method: Any, **told: Any) -> Payment:
    """A payment as `create` stores it: claim, first attempt, and why that provider."""
    payment = a_payment(
        method=method,
        claim=Claim(hashlib.sha256(b"body").hexdigest()),
        reference="order-1001",
        platform_fee=FeeTerms(bps=100, fixed_minor=200),
        risk=Risk("allow", 15),
        **told,
    )
    return carry_out(payment, _plan(payment, NOON), NOON)


def _succeeded(born: Payment) -> Payment:
    """The same after its only attempt was approved and captured."""
    now = later(0.48)
    result = a_result(
        Outcome.APPROVED,
        latency_ms=412,
        provider_code="00",
        provider_reference="ref_01jd5q4c6m3v8x2t7k9w0e1r2y",
    )
    known = answered(born, result)
    return revised(born, carry_out(known, _plan(known, now), now), now)


def _plan(payment: Payment, now: datetime) -> Any:
    return plan_next_step(payment, _a_busy_market(), now=now, randomness=Random(1))


def _a_busy_market() -> Market:
    """The deployed providers, each with a full window of calls behind it."""
    providers = tuple(map(provider_from_document, deployed_providers()))
    health = ProviderHealth(success_rate=0.987, latency_ms=210.4, calls=998, approval_rate=0.934)
    return Market(providers, {provider.id: health for provider in providers})


def _as_in_a_stream(value: Any) -> Any:
    """Lambda delivers the images of a stream as JSON, and bytes in it as base 64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _as_in_a_stream(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_as_in_a_stream(part) for part in value]
    return value
