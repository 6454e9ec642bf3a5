"""An approval that comes after its payment has gone on without it (invariant 10).

Such an approval is a charge, or a hold, beside the one that counts. It is voided or refunded by the
payment itself, at the provider that gave it. A capture or refund that was given up and has happened
after all cannot be undone so simply: a person has to look.
"""

from __future__ import annotations

from datetime import datetime

from payflow.domain.instruction import (
    Instruction,
    InstructionKind,
    InstructionStatus,
    instruction_id,
)
from payflow.domain.outcomes import Operation, Outcome
from payflow.domain.payment import SYSTEM_CLAIM, Attempt, Payment, Status
from payflow.domain.records import changed
from payflow.domain.review import Review, ReviewReason
from payflow.domain.step import instruction_of


def is_late(payment: Payment, attempt: Attempt) -> bool:
    """Whether an approval of `attempt`, heard of only now, would be one too many."""
    return attempt.outcome is not Outcome.APPROVED and _went_on_without(payment, attempt)


def taken_back(payment: Payment, attempt: Attempt, now: datetime) -> Payment:
    """`payment` with what undoes the late approval of `attempt`, once however often it is heard."""
    instruction = instruction_of(payment, attempt)
    if instruction is not None:
        return _flagged(payment, attempt, now)
    reversal = Instruction(
        id=instruction_id(
            InstructionKind.REVERSAL, payment.id, payment.merchant_id, "reversal", attempt.id
        ),
        kind=InstructionKind.REVERSAL,
        amount_minor=0,
        claim=SYSTEM_CLAIM,
        created_at=now,
        reverses=attempt.number,
    )
    if payment.instruction(reversal.id) is not None:
        return payment
    return changed(payment, instructions=(*payment.instructions, reversal))


def _flagged(payment: Payment, attempt: Attempt, now: datetime) -> Payment:
    review = Review(
        reason=ReviewReason.LATE_SUCCESS, opened_at=now, instruction=attempt.instruction
    )
    known = any(
        (one.reason, one.instruction) == (review.reason, review.instruction)
        for one in payment.reviews
    )
    return payment if known else changed(payment, reviews=(*payment.reviews, review))


def _went_on_without(payment: Payment, attempt: Attempt) -> bool:
    instruction = instruction_of(payment, attempt)
    given_up = (
        payment.status in (Status.FAILED, Status.CANCELED)
        if instruction is None
        else instruction.status is InstructionStatus.FAILED
    )
    return given_up or any(
        later.number > attempt.number and later.operation is not Operation.INQUIRE
        for later in payment.attempts_for(attempt.instruction)
    )
