"""A past into the journal: small pages in the order of posting, shard by shard.

The readers of the streams look up in the journal whatever they are given. They go back page by page
to a checkpoint, so what they read is as large as the pages are; these are made as small as those of
live traffic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from payflow.domain.errors import VersionConflict
from payflow.domain.journal import head_after, next_page, posting_order, shard_of
from payflow.domain.ledger import JournalTransaction
from payflow.domain.ports import Clock, Journal, Randomness
from payflow.services.contention import decided_anew
from payflow.services.journal_shard import JournalShard

TRANSACTIONS_PER_PAGE: Final = 40
SHARDS_AT_ONCE: Final = 4


class PastFold:
    """Takes a past into the journal."""

    def __init__(self, journal: Journal, clock: Clock, randomness: Randomness) -> None:
        """`clock` and `randomness` space out the tries of a shard that others write to, too."""
        self._journal, self._clock, self._randomness = journal, clock, randomness

    def __call__(self, posted: Iterable[tuple[str, Sequence[JournalTransaction]]]) -> int:
        """Append what is not there yet; how many transactions that were. Raises `Unavailable`."""
        by_shard: dict[int, list[JournalTransaction]] = {}
        for merchant_id, transactions in posted:
            by_shard.setdefault(shard_of(merchant_id), []).extend(transactions)
        with ThreadPoolExecutor(SHARDS_AT_ONCE) as pool:
            return sum(pool.map(self._fold, by_shard, by_shard.values()))

    def _fold(self, shard: int, transactions: Sequence[JournalTransaction]) -> int:
        ordered = sorted(transactions, key=posting_order)
        return decided_anew(
            lambda: self._append(shard, ordered),
            f"ledger shard {shard}",
            self._clock,
            self._randomness,
        )

    def _append(self, shard: int, ordered: Sequence[JournalTransaction]) -> int:
        """Raises `VersionConflict` when another writer was first; what is there by then stays."""
        now = JournalShard(self._journal, shard, self._journal.tails((shard,))[shard])
        held, head = now.ids_held(ordered), now.head
        new = [one for one in ordered if one.id not in held]
        for start in range(0, len(new), TRANSACTIONS_PER_PAGE):
            page = next_page(head, new[start : start + TRANSACTIONS_PER_PAGE])
            if not self._journal.append(page):
                raise VersionConflict(f"ledger shard {shard}")
            head = head_after(head, page)
        return len(new)
