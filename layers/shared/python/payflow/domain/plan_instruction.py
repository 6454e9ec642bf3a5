"""What comes next for captures, voids, refunds and reversals, as a pure function of what is known.

They are worked off one at a time, in the order in which they were accepted, at the provider that
authorised. The rules for one of them:

1. Not tried yet: ask the provider, with a key of its own.
2. Approved: it has succeeded, and is booked in the same version. Refused: it has failed.
3. A technical failure says that nothing was done: ask again, after a pause, a bounded number of
   times.
4. Unknown or pending: ask what became of it, never assume. "Not found" proves that nothing was done
   once the provider's visibility window has passed.
5. While it waits for its provider it stays pending, reserved, and holds up nobody behind it. Asked
   often enough without an answer, it is flagged for review.
6. A reversal gives back an approval that came too late, at the provider that gave it. As long as it
   is not done a charge too many stands, so it is insisted on for most of a day, and not given up
   because the provider does not know of its own approval yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from payflow.domain.instruction import Instruction, InstructionKind
from payflow.domain.outcomes import Category, Operation, Outcome
from payflow.domain.payment import Attempt, CaptureMethod, Failure, Payment
from payflow.domain.plan_inquiry import (
    PAUSE_IN_EXECUTION_MAX,
    Flag,
    Rest,
    Situation,
    is_for_later,
)
from payflow.domain.provider import ProviderConfig
from payflow.domain.retry import back_off
from payflow.domain.review import ReviewReason
from payflow.domain.verification import inquiry_after, is_proof

EXPIRED: Final = "authorization_expired"
"""The reason of the instruction that voids an authorisation which nobody captured in time."""

_ASKED_AGAIN: Final = frozenset({Category.PROVIDER_TECHNICAL, Category.RATE_LIMITED})
_NOT_KNOWN: Final = frozenset({"authorization_not_found", "authorization_not_approved"})
_NOTHING_TO_RELEASE: Final = _NOT_KNOWN | {"authorization_released"}

REVERSAL_PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (1, 10, 60, 300, 900, 3_600, 14_400, 43_200)
)
"""The pauses between the tries to take back a charge too many: some 17 hours in all."""

NOT_KNOWN_TRIES_MAX: Final = 5
"""After so many tries, over six minutes, a provider that has nothing to take back is believed."""


@dataclass(frozen=True, slots=True)
class TryInstruction:
    """Call this provider for the instruction at `position`, not before `not_before`."""

    position: int
    operation: Operation
    provider: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class SettleInstruction:
    """The instruction at `position` has succeeded, or failed with `failure`."""

    position: int
    failure: Failure | None = None
    provider: ProviderConfig | None = None


InstructionPlan = TryInstruction | SettleInstruction | Flag | Rest


def plan_pending(payment: Payment, at: Situation) -> InstructionPlan | None:
    """The next step of the first pending instruction that has one.

    If all of them wait, the payment rests until the first of them is due; None if there are none.
    """
    plans = [plan_instruction(payment, position, at) for position in payment.pending()]
    for plan in plans:
        if not isinstance(plan, Rest):
            return plan
    due = [plan.due_at for plan in plans if isinstance(plan, Rest) and plan.due_at is not None]
    return Rest(min(due, default=None)) if plans else None


def plan_instruction(payment: Payment, position: int, at: Situation) -> InstructionPlan:
    """The next step of the pending instruction at `position`; it rests while it has to wait."""
    instruction = payment.instructions[position - 1]
    authorization, asked = payment.authorization_of(instruction), payment.asked_about(position)
    assert authorization is not None  # instructions follow an authorisation
    provider = at.market.provider(authorization.provider)
    if asked is None:
        operation = operation_of(payment, instruction)
        return TryInstruction(position, operation, authorization.provider)
    last = payment.attempts_for(position)[-1]
    if last.outcome is Outcome.APPROVED:
        return SettleInstruction(position, provider=provider)
    refused = last is asked and last.outcome in (Outcome.ERROR, Outcome.NOT_FOUND)
    if refused or last.outcome is Outcome.DECLINED or is_proof(payment, asked, at.market):
        return _again(payment, position, last, at)
    return _verify(payment, position, asked, last, at)


def operation_of(payment: Payment, instruction: Instruction) -> Operation:
    """What the provider is asked to do; a reversal refunds a charge, and voids a hold."""
    if instruction.kind is not InstructionKind.REVERSAL:
        return Operation(instruction.kind.value)
    automatic = payment.capture_method is CaptureMethod.AUTOMATIC
    return Operation.REFUND if automatic else Operation.VOID


def _verify(
    payment: Payment, position: int, asked: Attempt, last: Attempt, at: Situation
) -> TryInstruction | Flag | Rest:
    inquiry = inquiry_after(
        payment, asked, at.market, at.now, at.randomness, at.policy, nudged=at.nudged
    )
    if inquiry is None:
        return Rest() if payment.open_review else Flag(ReviewReason.OUTCOME_UNKNOWN, position)
    if is_for_later(inquiry, last, at):
        return Rest(inquiry.not_before)
    return TryInstruction(position, Operation.INQUIRE, inquiry.provider, inquiry.not_before)


def _again(payment: Payment, position: int, last: Attempt, at: Situation) -> InstructionPlan:
    """Nothing was done: once more with a new key, or give up; what a provider declines it declines.

    That an inquiry names a technical reason for a refusal helps a merchant's instruction no more.
    """
    if payment.instructions[position - 1].kind is InstructionKind.REVERSAL:
        return _insist(payment, position, last, at)
    tries = _tries(payment, position)
    may_pass = last.outcome is not Outcome.DECLINED and _may_pass(last)
    if not may_pass or tries >= at.policy.instruction_tries_max:
        return _given_up(payment, position, last)
    pause = back_off(at.policy, tries, at.randomness)
    return _once_more(payment, position, last, at.now + pause)


def _insist(payment: Payment, position: int, last: Attempt, at: Situation) -> InstructionPlan:
    """A reversal was not done: the provider that approved is asked for most of a day.

    An approval that came late need not be known to all of the provider's machines at once.
    """
    tries = _tries(payment, position)
    tries_max = len(REVERSAL_PAUSES) + 1 if _may_pass(last) else 1
    if last.code in _NOT_KNOWN:
        tries_max = NOT_KNOWN_TRIES_MAX
    if tries >= tries_max:
        return _given_up(payment, position, last)
    answered_at = last.started_at + timedelta(milliseconds=last.latency_ms or 0)
    due_at = answered_at + REVERSAL_PAUSES[tries - 1]
    if due_at - at.now > PAUSE_IN_EXECUTION_MAX:
        return Rest(due_at)
    return _once_more(payment, position, last, due_at)


def _may_pass(last: Attempt) -> bool:
    return last.outcome is Outcome.NOT_FOUND or last.category in _ASKED_AGAIN


def _tries(payment: Payment, position: int) -> int:
    mine = payment.attempts_for(position)
    return sum(1 for attempt in mine if attempt.operation is not Operation.INQUIRE)


def _once_more(
    payment: Payment, position: int, last: Attempt, not_before: datetime
) -> TryInstruction:
    operation = operation_of(payment, payment.instructions[position - 1])
    return TryInstruction(position, operation, last.provider, not_before)


def _given_up(payment: Payment, position: int, last: Attempt) -> SettleInstruction | Flag | Rest:
    """The provider will not do it.

    That there is nothing to release is as good as having released it, where PayFlow asked by
    itself. If a reversal is refused for any other reason, a charge too many may stand.
    """
    instruction = payment.instructions[position - 1]
    by_itself = instruction.kind is InstructionKind.REVERSAL or instruction.reason == EXPIRED
    if by_itself and last.code in _NOTHING_TO_RELEASE:
        return SettleInstruction(position)
    if instruction.kind is InstructionKind.REVERSAL:
        mine = [one for one in payment.reviews if one.instruction == position]
        if not mine:
            return Flag(ReviewReason.NOT_REVERSED, position)
        if mine[-1].is_open:
            return Rest()
    return SettleInstruction(position, _failure_of(last, instruction.kind))


def _failure_of(attempt: Attempt, kind: InstructionKind) -> Failure:
    """What the merchant is told when `attempt` was the last."""
    return Failure(
        attempt.code or "provider_unavailable",
        attempt.category or Category.UNKNOWN,
        _MESSAGES[kind],
        attempt.provider_code,
    )


_MESSAGES: Final[dict[InstructionKind, str]] = {
    InstructionKind.CAPTURE: "The provider did not capture; nothing was taken by this capture.",
    InstructionKind.VOID: "The provider did not void the payment; it stays as it is.",
    InstructionKind.REFUND: "The provider did not refund; nothing was given back by this refund.",
    InstructionKind.REVERSAL: "The provider did not take back an approval that came too late.",
}
