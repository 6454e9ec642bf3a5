"""Finding out what became of a call that nobody answered.

Only an answer settles it. "Not found" is one as soon as the provider's visibility window has passed
since the call (invariants 3 and 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from payflow.domain.outcomes import Operation, Outcome
from payflow.domain.payment import Attempt, Payment
from payflow.domain.ports import Randomness
from payflow.domain.provider import Market
from payflow.domain.retry import RetryPolicy, back_off


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
) -> Inquiry | None:
    """The next inquiry about `asked`, with growing pauses; None when there were enough of them."""
    since = [a for a in payment.attempts_for(asked.instruction) if a.number > asked.number]
    if len(since) >= policy.inquiries_max:
        return None
    earliest = now + back_off(policy, len(since) + 1, randomness)
    if since and since[-1].outcome is Outcome.NOT_FOUND:
        earliest = max(earliest, visible_from(asked, market))
    return Inquiry(asked.provider, earliest)


def is_proof(last: Attempt, asked: Attempt, market: Market, now: datetime) -> bool:
    """Whether `last` is an inquiry's "not found" that proves that nothing came of `asked`."""
    not_found = last.operation is Operation.INQUIRE and last.outcome is Outcome.NOT_FOUND
    return not_found and now >= visible_from(asked, market)


def visible_from(asked: Attempt, market: Market) -> datetime:
    """When "not found" begins to prove that nothing came of `asked`.

    The call may have reached the provider as late as its time-out, and may become visible a whole
    window after that. A provider that is no longer configured proves nothing for a day.
    """
    provider = market.provider(asked.provider)
    if provider is None:
        return asked.started_at + timedelta(days=1)
    window_ms = provider.timeout_ms + provider.visibility_ms
    return asked.started_at + timedelta(milliseconds=window_ms)
