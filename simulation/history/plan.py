"""What a history is made of, and its parts: some orders in a row, to be lived through apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from typing import Final, NamedTuple

from payflow.domain.merchant import Merchant
from simulation.history.calendar import drawn_moments
from simulation.history.shops import SHOPS
from simulation.luck import luck

ORDERS_PER_PART: Final = 250

QUIET: Final = timedelta(minutes=25)
"""Before the end nobody asks for anything any more, so that all but long waits has come to rest.

An execution ends within 5 minutes, evidence may be given for 10.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryScope:
    """A history of `payments` in the `days` before `until`, for the merchants of `SHOPS`, in order.

    It is a function of this: the same scope is the same history, to the last id and millisecond.
    """

    seed: int
    payments: int
    days: int
    until: datetime
    merchants: tuple[Merchant, ...]

    @property
    def start(self) -> datetime:
        """When it begins."""
        return self.until - timedelta(days=self.days)

    @property
    def quiet_from(self) -> datetime:
        """From when on nobody asks for anything."""
        return self.until - QUIET

    def key_of(self, number: int) -> str:
        """The idempotency key of the order of that number."""
        return f"history-{self.seed}-{number}"


class Arrival(NamedTuple):
    """An order that comes `at` a time to the shop of that index."""

    at: datetime
    shop: int
    number: int


@dataclass(frozen=True, slots=True)
class HistoryPart:
    """Orders that come one after another, numbered through over the whole history."""

    scope: HistoryScope
    arrivals: tuple[Arrival, ...]


def parts_of(scope: HistoryScope) -> Iterator[HistoryPart]:
    """The parts of a history, the oldest first."""
    arrivals = list(_arrivals(scope))
    for start in range(0, len(arrivals), ORDERS_PER_PART):
        yield HistoryPart(scope, tuple(arrivals[start : start + ORDERS_PER_PART]))


def _arrivals(scope: HistoryScope) -> Iterator[Arrival]:
    shares = [shop.share for shop in SHOPS]
    drawn = luck(scope.seed, -1, "shops").choices(range(len(SHOPS)), shares, k=scope.payments)
    by_shop = (
        [
            (at, index)
            for at in drawn_moments(
                drawn.count(index),
                scope.start,
                scope.quiet_from,
                luck(scope.seed, -1, f"calendar {shop.name}"),
                zone=shop.zone,
                weekend=shop.weekend,
            )
        ]
        for index, shop in enumerate(SHOPS)
    )
    for number, (at, shop) in enumerate(merge(*by_shop)):
        yield Arrival(at, shop, number)
