"""Payments in memory, with the indexes of the real table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from payflow.aws.payment_item import KEY_SEPARATOR, created_key
from payflow.aws.payments import SCANNED_MAX
from payflow.aws.table_reading import BATCH_MAX
from payflow.domain.dispute import Dispute
from payflow.domain.errors import VersionConflict
from payflow.domain.ledger import JournalTransaction
from payflow.domain.listing import DisputeFilter, DisputePage, PaymentFilter, PaymentPage
from payflow.domain.payment import Payment
from payflow.domain.timestamps import rfc3339
from simulation.ports.posted_facts import InMemoryPostedFacts
from simulation.ports.sorted_keys import SortedKeys
from simulation.ports.waiting import Waiting

_EARLIEST, _LATEST = "0", "~"
_POSITION_SEPARATOR: Final = " "


class InMemoryPayments:
    """`PaymentRepository` and, through what is booked, `PostingSource`.

    `items` is for reading: whoever writes to it goes past the indexes.
    """

    def __init__(self, payments: Iterable[Payment] = ()) -> None:
        """`payments` are there already."""
        self.items: dict[str, Payment] = {}
        self.posted = InMemoryPostedFacts()
        self._created = SortedKeys()
        self._disputed = SortedKeys()
        self._due = Waiting()
        self._in_review = Waiting()
        for payment in payments:
            self._add(payment)

    def create(self, payment: Payment) -> Payment | None:
        """Store a new payment, or return the one that has its id."""
        existing = self.items.get(payment.id)
        if existing is None:
            self._add(payment)
        return existing

    def get(self, payment_id: str) -> Payment | None:
        """The latest version, or None."""
        return self.items.get(payment_id)

    def save(self, payment: Payment) -> None:
        """Replace version `payment.version - 1`; raises `VersionConflict` and writes nothing."""
        current = self.items.get(payment.id)
        if current is None or current.version != payment.version - 1:
            raise VersionConflict(payment.id)
        self._put(payment)

    def list(self, wanted: PaymentFilter) -> PaymentPage:
        """A page, newest first; it may be short, or empty, while `next_after` says there is more.

        Looks at `SCANNED_MAX` payments at most, as the real table does.
        """
        found: list[Payment] = []
        position, scanned = "", 0
        keys = self._created_keys(wanted)
        while scanned < SCANNED_MAX and len(found) < wanted.limit:
            batch = tuple(islice(keys, BATCH_MAX if scanned else min(BATCH_MAX, wanted.limit)))
            if not batch:
                return PaymentPage(tuple(found), None)
            scanned += len(batch)
            for position in batch:
                payment = self.items[_id_in(position)]
                if wanted.accepts(payment):
                    found.append(payment)
                if len(found) == wanted.limit:
                    break
        more = position != batch[-1] or next(keys, None) is not None
        return PaymentPage(tuple(found), position if more else None)

    def list_disputes(self, wanted: DisputeFilter) -> DisputePage:
        """A page of disputes, by payment, its latest dispute first; bounds as `list`.

        A position is a payment's `disputed_key` and its dispute that came last.
        """
        found: list[tuple[Payment, Dispute]] = []
        position = None
        for scanned, (at, payment, dispute) in enumerate(self._disputes(wanted)):
            if len(found) == wanted.limit or scanned == SCANNED_MAX:
                return DisputePage(tuple(found), position)
            position = at
            if wanted.accepts(dispute):
                found.append((payment, dispute))
        return DisputePage(tuple(found), None)

    def posted_since(
        self, since: Mapping[str, datetime]
    ) -> Mapping[str, Iterator[Sequence[JournalTransaction]]]:
        """For each merchant what was posted at its time or later, newest facts first."""
        return self.posted.posted_since(since)

    def due(self, now: datetime, limit: int) -> Sequence[str]:
        """The ids of at most `limit` payments whose `due_at` has passed, the longest due first."""
        return self._due.first(limit, until=now)

    def in_review(self, limit: int) -> Sequence[Payment]:
        """At most `limit` payments with an open review, the longest waiting first."""
        return [self.items[one] for one in self._in_review.first(limit)]

    def _add(self, payment: Payment) -> None:
        key = created_key(payment.id, rfc3339(payment.created_at))
        self._created.put(payment.id, payment.merchant_id, key)
        self._put(payment)

    def _put(self, payment: Payment) -> None:
        if payment.disputes:
            key = created_key(payment.id, rfc3339(payment.disputes[-1].opened_at))
            self._disputed.put(payment.id, payment.merchant_id, key)
        review = payment.open_review
        self._in_review.put(payment.id, review.opened_at if review is not None else None)
        self._due.put(payment.id, payment.due_at if review is None else None)
        self.posted.put(payment.id, payment.merchant_id, payment.postings)
        self.items[payment.id] = payment

    def _created_keys(self, wanted: PaymentFilter) -> Iterator[str]:
        earliest = rfc3339(wanted.created_from) if wanted.created_from else _EARLIEST
        latest = rfc3339(wanted.created_to) + _LATEST if wanted.created_to else _LATEST
        latest = min(latest, wanted.after or _LATEST)
        keys = self._created.descending(wanted.merchant_id, earliest, latest)
        return (key for key in keys if key != wanted.after)

    def _disputes(self, wanted: DisputeFilter) -> Iterator[tuple[str, Payment, Dispute]]:
        begun, _, seen = (wanted.after or "").partition(_POSITION_SEPARATOR)
        for key in self._disputed.descending(wanted.merchant_id, _EARLIEST, begun or _LATEST):
            payment = self.items[_id_in(key)]
            disputes = payment.disputes[::-1]
            if key == begun:
                ids = [one.id for one in disputes]
                disputes = disputes[ids.index(seen) + 1 if seen in ids else 0 :]
            for dispute in disputes:
                yield f"{key}{_POSITION_SEPARATOR}{dispute.id}", payment, dispute


def _id_in(key: str) -> str:
    return key.partition(KEY_SEPARATOR)[2]
