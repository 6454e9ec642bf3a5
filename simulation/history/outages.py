"""The bad hours of providers: when they were down, slow, or lost answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from payflow.domain.provider import Faults

APART: Final = timedelta(days=8)
"""How long a provider goes without one, on average."""
MINUTES_MIN, MINUTES_MAX = 15, 150
KINDS: Final = (
    Faults(outage=True),
    Faults(failure_rate=0.6),
    Faults(latency_multiplier=8.0),
    Faults(lost_response_rate=0.3),
)


@dataclass(frozen=True, slots=True)
class Outage:
    """A provider that is broken from `at` until the time in its faults."""

    provider: str
    at: datetime
    faults: Faults


def drawn_outages(
    providers: Iterable[str], start: datetime, end: datetime, random: Random
) -> Iterator[Outage]:
    """The outages between `start` and `end`; they come at random, and each ends before `end`."""
    for provider in providers:
        at = start
        while True:
            at += timedelta(seconds=int(random.expovariate(1 / APART.total_seconds())))
            until = at + timedelta(minutes=random.randint(MINUTES_MIN, MINUTES_MAX))
            if until >= end:
                break
            yield Outage(provider, at, replace(random.choice(KINDS), until=until))
            at = until
