"""Take what was posted into the journal: per shard and batch one reading and one page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from payflow.domain.errors import VersionConflict
from payflow.domain.journal import TRANSACTIONS_MAX, next_page, posting_order, shard_of
from payflow.domain.ledger import JournalTransaction
from payflow.domain.ports import Clock, Journal, Randomness
from payflow.services.contention import decided_anew
from payflow.services.journal_shard import JournalShard


@dataclass(frozen=True, slots=True)
class FoldLedger:
    """The use case behind the streams of everything that has postings."""

    journal: Journal
    clock: Clock
    randomness: Randomness

    def __call__(self, posted: Iterable[tuple[str, Sequence[JournalTransaction]]]) -> int:
        """Append what each merchant's facts have posted; how many transactions were new.

        What is in the journal already is left out, so a batch may come any number of times, and at
        once. Raises `Unavailable` if a shard could not be written; some then may be, so the same
        batch has to come again.
        """
        by_shard: dict[int, dict[str, JournalTransaction]] = {}
        for merchant_id, transactions in posted:
            mine = by_shard.setdefault(shard_of(merchant_id), {})
            mine.update((transaction.id, transaction) for transaction in transactions)
        return sum(
            self._append(shard, part)
            for shard, transactions in sorted(by_shard.items())
            for part in _parts(sorted(transactions.values(), key=posting_order))
        )

    def _append(self, shard: int, transactions: Sequence[JournalTransaction]) -> int:
        def append() -> int:
            tail = self.journal.tails((shard,))[shard]
            now = JournalShard(self.journal, shard, tail)
            held = now.ids_held(transactions)
            new = [one for one in transactions if one.id not in held]
            if new and not self.journal.append(next_page(now.head, new)):
                raise VersionConflict(f"ledger shard {shard}")
            return len(new)

        return decided_anew(append, f"ledger shard {shard}", self.clock, self.randomness)


def _parts(transactions: Sequence[JournalTransaction]) -> Iterable[Sequence[JournalTransaction]]:
    for start in range(0, len(transactions), TRANSACTIONS_MAX):
        yield transactions[start : start + TRANSACTIONS_MAX]
