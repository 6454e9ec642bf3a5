"""Sorted keys of items by partition: what a sparse index of keys only is in DynamoDB."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from typing import Final

ALL: Final = None
"""The partition that has the keys of all others."""


class SortedKeys:
    """At most one key for each item; a key names its item, so no two are equal."""

    def __init__(self) -> None:
        self._keys: dict[str | None, list[str]] = {}
        self._key_of: dict[str, str] = {}

    def put(self, item_id: str, partition: str, key: str | None) -> None:
        """Have the item in its `partition` under `key`, or nowhere for None."""
        before = self._key_of.get(item_id)
        if before == key:
            return
        for one in (partition, ALL):
            keys = self._keys.setdefault(one, [])
            if before is not None:
                del keys[bisect_left(keys, before)]
            if key is not None:
                insort(keys, key)
        if key is not None:
            self._key_of[item_id] = key
        else:
            del self._key_of[item_id]

    def descending(self, partition: str | None, earliest: str, latest: str) -> Iterator[str]:
        """The keys of a partition from `latest` down to `earliest`, both inclusive.

        What changes behind the last key that was given is seen, as by a query that goes on.
        """
        keys = self._keys.get(partition, [])
        position = bisect_right(keys, latest)
        while position > 0 and (key := keys[position - 1]) >= earliest:
            yield key
            position = bisect_left(keys, key)
