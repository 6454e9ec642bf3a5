"""Where the simulated providers keep their books: flat items, each write conditional or atomic."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final, Protocol

from payflow.domain.errors import VersionConflict

Document = dict[str, str | int]
"""One item of a book: flat, text and integers only."""

REVISION: Final = "revision"
"""The field that counts the changes of an item; an item that never changed has none."""


class BookStore(Protocol):
    """Items under ids."""

    def put_new(self, item_id: str, document: Document) -> Document | None:
        """Store a new item; if the id is taken, store nothing and return what is there."""
        ...

    def put_new_and_change(
        self,
        item_id: str,
        document: Document,
        *,
        changed_id: str,
        revision: int,
        fields: Document,
    ) -> Document | None:
        """Store a new item and set `fields` of another, both or neither.

        If the new item's id is taken, nothing is written, and what is there is returned. Raises
        `VersionConflict` when the other item is missing, or is no longer at `revision` (0: it was
        never changed), or other writers kept the store busy; nothing is written then either.
        """
        ...

    def change(self, item_id: str, *, revision: int, fields: Document) -> None:
        """Set `fields` of an item that is at `revision` (0: it was never changed).

        Raises `VersionConflict`, and writes nothing, when it is missing or no longer there.
        """
        ...

    def get(self, item_id: str) -> Document | None:
        """The latest committed item (a consistent read), or None."""
        ...

    def count(self, item_id: str, counter: str) -> int:
        """Add 1 to an integer of an existing item, atomically, and return the sum."""
        ...


@dataclass
class InMemoryBookStore:
    """Books in a dictionary, with the promises of the real store."""

    items: dict[str, Document] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put_new(self, item_id: str, document: Document) -> Document | None:
        """Store a new item; if the id is taken, store nothing and return what is there."""
        with self._lock:
            existing = self.items.get(item_id)
            if existing is not None:
                return dict(existing)
            self.items[item_id] = dict(document)
            return None

    def put_new_and_change(
        self,
        item_id: str,
        document: Document,
        *,
        changed_id: str,
        revision: int,
        fields: Document,
    ) -> Document | None:
        """Store a new item and set fields of another, both or neither; see `BookStore`."""
        with self._lock:
            existing = self.items.get(item_id)
            if existing is not None:
                return dict(existing)
            self._change(changed_id, revision, fields)
            self.items[item_id] = dict(document)
            return None

    def change(self, item_id: str, *, revision: int, fields: Document) -> None:
        """Set fields of an item that is at `revision`; see `BookStore`."""
        with self._lock:
            self._change(item_id, revision, fields)

    def get(self, item_id: str) -> Document | None:
        """A copy of the item, or None."""
        with self._lock:
            document = self.items.get(item_id)
            return None if document is None else dict(document)

    def count(self, item_id: str, counter: str) -> int:
        """Add 1 to an integer of an existing item and return the sum."""
        with self._lock:
            total = int(self.items[item_id].get(counter, 0)) + 1
            self.items[item_id][counter] = total
            return total

    def _change(self, item_id: str, revision: int, fields: Document) -> None:
        current = self.items.get(item_id)
        if current is None or current.get(REVISION, 0) != revision:
            raise VersionConflict(item_id)
        self.items[item_id] = {**current, **fields, REVISION: revision + 1}
