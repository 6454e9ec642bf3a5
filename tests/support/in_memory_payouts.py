"""Payouts in dictionaries, with the semantics of the real table."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from payflow.domain.errors import VersionConflict
from payflow.domain.ledger import JournalTransaction
from payflow.domain.payout import PaidOut, Payout, PayoutFilter, PayoutPage


@dataclass
class InMemoryPayouts:
    """`PayoutRepository`; `before_add` runs just before each write, as another run would."""

    items: dict[str, Payout] = field(default_factory=dict)
    sums: dict[tuple[str, str], PaidOut] = field(default_factory=dict)
    before_add: Callable[[], None] = lambda: None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, payout: Payout, before: PaidOut) -> None:
        self.before_add()
        with self.lock:
            key = (payout.merchant_id, payout.amount.currency)
            if payout.id in self.items or self.paid_out(*key) != before:
                raise VersionConflict(payout.id)
            self.items[payout.id] = payout
            total_minor = before.total_minor + payout.amount.minor
            self.sums[key] = PaidOut(*key, total_minor, before.version + 1)

    def paid_out(self, merchant_id: str, currency: str) -> PaidOut:
        return self.sums.get((merchant_id, currency), PaidOut(merchant_id, currency))

    def get(self, payout_id: str) -> Payout | None:
        return self.items.get(payout_id)

    def list(self, wanted: PayoutFilter) -> PayoutPage:
        found = [p for p in self.items.values() if wanted.merchant_id in (None, p.merchant_id)]
        return PayoutPage(tuple(found[::-1][: wanted.limit]), None)

    def postings(self, merchant_id: str) -> Sequence[JournalTransaction]:
        return [one.posting for one in self.items.values() if one.merchant_id == merchant_id]
