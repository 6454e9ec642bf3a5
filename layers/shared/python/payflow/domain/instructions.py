"""Which instructions a payment takes, and what each does to it.

`accepted` is the only way in and `settled` the only way out, so that these two hold the money
invariants: captured + pending captures <= authorised, refunded + pending refunds + disputed (unless
won) <= captured.

A cancellation is taken as long as nothing has been captured. What it comes to is decided by what
the provider says, not by hope: see `payflow.domain.plan_instruction`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, assert_never

from payflow.domain.booking import (
    capture_transaction,
    refund_transaction,
    with_hold_released,
)
from payflow.domain.conversion import as_settled
from payflow.domain.errors import Conflict, InvalidRequest
from payflow.domain.instruction import Instruction, InstructionKind, InstructionStatus
from payflow.domain.method import stored_wallet
from payflow.domain.money import FeeTerms, Money
from payflow.domain.payment import (
    TERMINAL,
    CaptureMethod,
    Claim,
    Failure,
    Fees,
    Payment,
    Status,
    begun,
    moved,
    with_instruction,
)
from payflow.domain.records import changed

INSTRUCTIONS_MAX: Final = 200
"""How many instructions a payment takes: each adds a few hundred bytes to its item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInstruction:
    """An instruction as asked for; `amount_minor` None means all that is left."""

    id: str
    kind: InstructionKind
    claim: Claim
    amount_minor: int | None = None
    final: bool = False
    reason: str | None = None


def capturable_minor(payment: Payment) -> int:
    """What may still be captured, in minor units; nothing once the rest is to be released."""
    pending = [payment.instructions[n - 1] for n in payment.pending(InstructionKind.CAPTURE)]
    if payment.status is not Status.AUTHORIZED or any(one.final for one in pending):
        return 0
    reserved = sum(one.amount_minor for one in pending)
    return payment.amount_authorized - payment.amount_captured - reserved


def refundable_minor(payment: Payment) -> int:
    """What may still be refunded, in minor units."""
    reserved = payment.pending_minor(InstructionKind.REFUND) + payment.disputed_minor
    return payment.amount_captured - payment.amount_refunded - reserved


def accepted(payment: Payment, asked: NewInstruction, now: datetime) -> Payment:
    """`payment` with the instruction, its amount reserved.

    Raises `Conflict` if the payment's state forbids it, and `InvalidRequest`
    (`capture_exceeds_authorized`, `refund_exceeds_captured`) if there is not as much left.
    """
    if len(payment.instructions) >= INSTRUCTIONS_MAX:
        raise Conflict(
            "too_many_operations", f"A payment takes {INSTRUCTIONS_MAX} operations at most."
        )
    instruction = Instruction(
        id=asked.id,
        kind=asked.kind,
        amount_minor=_reserved(payment, asked, now),
        claim=asked.claim,
        created_at=now,
        final=asked.final,
        reason=asked.reason,
    )
    return changed(payment, instructions=(*payment.instructions, instruction))


def settled(
    payment: Payment,
    position: int,
    failure: Failure | None,
    *,
    provider_fee: FeeTerms,
    now: datetime,
) -> Payment:
    """`payment` with the pending instruction at `position` succeeded, or failed with `failure`.

    Success moves the money and posts it in the same version; failure gives the reservation back.
    Raises `Conflict` if it has settled before: neither can happen twice (invariant 16).
    """
    instruction = payment.instructions[position - 1]
    if not instruction.is_pending:
        raise Conflict("instruction_settled", f"{instruction.id} has settled before")
    verdict = InstructionStatus.FAILED if failure else InstructionStatus.SUCCEEDED
    done = replace(instruction, status=verdict, settled_at=now, failure=failure)
    after = with_instruction(payment, position, done)
    if failure is not None:
        return after
    match instruction.kind:
        case InstructionKind.CAPTURE:
            return captured(
                after,
                instruction.amount_minor,
                provider_fee=provider_fee,
                final=instruction.final,
                now=now,
            )
        case InstructionKind.VOID:
            # What was captured before the authorisation lapsed stands.
            status = Status.SUCCEEDED if after.amount_captured else Status.CANCELED
            ended = changed(moved(begun(after, now), status, now), next_action=None)
            return with_hold_released(ended, now)
        case InstructionKind.REFUND:
            return _refunded(after, instruction.amount_minor, now)
        case InstructionKind.REVERSAL:
            return after
        case _:
            assert_never(instruction.kind)


def captured(
    payment: Payment, minor: int, *, provider_fee: FeeTerms, final: bool, now: datetime
) -> Payment:
    """`payment` with `minor` more captured, with its fees, and booked.

    It has succeeded when nothing is left of the authorisation, or with `final`. What was held of it
    is released: as much as is captured, or with `final` all.
    """
    payment = with_hold_released(payment, now, None if final else minor)
    provider_minor, platform_minor = provider_fee.on(minor), payment.platform_fee.on(minor)
    booking = capture_transaction(
        payment_id=payment.id,
        merchant_id=payment.merchant_id,
        provider=authorizer(payment),
        amount=Money(minor, payment.amount.currency),
        provider_fee_minor=provider_minor,
        platform_fee_minor=platform_minor,
        sequence=len(payment.postings) + 1,
        posted_at=now,
        wallet_id=stored_wallet(payment.method),
    )
    after = changed(
        payment,
        amount_captured=payment.amount_captured + minor,
        fees=Fees(
            payment.fees.provider_minor + provider_minor,
            payment.fees.platform_minor + platform_minor,
        ),
        postings=(*payment.postings, as_settled(payment, booking)),
    )
    if final or after.amount_captured == after.amount_authorized:
        return moved(after, Status.SUCCEEDED, now)
    return after


def _refunded(payment: Payment, minor: int, now: datetime) -> Payment:
    booking = refund_transaction(
        payment_id=payment.id,
        merchant_id=payment.merchant_id,
        provider=authorizer(payment),
        amount=Money(minor, payment.amount.currency),
        sequence=len(payment.postings) + 1,
        posted_at=now,
        wallet_id=stored_wallet(payment.method),
    )
    return changed(
        payment,
        amount_refunded=payment.amount_refunded + minor,
        postings=(*payment.postings, as_settled(payment, booking)),
    )


def authorizer(payment: Payment) -> str:
    """The provider that holds or took the money; there must have been an authorisation."""
    authorization = payment.last_authorization
    assert authorization is not None  # money moves only after an authorisation
    return authorization.provider


def _reserved(payment: Payment, asked: NewInstruction, now: datetime) -> int:
    match asked.kind:
        case InstructionKind.CAPTURE:
            _check_capturable(payment, now)
            return _within(asked, capturable_minor(payment), "capture_exceeds_authorized")
        case InstructionKind.VOID:
            _check_cancelable(payment)
            return 0
        case InstructionKind.REFUND:
            if not payment.amount_captured:
                raise _refused("payment_not_refundable", payment)
            if any(one.is_open for one in payment.disputes):
                raise Conflict("payment_disputed", "The payment is disputed; wait for the outcome.")
            return _within(asked, refundable_minor(payment), "refund_exceeds_captured")
        case InstructionKind.REVERSAL:
            return 0
        case _:
            assert_never(asked.kind)


def _check_capturable(payment: Payment, now: datetime) -> None:
    """Nothing left to capture is an amount too large; any other state is a wrong one."""
    manual = payment.capture_method is CaptureMethod.MANUAL
    used_up = manual and payment.status is Status.SUCCEEDED
    if payment.status is not Status.AUTHORIZED and not used_up:
        raise _refused("payment_not_capturable", payment)
    if payment.pending(InstructionKind.VOID):
        raise _refused("payment_not_capturable", payment)
    if payment.fx is not None and now >= payment.fx.expires_at:
        raise Conflict("quote_expired", "The rate of the payment's conversion is no longer good.")


def _check_cancelable(payment: Payment) -> None:
    charged = payment.amount_captured or payment.pending(InstructionKind.CAPTURE)
    if payment.status in TERMINAL or charged or payment.pending(InstructionKind.VOID):
        raise _refused("payment_not_cancelable", payment)


def _within(asked: NewInstruction, left_minor: int, code: str) -> int:
    minor = left_minor if asked.amount_minor is None else asked.amount_minor
    if not 0 < minor <= left_minor:
        raise InvalidRequest(code, f"There are {left_minor} minor units left.", param="amount")
    return minor


def _refused(code: str, payment: Payment) -> Conflict:
    return Conflict(code, f"The payment is {payment.status.value.replace('_', ' ')}.")
