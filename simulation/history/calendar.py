"""When a shop's customers pay: by the hour of their day, the day of their week, and growing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final

HOURS: Final = (
    2,
    1,
    1,
    1,
    1,
    2,
    4,
    7,
    11,
    15,
    19,
    21,
    22,
    20,
    18,
    18,
    19,
    22,
    26,
    30,
    31,
    26,
    16,
    7,
)
"""How much is bought in each hour of a day: least before dawn, most in the evening."""

GROWTH: Final = 1.5
"""How much more is bought at the end than at the beginning."""

HOUR: Final = timedelta(hours=1)
WEEKEND: Final = (5, 6)


def drawn_moments(
    count: int, start: datetime, end: datetime, random: Random, *, zone: timedelta, weekend: float
) -> list[datetime]:
    """`count` moments from `start` until before `end`, in order, in whole milliseconds.

    Customers' clocks are `zone` ahead of UTC. A day of the weekend has `weekend` times the
    customers of a working day.
    """
    spans = list(_spans(start, end))
    heights = [_height(begin, start, end, zone, weekend) for begin, _ in spans]
    lengths_ms = [(finish - begin) // timedelta(milliseconds=1) for begin, finish in spans]
    totals = list(accumulate(h * length for h, length in zip(heights, lengths_ms, strict=True)))
    chosen = random.choices(range(len(spans)), cum_weights=totals, k=count)
    return sorted(
        spans[one][0] + timedelta(milliseconds=random.randrange(lengths_ms[one])) for one in chosen
    )


def _spans(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From `start` to `end` in hours of the clock, the first and last one perhaps shorter."""
    while start < end:
        until = min(start.replace(minute=0, second=0, microsecond=0) + HOUR, end)
        if until > start:
            yield start, until
        start = until


def _height(
    moment: datetime, start: datetime, end: datetime, zone: timedelta, weekend: float
) -> float:
    local = moment + zone
    grown = 1 + (GROWTH - 1) * ((moment - start) / (end - start))
    return HOURS[local.hour] * grown * (weekend if local.weekday() in WEEKEND else 1.0)
