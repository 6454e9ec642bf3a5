"""Where the simulated providers keep their books: flat items, each write conditional or atomic."""

from __future__ import annotations

from typing import Final, Protocol

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
