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
    last = since[-1] if since else asked
    # A provider that says "not yet" is well, and will say more soon.
    max_ms = policy.pending_pause_max_ms if last.outcome is Outcome.PENDING else None
    earliest = now + back_off(policy, len(since) + 1, randomness, max_ms=max_ms)
    if since and last.outcome is Outcome.NOT_FOUND:
        earliest = max(earliest, visible_from(payment, asked, market))
    return Inquiry(asked.provider, earliest)


def is_proof(payment: Payment, asked: Attempt, market: Market, now: datetime) -> bool:
    """Whether the latest answer is a "not found" that proves that nothing came of `asked`."""
    last = payment.attempts_for(asked.instruction)[-1]
    not_found = last.operation is Operation.INQUIRE and last.outcome is Outcome.NOT_FOUND
    return not_found and now >= visible_from(payment, asked, market)


def visible_from(payment: Payment, asked: Attempt, market: Market) -> datetime:
    """When "not found" begins to prove that nothing came of `asked`.

    The call may have left at any moment until its outcome was written down as unknown, and may
    become visible a whole window after that. The first inquiry starts no earlier than that moment.
    A provider that is no longer configured proves nothing for a day.
    """
    mine = payment.attempts_for(asked.instruction)
    inquiry = next(a for a in mine if a.number > asked.number)
    provider = market.provider(asked.provider)
    if provider is None:
        return inquiry.started_at + timedelta(days=1)
    return inquiry.started_at + timedelta(milliseconds=provider.visibility_ms)
