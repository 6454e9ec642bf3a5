"""A merchant's journal from all facts that are booked: its payments and its payouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from payflow.domain.ledger import JournalTransaction
from payflow.domain.ports import JournalSource


@dataclass(frozen=True, slots=True)
class WholeJournal:
    """`JournalSource` that joins others."""

    sources: Sequence[JournalSource]

    def postings(self, merchant_id: str) -> Sequence[JournalTransaction]:
        """Every journal transaction of the merchant, oldest first."""
        journal = [posted for one in self.sources for posted in one.postings(merchant_id)]
        return sorted(journal, key=lambda posted: (posted.posted_at, posted.id))
