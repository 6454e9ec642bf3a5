"""Finding out what became of a call that nobody answered.

Only an answer settles it. "Not found" is one as soon as the provider's visibility window has passed
since the call (invariants 3 and 10).

An outcome that is *unknown* is asked about at once, with growing pauses, while the execution lasts;
after that at the times in `UNKNOWN_LOOKS`. One that is *pending* is the provider's to tell: its
callback is waited for, and asked about at the times in `PENDING_LOOKS`, or when the customer's time
is up, only in case no callback came. Whoever was asked often enough without a verdict is not asked
any more: a person has to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from payflow.domain.outcomes import Operation, Outcome
from payflow.domain.payment import Attempt, Payment
from payflow.domain.ports import Randomness
from payflow.domain.provider import Market
from payflow.domain.retry import RetryPolicy, back_off

UNKNOWN_LOOKS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (60, 300, 900, 3_600, 14_400, 43_200)
)
"""The pauses before the later inquiries about an unknown outcome: some 17 hours in all."""

PENDING_LOOKS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 3_600, 14_400, 43_200, 86_400)
)
"""The pauses before the inquiries about a pending one of which no callback came: two days."""

INQUIRIES_MAX: Final = 60
"""How many inquiries there can be about one call, callbacks included: each is kept."""


SENT_BY_ANOTHER: Final = "sent_by_another_execution"
"""The code of an outcome that is unknown because another execution has claimed the call."""

CALL_LASTS_MAX: Final = timedelta(seconds=35)
"""The workflow waits no longer for a provider call, and its function is ended before."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Ask this provider what became of a call, not before `not_before`."""

    provider: str
    not_before: datetime


def inquiry_after(
    payment: Payment,
    asked: Attempt,
    market: Market,
    now: datetime,
    randomness: Randomness,
    policy: RetryPolicy,
    *,
    nudged: bool = False,
) -> Inquiry | None:
    """The next inquiry about `asked`; None when there were enough of them.

    `nudged`: there is news, so ask at once.
    """
    since = [a for a in payment.attempts_for(asked.instruction) if a.number > asked.number]
    last = since[-1] if since else asked
    if len(since) >= INQUIRIES_MAX:
        return None
    if nudged:
        return Inquiry(asked.provider, now)
    if last.outcome is Outcome.PENDING:
        return _at(asked, _pending_look(payment, asked, since))
    if len(since) >= policy.inquiries_max:
        return _at(asked, _look(last, UNKNOWN_LOOKS, len(since) - policy.inquiries_max))
    earliest = now + back_off(policy, len(since) + 1, randomness)
    if since and last.outcome is Outcome.NOT_FOUND:
        earliest = max(earliest, visible_from(payment, asked, market))
    return Inquiry(asked.provider, earliest)


def is_proof(payment: Payment, asked: Attempt, market: Market) -> bool:
    """Whether the latest answer is a "not found" that proves that nothing came of `asked`.

    What counts is when the provider was asked: an answer that took long tells of the past.
    """
    last = payment.attempts_for(asked.instruction)[-1]
    not_found = last.operation is Operation.INQUIRE and last.outcome is Outcome.NOT_FOUND
    return not_found and last.started_at >= visible_from(payment, asked, market)


def visible_from(payment: Payment, asked: Attempt, market: Market) -> datetime:
    """When "not found" begins to prove that nothing came of `asked`.

    The call may have left at any moment until its outcome was written down as unknown, and may
    become visible a whole window after that. The first inquiry starts no earlier than that moment.
    A call that another execution has claimed may leave later, as long as its function may run:
    who wrote the unknown down is not who makes the call. A provider that is no longer configured
    proves nothing for a day.
    """
    mine = payment.attempts_for(asked.instruction)
    inquiry = next(a for a in mine if a.number > asked.number)
    left_by = inquiry.started_at
    if asked.code == SENT_BY_ANOTHER:
        left_by += CALL_LASTS_MAX
    provider = market.provider(asked.provider)
    if provider is None:
        return left_by + timedelta(days=1)
    return left_by + timedelta(milliseconds=provider.visibility_ms)


def _pending_look(payment: Payment, asked: Attempt, since: list[Attempt]) -> datetime | None:
    """When a pending outcome is asked about: not before the customer's time is up."""
    last = since[-1] if since else asked
    action = payment.next_action if asked.instruction is None else None
    expires_at = action.expires_at if action is not None else None
    if expires_at is not None and last.started_at < expires_at:
        return expires_at
    run = 0
    for attempt in reversed([asked, *since]):
        if attempt.outcome is not Outcome.PENDING or attempt.started_at < (
            expires_at or attempt.started_at
        ):
            break
        run += 1
    return _look(last, PENDING_LOOKS, run - 1)


def _look(last: Attempt, pauses: tuple[timedelta, ...], index: int) -> datetime | None:
    """A function of what is stored, so that looking at a resting payment does not move it."""
    if index >= len(pauses):
        return None
    return last.started_at + timedelta(milliseconds=last.latency_ms or 0) + pauses[index]


def _at(asked: Attempt, moment: datetime | None) -> Inquiry | None:
    return Inquiry(asked.provider, moment) if moment is not None else None
