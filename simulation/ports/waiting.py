"""What waits for its time: a heap by time and id, in which what has changed is left to lie."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from typing import Final

_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_STALE_MAX: Final = 1_000
"""So many entries that count no more are kept before they are cleared out."""


class Waiting:
    """Ids in the order of their times; equal times in the order of the ids."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._at: dict[str, datetime] = {}

    def put(self, item_id: str, at: datetime | None) -> None:
        """Have `item_id` wait for `at`, or for nothing any more."""
        before = self._at.get(item_id)
        if at == before:
            return
        if at is None:
            del self._at[item_id]
            return
        self._at[item_id] = at
        heappush(self._heap, (at, item_id))
        if len(self._heap) > 2 * len(self._at) + _STALE_MAX:
            self._heap = [(one_at, one) for one, one_at in self._at.items()]
            heapify(self._heap)

    def __len__(self) -> int:
        """How many entries are kept, those that count no more included."""
        return len(self._heap)

    def first(self, limit: int, *, until: datetime = _NEVER) -> Sequence[str]:
        """At most `limit` ids, the earliest first, whose time is not after `until`."""
        found: list[tuple[datetime, str]] = []
        while self._heap and len(found) < limit and self._heap[0][0] <= until:
            entry = heappop(self._heap)
            # One that went and came back to the same time is there twice.
            if self._at.get(entry[1]) == entry[0] and entry not in found[-1:]:
                found.append(entry)
        for entry in found:
            heappush(self._heap, entry)
        return [item_id for _, item_id in found]
