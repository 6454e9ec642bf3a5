"""The simulated providers' books in memory."""

from __future__ import annotations

from payflow.domain.errors import VersionConflict
from payflow.providers.simulated.store import REVISION, Document


class InMemoryBookStore:
    """`BookStore` in a dictionary; nobody holds what is in it."""

    def __init__(self) -> None:
        self.items: dict[str, Document] = {}

    def put_new(self, item_id: str, document: Document) -> Document | None:
        """Store a new item; if the id is taken, store nothing and return what is there."""
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
        existing = self.items.get(item_id)
        if existing is not None:
            return dict(existing)
        self._change(changed_id, revision, fields)
        self.items[item_id] = dict(document)
        return None

    def change(self, item_id: str, *, revision: int, fields: Document) -> None:
        """Set fields of an item that is at `revision`; raises `VersionConflict` otherwise."""
        self._change(item_id, revision, fields)

    def get(self, item_id: str) -> Document | None:
        """A copy of the item, or None."""
        document = self.items.get(item_id)
        return None if document is None else dict(document)

    def count(self, item_id: str, counter: str) -> int:
        """Add 1 to an integer of an existing item and return the sum."""
        total = int(self.items[item_id].get(counter, 0)) + 1
        self.items[item_id][counter] = total
        return total

    def _change(self, item_id: str, revision: int, fields: Document) -> None:
        current = self.items.get(item_id)
        if current is None or current.get(REVISION, 0) != revision:
            raise VersionConflict(item_id)
        self.items[item_id] = {**current, **fields, REVISION: revision + 1}
