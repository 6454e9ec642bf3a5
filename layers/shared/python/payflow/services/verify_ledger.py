"""Audit the journal: walk every chain, make each page anew, and compare with what was posted.

A page must be exactly the one that follows from the pages before it and its own transactions: one
rule for hashes, sums, pointers and checkpoints. Then the transactions of all pages must be those
inside the payments and other facts, none more and none less. For that both are summed up as
digests in buckets, so memory stays small; only where buckets differ are single ones looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Final, Protocol

from payflow.domain.journal import SHARDS, Head, head_after, next_page, shard_of
from payflow.domain.journal_page import (
    Page,
    SealedPage,
    page_from_text,
    page_text,
    text_hash,
    transaction_digest,
)
from payflow.domain.ledger import JournalTransaction
from payflow.domain.ports import Clock, Journal
from payflow.services.journal_shard import JournalShard

TOLD_MAX: Final = 20
"""How many single transactions are named."""
BUCKETS: Final = 4096
BUCKETS_LOOKED_AT_MAX: Final = 16
FOLD_WAITS_MAX: Final = 20
FOLD_WAIT_MS: Final = 500
"""Together how long the fold may be behind before a posting counts as missing."""
_DIGEST_BITS: Final = 256

Progress = Callable[[str, int, int], None]
Facts = Iterable[tuple[str, Sequence[JournalTransaction]]]
"""The merchant of each fact of one kind, and what it has posted; gone through up to twice."""


class SealedJournal(Journal, Protocol):
    """A journal that can be looked at as it is stored."""

    def sealed(self, shard: int) -> Iterator[SealedPage]:
        """All pages of a shard from the first on, as they are stored."""
        ...


@dataclass(frozen=True, slots=True)
class BrokenPage:
    """The first page of a shard that is not what it must be."""

    shard: int
    page: int
    reason: str


@dataclass(slots=True)
class Audit:
    """What was found. `missing` was posted but is in no page, `foreign` the other way round."""

    shards: int = 0
    pages: int = 0
    transactions: int = 0
    facts: int = 0
    broken: BrokenPage | None = None
    missing: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Nothing is wrong."""
        return self.broken is None and not self.missing and not self.foreign


@dataclass(frozen=True, slots=True)
class VerifyLedger:
    """The use case behind `payflow ledger verify`; raises `Unavailable` with the store."""

    journal: SealedJournal
    facts: Sequence[Facts]
    clock: Clock

    def __call__(self, progress: Progress) -> Audit:
        """Everything checked, up to the first broken page."""
        started = self.clock.now()
        audit, buckets = Audit(), [0] * BUCKETS
        for shard in range(SHARDS):
            progress("Walking the chains", shard, SHARDS)
            for page in self._walked(shard, audit):
                for digest, _ in _digests(shard, page.transactions, started):
                    buckets[digest % BUCKETS] += digest
            if audit.broken is not None:
                return audit
        for merchant_id, transactions in chain.from_iterable(self.facts):
            audit.facts += 1
            progress("Comparing with what was posted", 0, 0)
            for digest, _ in _digests(shard_of(merchant_id), transactions, started):
                buckets[digest % BUCKETS] -= digest
        differing = [at for at, total in enumerate(buckets) if total % 2**_DIGEST_BITS]
        if differing:
            self._name(set(differing[:BUCKETS_LOOKED_AT_MAX]), audit, started)
        return audit

    def _walked(self, shard: int, audit: Audit) -> Iterator[Page]:
        """The sound pages of a shard; the first that is not is told in `audit`."""
        head = Head(shard)
        audit.shards += 1
        for sealed in self.journal.sealed(shard):
            page, reason = checked(sealed, head)
            if page is None:
                audit.broken = BrokenPage(shard, sealed.number, reason)
                return
            audit.pages += 1
            audit.transactions += len(page.transactions)
            yield page
            head = head_after(head, page)

    def _name(self, differing: set[int], audit: Audit, started: datetime) -> None:
        posted: dict[int, tuple[int, JournalTransaction]] = {}
        for merchant_id, transactions in chain.from_iterable(self.facts):
            shard = shard_of(merchant_id)
            for digest, one in _digests(shard, transactions, started):
                if digest % BUCKETS in differing:
                    posted[digest] = (shard, one)
        twice = Audit()
        for shard in range(SHARDS):
            for page in self._walked(shard, twice):
                for digest, one in _digests(shard, page.transactions, started):
                    if digest % BUCKETS in differing and posted.pop(digest, None) is None:
                        audit.foreign.append(one.id)
        # What was posted but is in no page may only not be folded yet.
        audit.missing = [one.id for one in self._still_missing(list(posted.values()))][:TOLD_MAX]
        del audit.foreign[TOLD_MAX:]

    def _still_missing(
        self, posted: Sequence[tuple[int, JournalTransaction]]
    ) -> Sequence[JournalTransaction]:
        missing = list(posted)
        for _ in range(FOLD_WAITS_MAX):
            tails = self.journal.tails({shard for shard, _ in missing})
            now = {shard: JournalShard(self.journal, shard, tail) for shard, tail in tails.items()}
            missing = [
                (shard, one) for shard, one in missing if one.id not in now[shard].ids_held([one])
            ]
            if not missing:
                break
            self.clock.sleep_ms(FOLD_WAIT_MS)
        return [one for _, one in missing]


def checked(sealed: SealedPage, head: Head) -> tuple[Page | None, str]:
    """The page, if it is the one that must follow `head`; else None, and why it is not."""
    if sealed.number != head.number + 1:
        return None, f"page {head.number + 1} is gone"
    if text_hash(sealed.text) != sealed.hash:
        return None, "its text has not the hash that was stored with it"
    try:
        page = page_from_text(sealed.text)
        expected = next_page(head, page.transactions)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        return None, f"its text is no page: {type(error).__name__}"
    if page.previous != head.hash:
        return None, "it does not name the hash of the page before it"
    if page.standings != expected.standings:
        return None, "its sums are not those of its transactions"
    if page.checkpoint != expected.checkpoint:
        return None, "its checkpoint is not the sum of all pages"
    if page_text(expected) != sealed.text or sealed.watermark != page.watermark:
        return None, "it is not the page that follows from its transactions"
    return page, ""


def _digests(
    shard: int, transactions: Iterable[JournalTransaction], until: datetime
) -> Iterator[tuple[int, JournalTransaction]]:
    """What was posted `until` the audit began; what came later is seen by one side only."""
    for one in transactions:
        if one.posted_at <= until:
            yield transaction_digest(one, shard), one
