"""Learn provider health from what payments went through: one read and one write per batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from payflow.domain.errors import Unavailable, VersionConflict
from payflow.domain.health import HealthChange, Observation, learned
from payflow.domain.outcomes import Operation
from payflow.domain.payment import Attempt, Payment
from payflow.domain.ports import Clock, ControlRepository, Randomness

WRITE_TRIES_MAX: Final = 8
PAUSE_MS: Final = 40

OBSERVED_FOR: Final = timedelta(minutes=10)
"""Ten times the health book's half-life: what is older weighs nothing now.

Yet the first calls of a provider's record weigh whole, whenever they were: a history of bad hours
that is loaded at once must not open a breaker today.
"""

_OBSERVED: Final = frozenset({Operation.AUTHORIZE, Operation.INQUIRE})


@dataclass(frozen=True, slots=True)
class UpdateHealth:
    """The use case behind the payments stream."""

    control: ControlRepository
    clock: Clock
    randomness: Randomness

    def __call__(self, observations: Sequence[Observation]) -> tuple[HealthChange, ...]:
        """Fold `observations` into the stored health book; what changed for people to know.

        Observations that were counted before, or are older than `OBSERVED_FOR`, change nothing.
        Raises `Unavailable` when the store does not answer or other writers kept winning: nothing
        is learnt then, try again later.
        """
        now = self.clock.now()
        recent = [seen for seen in observations if now - seen.at <= OBSERVED_FOR]
        if not recent:
            return ()
        for _ in range(WRITE_TRIES_MAX):
            control = self.control.load()
            book, changes = learned(
                control.health.content,
                recent,
                now=self.clock.now(),
                randomness=self.randomness,
                timeouts_ms=control.timeouts_ms(),
            )
            if book == control.health.content:
                return ()
            try:
                self.control.save_health(book, control.health.version)
            except VersionConflict:
                # Another shard's batch was first; a random pause keeps the two apart.
                self.clock.sleep_ms(int(PAUSE_MS * (0.5 + self.randomness.random())))
            else:
                return changes
        raise Unavailable("contended", "the health book is being changed by others")


def observed(before: Payment | None, after: Payment) -> Iterator[Observation]:
    """The calls that were answered between two versions of a payment."""
    known = _answered(before.attempts) if before is not None else set()
    for attempt in after.attempts:
        # What becomes of a refund says nothing about how well a provider authorises.
        authorizes = attempt.instruction is None and attempt.operation in _OBSERVED
        if attempt.number not in known and authorizes:
            yield from _observation(attempt)


def _answered(attempts: Iterable[Attempt]) -> set[int]:
    return {attempt.number for attempt in attempts if attempt.outcome is not None}


def _observation(attempt: Attempt) -> Iterator[Observation]:
    if attempt.outcome is not None:
        yield Observation(
            attempt_id=attempt.id,
            provider=attempt.provider,
            operation=attempt.operation,
            at=attempt.started_at,
            outcome=attempt.outcome,
            category=attempt.category,
            latency_ms=attempt.latency_ms or 0,
        )
