"""An authorisation that nobody captures lapses: what is left of it is voided by schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from payflow.domain.instruction import Instruction, InstructionKind, instruction_id
from payflow.domain.payment import SYSTEM_CLAIM, Payment, Status
from payflow.domain.plan_inquiry import Flag, Rest, Situation
from payflow.domain.plan_instruction import EXPIRED
from payflow.domain.provider_config import AUTHORIZATION_VALIDITY_MS_DEFAULT
from payflow.domain.records import changed
from payflow.domain.review import ReviewReason


@dataclass(frozen=True, slots=True)
class Expire:
    """Void what is left of the authorisation."""


def plan_expiry(payment: Payment, at: Situation) -> Expire | Flag | Rest:
    """Wait for the end of the authorisation's life, then have it voided, once."""
    expires_at = expiry_of(payment, at)
    if expires_at is None:
        return Rest()
    if payment.instruction(_expiry_id(payment)) is not None:
        flagged = any(one.reason is ReviewReason.NOT_RELEASED for one in payment.reviews)
        return Rest() if flagged else Flag(ReviewReason.NOT_RELEASED)
    return Expire() if at.now >= expires_at else Rest(expires_at)


def expiry_of(payment: Payment, at: Situation) -> datetime | None:
    """When the authorisation lapses; None where none is open."""
    authorization = payment.last_authorization
    if payment.status is not Status.AUTHORIZED or authorization is None:
        return None
    provider = at.market.provider(authorization.provider)
    validity_ms = (
        provider.authorization_validity_ms if provider else AUTHORIZATION_VALIDITY_MS_DEFAULT
    )
    authorized_at = next(c.at for c in payment.history if c.status is Status.AUTHORIZED)
    return authorized_at + timedelta(milliseconds=validity_ms)


def with_expiry(payment: Payment, now: datetime) -> Payment:
    """`payment` with the instruction to void what is left."""
    void = Instruction(
        id=_expiry_id(payment),
        kind=InstructionKind.VOID,
        amount_minor=0,
        claim=SYSTEM_CLAIM,
        created_at=now,
        reason=EXPIRED,
    )
    return changed(payment, instructions=(*payment.instructions, void))


def _expiry_id(payment: Payment) -> str:
    return instruction_id(InstructionKind.VOID, payment.id, payment.merchant_id, EXPIRED, "")
