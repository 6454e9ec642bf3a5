"""The circuit breaker of one provider: `closed -> open -> half_open -> closed`, as a pure machine.

Half-open is not stored: it is an open breaker whose time is over, so it begins at the right moment
everywhere without a write. In it a few payments go to the provider as probes; enough good ones
close it, too many bad ones open it again for longer. One bad probe is forgiven: a provider that
fails one call in twenty would otherwise stay out for no reason.

Source: M. Nygard, "Release It!", 2nd ed., 2018, ch. 5; jitter as in `payflow.domain.retry`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from payflow.domain.ports import Randomness
from payflow.domain.provider import BreakerState

OPEN_BASE_MS: Final = 1_000
OPEN_MAX_MS: Final = 8_000
"""Open times double from the first to the second; the cap bounds how late a recovery is seen."""

PROBES_TO_CLOSE: Final = 3
PROBE_FAILURES_TO_OPEN: Final = 2


@dataclass(frozen=True, slots=True)
class Breaker:
    """`open_until` is None while closed; `openings` counts the open times since it last was.

    `probes_good` and `probes_bad` count the answers to calls made since it became half-open.
    """

    open_until: datetime | None = None
    openings: int = 0
    probes_good: int = 0
    probes_bad: int = 0

    def state_at(self, now: datetime) -> BreakerState:
        """The state at `now`."""
        if self.open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.open_until else BreakerState.HALF_OPEN


CLOSED: Final = Breaker()


def opened(breaker: Breaker, now: datetime, randomness: Randomness) -> Breaker:
    """Open from `now` on: for about 1, 2, 4, 8 s, each shortened by up to half at random."""
    ceiling_ms = min(OPEN_MAX_MS, OPEN_BASE_MS * 2**breaker.openings)
    duration_ms = ceiling_ms / 2 + randomness.random() * ceiling_ms / 2
    openings = min(breaker.openings + 1, OPEN_MAX_MS // OPEN_BASE_MS)
    return Breaker(now + timedelta(milliseconds=duration_ms), openings)


def probed(
    breaker: Breaker, *, called_at: datetime, good: bool, now: datetime, randomness: Randomness
) -> Breaker:
    """A breaker that is not closed, after the answer to a call made at `called_at`.

    Calls from before it became half-open say nothing about the provider's recovery.
    """
    if breaker.open_until is None or called_at < breaker.open_until:
        return breaker
    if good:
        better = replace(breaker, probes_good=breaker.probes_good + 1)
        return CLOSED if better.probes_good >= PROBES_TO_CLOSE else better
    worse = replace(breaker, probes_bad=breaker.probes_bad + 1)
    return opened(worse, now, randomness) if worse.probes_bad >= PROBE_FAILURES_TO_OPEN else worse
