"""What planning an authorisation and planning an instruction have in common: waiting and asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from payflow.domain.outcomes import Outcome
from payflow.domain.payment import Attempt
from payflow.domain.ports import Randomness
from payflow.domain.provider import Market
from payflow.domain.retry import RetryPolicy
from payflow.domain.review import ReviewReason
from payflow.domain.verification import Inquiry

PAUSE_IN_EXECUTION_MAX: Final = timedelta(seconds=30)
"""An execution waits this long at most; what has more time ends it, and is woken when it is due."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a plan depends on besides the payment.

    `nudged`: there is news of what is waited for, so it is asked about at once.
    """

    market: Market
    now: datetime
    randomness: Randomness
    policy: RetryPolicy
    nudged: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do now; look again at `due_at` if nothing happens before (None: never)."""

    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """Asking does not help any more: a person has to look."""

    reason: ReviewReason
    instruction: int | None = None


def is_for_later(inquiry: Inquiry, last: Attempt, at: Situation) -> bool:
    """Whether the execution ends instead of waiting for `inquiry`.

    Nothing runs while a provider takes its time to say what came of a pending operation.
    """
    pause = inquiry.not_before - at.now
    if last.outcome is Outcome.PENDING:
        return pause > timedelta(0)
    return pause > PAUSE_IN_EXECUTION_MAX
