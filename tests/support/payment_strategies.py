"""Payments as Hypothesis draws them: every field, whatever it holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

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
)
from payflow.domain.review import Review, ReviewReason
from payflow.domain.routing.model import (
    Candidate,
    Exclusion,
    RoutingDecision,
    RoutingPreference,
)

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
                reverses=draw(st.none() | st.integers(1, 99)),
            )
        )
    return tuple(made)


reviews = st.builds(
    Review,
    reason=st.sampled_from(ReviewReason),
    opened_at=moments,
    instruction=st.none() | st.integers(1, 99),
    resolved_at=st.none() | moments,
    resolved_by=optional_text,
    resolution=optional_text,
    note=optional_text,
)


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
    """Any payment at all, whether or not it could come about."""
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
        reviews=tuple(draw(st.lists(reviews, max_size=2))),
        due_at=draw(st.none() | moments),
    )
