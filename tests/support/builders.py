"""Builders with defaults: a test names only what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from payflow.domain.answer import revised
from payflow.domain.fx import Quote, RateTable, quoted, rate_table_from_document
from payflow.domain.instruction import InstructionKind, instruction_id
from payflow.domain.instructions import NewInstruction
from payflow.domain.method import CardMethod, Method, MethodType, UpiMethod
from payflow.domain.money import FeeTerms, Money
from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.payment import (
    CaptureMethod,
    Claim,
    Payment,
    Status,
    answered,
    moved,
    new_attempt,
    opened,
)
from payflow.domain.plan import carry_out
from payflow.domain.plan_authorization import Approve
from payflow.domain.provider import LatencyModel, Market, ProviderConfig

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_card(**changes: Any) -> CardMethod:
    """A tokenised Mastercard."""
    card = CardMethod(
        token="tok_00000000000000000000000000",
        brand="mastercard",
        bin="510510",
        last4="5100",
        exp_month=12,
        exp_year=2030,
    )
    return replace(card, **changes)


def a_vpa(vpa: str = "asha@okbank") -> UpiMethod:
    """A UPI address."""
    return UpiMethod(vpa=vpa)


def a_payment(
    *,
    amount_minor: int = 125_000,
    currency: str = "INR",
    method: Method | None = None,
    capture: CaptureMethod = CaptureMethod.AUTOMATIC,
    **changes: Any,
) -> Payment:
    """A payment as it is born, without an attempt."""
    payment = Payment(
        id="pay_00000000000000000000000001",
        merchant_id="mer_00000000000000000000000001",
        amount=Money(amount_minor, currency),
        method=method or a_card(),
        claim=Claim("hash"),
        created_at=NOON,
        updated_at=NOON,
        capture_method=capture,
        platform_fee=FeeTerms(bps=100),
    )
    return replace(payment, **changes)


def a_rate_table(*, spread_bps: int = 50, **per_euro: str) -> RateTable:
    """Rates against the euro; by default those of one day of six currencies."""
    rates = per_euro or {
        "USD": "1.0411",
        "GBP": "0.82608",
        "INR": "90.9710",
        "JPY": "156.96",
        "KWD": "0.3212",
    }
    entry = {"source": "ecb_reference", "asOf": "2026-11-20T13:10:00Z"}
    return rate_table_from_document(
        {
            "base": "EUR",
            "spreadBps": spread_bps,
            "rates": {currency: {"rate": rate, **entry} for currency, rate in rates.items()},
        }
    )


def a_quote(source: str, target: str, *, spread_bps: int = 50) -> Quote:
    """A quote of noon by the rates of that table."""
    quote = quoted(source, target, a_rate_table(spread_bps=spread_bps), NOON)
    assert quote is not None
    return quote


def a_provider(provider_id: str, **changes: Any) -> ProviderConfig:
    """A card provider without limits, 1 s time-out and 1 s visibility window."""
    config = ProviderConfig(
        id=provider_id,
        type=MethodType.CARD,
        adapter="card",
        timeout_ms=1000,
        failure_rate=0.0,
        latency=LatencyModel(100, 200),
        fees=FeeTerms(bps=200),
        visibility_ms=1000,
    )
    return replace(config, **changes)


def a_market(*ids: str) -> Market:
    """Card providers in order of priority."""
    providers = tuple(a_provider(name, priority=rank) for rank, name in enumerate(ids, start=1))
    return Market(providers)


def a_result(
    outcome: Outcome,
    category: Category | None = None,
    *,
    code: str | None = None,
    **changes: Any,
) -> ProviderResult:
    """A provider's answer after 100 ms."""
    result = ProviderResult(outcome=outcome, latency_ms=100, code=code, category=category)
    return replace(result, **changes)


def tried(
    payment: Payment,
    provider: str,
    result: ProviderResult,
    *,
    operation: Operation = Operation.AUTHORIZE,
    at: datetime = NOON,
) -> Payment:
    """`payment` after one more call that came back with `result`."""
    attempt = new_attempt(payment, operation, provider, now=at)
    done = answered(opened(payment, attempt), result)
    return done if done.status is not Status.PENDING else moved(done, Status.PROCESSING, at)


def later(seconds: float) -> datetime:
    """Noon and so many seconds."""
    return NOON + timedelta(seconds=seconds)


def an_authorized(*, amount_minor: int = 100_000, **changes: Any) -> Payment:
    """A payment that A has authorised, waiting for its capture."""
    born = a_payment(amount_minor=amount_minor, capture=CaptureMethod.MANUAL, **changes)
    return _approved(born)


def a_captured(*, amount_minor: int = 100_000, **changes: Any) -> Payment:
    """A payment that A has authorised and captured in one."""
    return _approved(a_payment(amount_minor=amount_minor, **changes))


def _approved(born: Payment) -> Payment:
    known = tried(born, "A", a_result(Outcome.APPROVED))
    provider = a_provider("A")
    return revised(born, carry_out(known, Approve(provider), NOON), NOON)


def an_instruction(kind: InstructionKind, number: int = 1, **changes: Any) -> NewInstruction:
    """The request for one more instruction; its answer is not waited for."""
    payment_id = "pay_00000000000000000000000001"
    asked = NewInstruction(
        id=instruction_id(kind, payment_id, "mer_1", "/path", str(number)),
        kind=kind,
        claim=Claim("hash", wait_until=None, answered_version=None),
    )
    return replace(asked, **changes)
