"""A bounded number at once, and a bounded number that waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


class QueueFullError(Exception):
    """More requests wait than may."""


@dataclass
class Slot:
    """One place; its holder says whether what it did there `went_well`."""

    went_well: bool = False


class Gate:
    """Lets `in_flight` through at once and `queued_max` wait, in order.

    With each that went well while others wait, one more may pass at once, up to `in_flight_max`;
    with each that did not, or that nobody waits behind, one less, down to `in_flight`.
    """

    def __init__(self, in_flight: int, queued_max: int, *, in_flight_max: int = 0) -> None:
        self._least = in_flight
        self._most = max(in_flight, in_flight_max)
        self._allowed = in_flight
        self._in_flight = 0
        self._queued_max = queued_max
        self._queue: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Hold one of the places, waiting for it if need be.

        Raises:
            QueueFullError: as many wait already as may.
        """
        if self._in_flight < self._allowed:
            self._in_flight += 1
        else:
            await self._wait()
        slot = Slot()
        try:
            yield slot
        finally:
            self._leave(went_well=slot.went_well)

    async def _wait(self) -> None:
        if len(self._queue) >= self._queued_max:
            raise QueueFullError
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # One that gave up is passed over; unless it was its turn already.
            if not turn.cancelled():
                self._leave(went_well=False)
            raise

    def _leave(self, *, went_well: bool) -> None:
        self._in_flight -= 1
        step = 1 if went_well and self._queue else -1
        self._allowed = min(self._most, max(self._least, self._allowed + step))
        while self._queue and self._in_flight < self._allowed:
            turn = self._queue.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)
