"""A bounded number at once, and a bounded number that waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class QueueFullError(Exception):
    """More requests wait than may."""


class Gate:
    """Lets `in_flight_max` through at once and `queued_max` wait, in order."""

    def __init__(self, in_flight_max: int, queued_max: int) -> None:
        self._slots = asyncio.Semaphore(in_flight_max)
        self._queued_max = queued_max
        self._queued = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the places, waiting for it if need be.

        Raises:
            QueueFullError: as many wait already as may.
        """
        if self._slots.locked() and self._queued >= self._queued_max:
            raise QueueFullError
        self._queued += 1
        try:
            await self._slots.acquire()
        finally:
            self._queued -= 1
        try:
            yield
        finally:
            self._slots.release()
