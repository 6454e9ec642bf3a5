"""Payouts in memory, with the sums of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from payflow.aws.payment_item import KEY_SEPARATOR, created_key
from payflow.domain.errors import VersionConflict
from payflow.domain.ledger import JournalTransaction
from payflow.domain.payout import PaidOut, Payout, PayoutFilter, PayoutPage
from payflow.domain.timestamps import rfc3339
from simulation.ports.posted_facts import InMemoryPostedFacts
from simulation.ports.sorted_keys import SortedKeys

_EARLIEST, _LATEST = "0", "~"


class InMemoryPayouts:
    """`PayoutRepository` and, through what is booked, `PostingSource`."""

    def __init__(self) -> None:
        self.items: dict[str, Payout] = {}
        self.posted = InMemoryPostedFacts()
        self._sums: dict[tuple[str, str], PaidOut] = {}
        self._created = SortedKeys()

    def add(self, payout: Payout, before: PaidOut) -> None:
        """Store a new payout on top of the sum `before`; else `VersionConflict`, and nothing."""
        key = (payout.merchant_id, payout.amount.currency)
        if payout.id in self.items or self.paid_out(*key).version != before.version:
            raise VersionConflict(payout.id)
        self.items[payout.id] = payout
        self._created.put(payout.id, payout.merchant_id, _created_key(payout))
        self.posted.put(payout.id, payout.merchant_id, (payout.posting,))
        total_minor = before.total_minor + payout.amount.minor
        self._sums[key] = PaidOut(*key, total_minor, before.version + 1)

    def paid_out(self, merchant_id: str, currency: str) -> PaidOut:
        """What was paid out so far."""
        return self._sums.get((merchant_id, currency)) or PaidOut(merchant_id, currency)

    def get(self, payout_id: str) -> Payout | None:
        """The payout, or None."""
        return self.items.get(payout_id)

    def list(self, wanted: PayoutFilter) -> PayoutPage:
        """Newest first, at most `wanted.limit`, from behind `wanted.after` on."""
        keys = self._created.descending(wanted.merchant_id, _EARLIEST, wanted.after or _LATEST)
        behind = (key for key in keys if key != wanted.after)
        page = list(islice(behind, wanted.limit))
        more = len(page) == wanted.limit and next(behind, None) is not None
        payouts = tuple(self.items[key.partition(KEY_SEPARATOR)[2]] for key in page)
        return PayoutPage(payouts, page[-1] if more else None)

    def posted_since(
        self, since: Mapping[str, datetime]
    ) -> Mapping[str, Iterator[Sequence[JournalTransaction]]]:
        """For each merchant what was posted at its time or later, newest facts first."""
        return self.posted.posted_since(since)


def _created_key(payout: Payout) -> str:
    return created_key(payout.id, rfc3339(payout.created_at))
