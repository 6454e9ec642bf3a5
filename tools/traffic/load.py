"""An open load: orders arrive when they arrive, however long the ones before them take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from tools.traffic.mix import drawn_order
from tools.traffic.shop import Shop
from tools.traffic.tally import Tally

LATE_S: Final = 0.25
"""An order that starts this long after it arrived, for lack of a free place, counts as late."""

TICK_S: Final = 0.5

Watch = Callable[[Tally, float], None]
"""Told now and then how far the load is, and for how many seconds it has run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """`rate` orders a second on average for `duration_s`, `payments_max` at most.

    `concurrency` orders are worked on at once; more arrive, but wait, and who still waits when the
    time is over is turned away. So a load ends in time, however slow the deployment is.
    """

    rate: float
    duration_s: float
    payments_max: int | None
    concurrency: int
    seed: int


def arrivals(options: LoadOptions, random: Random) -> Iterator[float]:
    """When orders arrive, in seconds from the start: a Poisson process.

    Whoever pays does not wait for others to have paid, so the gaps are exponential (J. F. C.
    Kingman, "Poisson Processes", 1993).
    """
    at_s = 0.0
    number = 0
    while options.payments_max is None or number < options.payments_max:
        at_s += random.expovariate(options.rate)
        if at_s > options.duration_s:
            return
        yield at_s
        number += 1


async def run_load(options: LoadOptions, shop: Shop, tally: Tally, watch: Watch) -> float:
    """Let the orders arrive and be worked on; the seconds until the last one has ended."""
    random = Random(options.seed)
    places = asyncio.Semaphore(options.concurrency)
    started = time.monotonic()

    async def work_on(number: int, arrived_s: float) -> None:
        order = drawn_order(Random(f"{options.seed}-{number}"))
        async with places:
            begun_s = time.monotonic() - started
            if begun_s > options.duration_s:
                tally.turned_away += 1
                return
            tally.late += begun_s - arrived_s > LATE_S
            await shop.work_on(number, order)
        tally.ended += 1

    async def tell() -> None:
        while True:
            watch(tally, time.monotonic() - started)
            await asyncio.sleep(TICK_S)

    telling = asyncio.create_task(tell())
    try:
        async with asyncio.TaskGroup() as working:
            for number, arrived_s in enumerate(arrivals(options, random)):
                await asyncio.sleep(max(0.0, started + arrived_s - time.monotonic()))
                tally.arrived += 1
                working.create_task(work_on(number, arrived_s))
    finally:
        telling.cancel()
    return time.monotonic() - started
