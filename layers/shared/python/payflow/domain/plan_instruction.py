"""What comes next for captures, voids and refunds, as a pure function of what is known.

They are worked off one at a time, in the order in which they were accepted, at the provider that
authorised. The rules for one of them:

1. Not tried yet: ask the provider, with a key of its own.
2. Approved: it has succeeded, and is booked in the same version. Refused: it has failed.
3. A technical failure says that nothing was done: ask again, after a pause, a bounded number of
   times.
4. Unknown or pending: ask what became of it, never assume. "Not found" proves that nothing was done
   once the provider's visibility window has passed.
5. Asked often enough without an answer: it stays pending, reserved, for a later look, and holds up
   nobody behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from payflow.domain.instruction import InstructionKind
from payflow.domain.outcomes import Category, Operation, Outcome
from payflow.domain.payment import Attempt, Failure, Payment
from payflow.domain.ports import Randomness
from payflow.domain.provider import Market, ProviderConfig
from payflow.domain.retry import RetryPolicy, back_off
from payflow.domain.verification import Inquiry, inquiry_after, is_proof

_ASKED_AGAIN: Final = frozenset({Category.PROVIDER_TECHNICAL, Category.RATE_LIMITED})


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


InstructionPlan = TryInstruction | SettleInstruction


def plan_pending(
    payment: Payment, market: Market, now: datetime, randomness: Randomness, policy: RetryPolicy
) -> InstructionPlan | None:
    """The next step of the first pending instruction that has one; None if there is none."""
    for position in payment.pending():
        plan = plan_instruction(payment, position, market, now, randomness, policy)
        if plan is not None:
            return plan
    return None


def plan_instruction(
    payment: Payment,
    position: int,
    market: Market,
    now: datetime,
    randomness: Randomness,
    policy: RetryPolicy,
) -> InstructionPlan | None:
    """The next step of the pending instruction at `position`; None while it has to wait."""
    kind = payment.instructions[position - 1].kind
    authorization, asked = payment.last_authorization, payment.asked_about(position)
    assert authorization is not None  # instructions follow an authorisation
    provider = market.provider(authorization.provider)
    if asked is None:
        return TryInstruction(position, Operation(kind.value), authorization.provider)
    last = payment.attempts_for(position)[-1]
    if last.outcome is Outcome.APPROVED:
        return SettleInstruction(position, provider=provider)
    if last.outcome is Outcome.DECLINED:
        return SettleInstruction(position, _failure_of(last, kind))
    refused = last is asked and last.outcome in (Outcome.ERROR, Outcome.NOT_FOUND)
    if refused or is_proof(payment, asked, market, now):
        return _again(payment, position, last, now, randomness, policy)
    inquiry = inquiry_after(payment, asked, market, now, randomness, policy)
    return _inquire(position, inquiry) if inquiry is not None else None


def _inquire(position: int, inquiry: Inquiry) -> TryInstruction:
    return TryInstruction(position, Operation.INQUIRE, inquiry.provider, inquiry.not_before)


def _again(
    payment: Payment,
    position: int,
    last: Attempt,
    now: datetime,
    randomness: Randomness,
    policy: RetryPolicy,
) -> InstructionPlan:
    """Nothing was done: once more with a new key, or give up."""
    instruction = payment.instructions[position - 1]
    mine = payment.attempts_for(position)
    tries = sum(1 for attempt in mine if attempt.operation is not Operation.INQUIRE)
    may_pass = last.outcome is Outcome.NOT_FOUND or last.category in _ASKED_AGAIN
    if not may_pass or tries >= policy.instruction_tries_max:
        return SettleInstruction(position, _failure_of(last, instruction.kind))
    pause = back_off(policy, tries, randomness)
    return TryInstruction(
        position, Operation(instruction.kind.value), last.provider, not_before=now + pause
    )


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
}
