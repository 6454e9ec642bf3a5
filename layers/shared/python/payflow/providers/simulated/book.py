"""A simulated provider's own book: what it did, in its own words, whatever PayFlow believes.

Only the provider side writes it. An authorisation is entered once, by a conditional write under the
provider's idempotency key, which makes every repetition, also a simultaneous one, find the same
entry. Inquiries read nothing else.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from payflow.domain.timestamps import parse_rfc3339, rfc3339

Document = dict[str, str | int]
"""One item of a book: flat, text and integers only."""


class BookStore(Protocol):
    """Where books are kept: items under ids, each write conditional or atomic."""

    def put_new(self, item_id: str, document: Document) -> Document | None:
        """Store a new item; if the id is taken, store nothing and return what is there."""
        ...

    def get(self, item_id: str) -> Document | None:
        """The latest committed item (a consistent read), or None."""
        ...

    def count(self, item_id: str, counter: str) -> int:
        """Add 1 to an integer of an existing item, atomically, and return the sum."""
        ...


class Standing(StrEnum):
    """Where an authorisation stands at the provider."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEntry:
    """One authorisation as the provider keeps it.

    It is pending until `settles_at`, then stands as `standing` for `code`. Inquiries find it from
    `visible_at` on. Its answer leaves `reply_after_ms` after `booked_at`, or never (None): the
    charge exists all the same. `action` is what the customer is asked to do while it is pending.
    The first `inquiries_lost` inquiries get no answer. `instrument` is masked: no card number.
    """

    provider: str
    key: str
    reference: str
    order_id: str
    instrument: str
    amount_minor: int
    currency: str
    kind: str
    standing: Standing
    code: str
    booked_at: datetime
    settles_at: datetime
    visible_at: datetime
    reply_after_ms: int | None
    action: str | None = None
    inquiries_lost: int = 0

    def standing_at(self, moment: datetime) -> Standing:
        """Where the authorisation stands at `moment`."""
        return Standing.PENDING if moment < self.settles_at else self.standing


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

    def find(self, key: str) -> BookEntry | None:
        """The entry under `key`, visible to inquiries or not, or None."""
        document = self._store.get(self._id(key))
        return None if document is None else entry_from_document(document)

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


def entry_to_document(entry: BookEntry) -> Document:
    """`entry` for the store; what is None is left out."""
    document: Document = {
        "provider": entry.provider,
        "key": entry.key,
        "reference": entry.reference,
        "order_id": entry.order_id,
        "instrument": entry.instrument,
        "amount": entry.amount_minor,
        "currency": entry.currency,
        "kind": entry.kind,
        "standing": entry.standing.value,
        "code": entry.code,
        "booked_at": rfc3339(entry.booked_at),
        "settles_at": rfc3339(entry.settles_at),
        "visible_at": rfc3339(entry.visible_at),
        "inquiries_lost": entry.inquiries_lost,
    }
    if entry.reply_after_ms is not None:
        document["reply_after_ms"] = entry.reply_after_ms
    if entry.action is not None:
        document["action"] = entry.action
    return document


def entry_from_document(document: Document) -> BookEntry:
    """The entry that `entry_to_document` wrote down."""
    reply_after_ms, action = document.get("reply_after_ms"), document.get("action")
    return BookEntry(
        provider=str(document["provider"]),
        key=str(document["key"]),
        reference=str(document["reference"]),
        order_id=str(document["order_id"]),
        instrument=str(document["instrument"]),
        amount_minor=int(document["amount"]),
        currency=str(document["currency"]),
        kind=str(document["kind"]),
        standing=Standing(str(document["standing"])),
        code=str(document["code"]),
        booked_at=parse_rfc3339(str(document["booked_at"])),
        settles_at=parse_rfc3339(str(document["settles_at"])),
        visible_at=parse_rfc3339(str(document["visible_at"])),
        reply_after_ms=None if reply_after_ms is None else int(reply_after_ms),
        action=None if action is None else str(action),
        inquiries_lost=int(document["inquiries_lost"]),
    )
