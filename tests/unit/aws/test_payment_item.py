"""A payment survives storage exactly, and stays small enough to be cheap."""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payflow.aws.payment_item import payment_from_item, payment_to_item
from payflow.aws.posting_item import ACCOUNT_CODES
from payflow.aws.provider_file import deployed_providers
from payflow.domain.answer import revised
from payflow.domain.fx import Quote, Ratio
from payflow.domain.ids import derived_id
from payflow.domain.instruction import (
    Instruction,
    InstructionKind,
    InstructionStatus,
    instruction_id,
)
from payflow.domain.ledger import (
    Account,
    AccountKind,
    Entry,
    JournalTransaction,
    Phase,
    Side,
    transaction_id,
)
from payflow.domain.method import CardMethod, UpiFlow, UpiMethod, WalletMethod
from payflow.domain.money import MINOR_UNIT_EXPONENT, FeeTerms, Money
from payflow.domain.outcomes import Category, NextActionType, Operation, Outcome
from payflow.domain.payment import (
    Attempt,
    CaptureMethod,
    Claim,
    Customer,
    Failure,
    Fees,
    NextAction,
    Payment,
    Risk,
    Status,
    StatusChange,
    answered,
)
from payflow.domain.plan import carry_out, plan_next_step
from payflow.domain.provider import Market, ProviderHealth
from payflow.domain.provider_config import provider_from_document
from payflow.domain.routing.model import (
    Candidate,
    Exclusion,
    RoutingDecision,
    RoutingPreference,
)
from tests.support.builders import NOON, a_card, a_payment, a_quote, a_result, a_vpa, later
from tests.support.dynamodb_units import item_size

KILOBYTE = 1024

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
optional_text = st.none() | texts
moments = st.integers(0, 4_000_000_000_000).map(
    lambda ms: datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(milliseconds=ms)
)
amounts = st.integers(1, 10**12)
currencies = st.sampled_from(sorted(MINOR_UNIT_EXPONENT))
owners = st.none() | st.sampled_from(["mer_1", "mockCardA", "wal_1"])
decisions = st.builds(
    RoutingDecision,
    strategy=words,
    candidates=st.lists(
        st.builds(
            Candidate,
            provider=words,
            score=st.floats(allow_nan=False),
            reasons=st.lists(texts, max_size=3).map(tuple),
        ),
        max_size=4,
    ).map(tuple),
    excluded=st.lists(
        st.builds(Exclusion, provider=words, reason=st.sampled_from(["tried", "brand", "amount"])),
        max_size=6,
    ).map(tuple),
)
statuses = st.sampled_from(Status)
methods = st.one_of(
    st.builds(
        CardMethod,
        token=words,
        brand=words,
        bin=words,
        last4=words,
        exp_month=st.integers(1, 12),
        exp_year=st.integers(2026, 2099),
    ),
    st.builds(UpiMethod, vpa=words, flow=st.sampled_from(UpiFlow)),
    st.builds(WalletMethod, wallet_id=words),
)
failures = st.builds(Failure, words, st.sampled_from(Category), texts, optional_text)
claims = st.builds(
    Claim,
    request_hash=st.binary(max_size=32).map(bytes.hex) | texts,
    wait_until=st.none() | moments,
    answered_version=st.none() | st.integers(1, 99),
    answer=optional_text,
)


@st.composite
def attempts(draw: st.DrawFn, payment_id: str) -> tuple[Attempt, ...]:
    return tuple(
        Attempt(
            id=derived_id("att", payment_id, str(number)),
            number=number,
            operation=draw(st.sampled_from(Operation)),
            provider=draw(words),
            started_at=draw(moments),
            not_before=draw(st.none() | moments),
            outcome=draw(st.none() | st.sampled_from(Outcome)),
            code=draw(optional_text),
            category=draw(st.none() | st.sampled_from(Category)),
            provider_code=draw(optional_text),
            provider_reference=draw(optional_text),
            latency_ms=draw(st.none() | st.integers(0, 100_000)),
            decision=draw(st.none() | decisions),
            instruction=draw(st.none() | st.integers(1, 99)),
        )
        for number in range(1, draw(st.integers(0, 3)) + 1)
    )


@st.composite
def postings(draw: st.DrawFn, payment_id: str) -> tuple[JournalTransaction, ...]:
    made = []
    for sequence in range(1, draw(st.integers(0, 3)) + 1):
        currency, amount = draw(currencies), draw(amounts)
        entries = tuple(
            Entry(Account(draw(st.sampled_from(AccountKind)), currency, draw(owners)), side, amount)
            for side in Side
        )
        operation = draw(words)
        made.append(
            JournalTransaction(
                id=transaction_id(payment_id, operation, sequence),
                payment_id=payment_id,
                operation=operation,
                sequence=sequence,
                posted_at=draw(moments),
                entries=entries,
                phase=draw(st.sampled_from(Phase)),
            )
        )
    return tuple(made)


@st.composite
def instructions(draw: st.DrawFn, payment_id: str) -> tuple[Instruction, ...]:
    made = []
    for number in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(InstructionKind))
        made.append(
            Instruction(
                id=instruction_id(kind, payment_id, "mer_1", "/path", str(number)),
                kind=kind,
                amount_minor=draw(st.integers(0, 10**12)),
                claim=draw(claims),
                created_at=draw(moments),
                final=draw(st.booleans()),
                reason=draw(optional_text),
                status=draw(st.sampled_from(InstructionStatus)),
                settled_at=draw(st.none() | moments),
                failure=draw(st.none() | failures),
            )
        )
    return tuple(made)


def quotes(source: str, target: str) -> st.SearchStrategy[Quote]:
    return st.builds(
        Quote,
        source_currency=st.just(source),
        target_currency=st.just(target),
        rate=st.builds(Ratio, st.integers(1, 10**30), st.integers(1, 10**30)),
        spread_bps=st.integers(0, 9_999),
        rate_source=words,
        as_of=moments,
        quoted_at=moments,
        expires_at=moments,
    )


@st.composite
def payments(draw: st.DrawFn) -> Payment:
    payment_id = draw(words)
    minor = st.integers(0, 10**12)
    currency, settlement = draw(currencies), draw(st.none() | currencies)
    return Payment(
        id=payment_id,
        merchant_id=draw(st.sampled_from(["mer_1", "mer_2"])),
        amount=Money(draw(amounts), currency),
        method=draw(methods),
        claim=draw(claims),
        created_at=draw(moments),
        updated_at=draw(moments),
        status=draw(statuses),
        version=draw(st.integers(1, 10_000)),
        capture_method=draw(st.sampled_from(CaptureMethod)),
        amount_authorized=draw(minor),
        amount_captured=draw(minor),
        amount_refunded=draw(minor),
        reference=draw(optional_text),
        description=draw(optional_text),
        customer=draw(
            st.none() | st.builds(Customer, optional_text, optional_text, optional_text, texts)
        ),
        metadata=draw(st.dictionaries(texts, texts, max_size=4)),
        routing=draw(
            st.builds(RoutingPreference, optional_text, st.lists(words, max_size=3).map(tuple))
        ),
        settlement_currency=settlement,
        fx=draw(st.none() | quotes(currency, settlement)) if settlement else None,
        platform_fee=draw(st.builds(FeeTerms, st.integers(0, 10_000), minor)),
        risk=draw(st.builds(Risk, words, st.integers(0, 100), st.lists(texts).map(tuple))),
        fees=draw(st.builds(Fees, minor, minor)),
        attempts=draw(attempts(payment_id)),
        failure=draw(st.none() | failures),
        next_action=draw(
            st.none()
            | st.builds(
                NextAction, st.sampled_from(NextActionType), optional_text, st.none() | moments
            )
        ),
        history=tuple(draw(st.lists(st.builds(StatusChange, statuses, moments), max_size=4))),
        postings=draw(postings(payment_id)),
        instructions=draw(instructions(payment_id)),
    )


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
