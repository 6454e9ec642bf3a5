"""A simulated provider's own book: what it did, in its own words, whatever PayFlow believes.

Only the provider side writes it. An operation is entered once, by a conditional write under the
provider's idempotency key, which makes every repetition, also a simultaneous one, find the same
entry. What an operation does to its authorisation's sums is the same write. Inquiries read nothing
else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payflow.providers.simulated.entry import (
    AUTHORIZING,
    BookEntry,
    decision_to_fields,
    entry_from_document,
    entry_to_document,
)
from payflow.providers.simulated.sums import (
    Authorization,
    Sums,
    sums_from_document,
    sums_to_fields,
)

if TYPE_CHECKING:
    from payflow.providers.simulated.store import BookStore, Document


@dataclass(frozen=True, slots=True)
class FirstCall:
    """Which provider was called first for a payment, and with which key."""

    provider: str
    key: str


class ProviderBook:
    """One provider's book, and what the sandbox remembers of test instruments."""

    def __init__(self, provider: str, store: BookStore) -> None:
        """`provider` is whose book this is; `store` may hold many."""
        self._provider = provider
        self._store = store

    def enter(self, entry: BookEntry) -> BookEntry:
        """Write `entry` unless its key is in the book; answer what the book says from now on."""
        existing = self._store.put_new(self._id(entry.key), entry_to_document(entry))
        return entry if existing is None else entry_from_document(existing)

    def enter_with_sums(self, entry: BookEntry, held: Authorization, sums: Sums) -> BookEntry:
        """As `enter`, and replace the sums of the authorisation `held` in the same write.

        Raises `VersionConflict`, and writes nothing, when the sums have changed since `held` was
        read.
        """
        existing = self._store.put_new_and_change(
            self._id(entry.key),
            entry_to_document(entry),
            changed_id=self._id(held.entry.key),
            revision=held.sums.revision,
            fields=sums_to_fields(sums),
        )
        return entry if existing is None else entry_from_document(existing)

    def decide(self, entry: BookEntry) -> None:
        """Write down the decision in `entry`, unless there is one already.

        Raises `VersionConflict`, and writes nothing, when the entry was changed before. What has
        not been approved yet has no sums, so nothing but a decision can have changed it.
        """
        self._store.change(self._id(entry.key), revision=0, fields=decision_to_fields(entry))

    def find(self, key: str) -> BookEntry | None:
        """The entry under `key`, visible to inquiries or not, or None."""
        document = self._store.get(self._id(key))
        return None if document is None else entry_from_document(document)

    def authorization(self, key: str) -> Authorization | None:
        """The authorisation or sale under `key` with its sums, or None."""
        document = self._store.get(self._id(key))
        if document is None:
            return None
        entry = entry_from_document(document)
        if entry.kind not in AUTHORIZING:
            return None
        return Authorization(entry, sums_from_document(document))

    def count_inquiry(self, key: str) -> int:
        """How many inquiries about an existing entry there were, with this one."""
        return self._store.count(self._id(key), "inquiries")

    def first_call(self, scope: str, key: str) -> FirstCall:
        """The first call that was made in `scope`: this one, unless there was another before."""
        document: Document = {"provider": self._provider, "key": key}
        first = self._store.put_new(f"instrument#{scope}", document) or document
        return FirstCall(provider=str(first["provider"]), key=str(first["key"]))

    def _id(self, key: str) -> str:
        return f"{self._provider}#{key}"
