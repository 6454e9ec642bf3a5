"""How a question to a person ends: the provider answers after all, or an operator decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from payflow.domain.booking import with_hold_released
from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.payment import Payment, Status, answered, moved, new_attempt, opened
from payflow.domain.records import changed
from payflow.domain.review import SETTLED_BY_PROVIDER, Review, ReviewReason


class Resolution(StrEnum):
    """What an operator has found out.

    `approved`: the provider did what it was asked to do. `declined`: it did not, and never will.
    """

    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An operator's answer: what was found out, why, and whose key it came with."""

    resolution: Resolution
    note: str
    by: str


BY_OPERATOR: Final = "resolved_by_operator"
"""The code of the attempt that carries an operator's word in place of a provider's."""

_ASKS_FOR_AN_OUTCOME: Final = frozenset({ReviewReason.OUTCOME_UNKNOWN, ReviewReason.NOT_REVERSED})


def answered_by_provider(payment: Payment, instruction: int | None, now: datetime) -> Payment:
    """`payment` without an open question about `instruction` (None: about its authorisation)."""
    return changed(
        payment,
        reviews=tuple(
            replace(one, resolved_at=now, resolved_by=SETTLED_BY_PROVIDER)
            if one.is_open and one.instruction == instruction
            else one
            for one in payment.reviews
        ),
    )


def resolved(payment: Payment, review: Review, decision: Decision, now: datetime) -> Payment:
    """`payment` with its open `review` answered by an operator.

    The decision takes the place of the provider's answer, and the plan goes on from there: the
    same rules move the status and post the books.
    """
    done = replace(
        review,
        resolved_at=now,
        resolved_by=decision.by,
        resolution=decision.resolution.value,
        note=decision.note,
    )
    reviews = tuple(done if one is review else one for one in payment.reviews)
    after = changed(payment, reviews=reviews)
    if review.reason in _ASKS_FOR_AN_OUTCOME:
        return _with_answer(after, review, decision.resolution, now)
    released = decision.resolution is Resolution.APPROVED
    if review.reason is ReviewReason.NOT_RELEASED and released:
        captured = payment.amount_captured > 0
        ended = moved(after, Status.SUCCEEDED if captured else Status.CANCELED, now)
        return with_hold_released(ended, now)
    return after


def _with_answer(
    payment: Payment, review: Review, resolution: Resolution, now: datetime
) -> Payment:
    asked = payment.asked_about(review.instruction)
    assert asked is not None  # a question about an outcome follows a call
    inquiry = new_attempt(
        payment, Operation.INQUIRE, asked.provider, now=now, instruction=review.instruction
    )
    approved = resolution is Resolution.APPROVED
    result = ProviderResult(
        outcome=Outcome.APPROVED if approved else Outcome.DECLINED,
        latency_ms=0,
        code=BY_OPERATOR,
        category=None if approved else Category.CONFIGURATION,
    )
    return answered(opened(payment, inquiry), result)
