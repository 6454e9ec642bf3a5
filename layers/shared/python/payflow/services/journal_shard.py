"""One shard of the journal as it is now: balances, lines and what it holds, in a few pages' reads.

Everything is answered from one snapshot: pages that are appended meanwhile do not exist for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from payflow.domain.journal import Head, head_of
from payflow.domain.journal_page import LATE, Page, Standing, newest_standings
from payflow.domain.ledger import Account, Balance, JournalTransaction, folded
from payflow.domain.ports import Journal
from payflow.domain.statement import JournalLine, LineKey, lines_of

_MILLISECOND: Final = timedelta(milliseconds=1)
_CLUSTER_GAP: Final = timedelta(seconds=60)
"""Transactions that are further apart in time are looked for apart."""
_SKIPPED_MAX: Final = 16
"""Over a gap of more pages than these a new reading begins."""


class JournalShard:
    """A shard as of the newest page of `tail`, which goes back to the last checkpoint."""

    def __init__(self, journal: Journal, shard: int, tail: Sequence[Page]) -> None:
        """Keep the tail; other pages are read when they are needed."""
        self._journal = journal
        self._tail = tail
        self.head: Head = head_of(shard, tail)

    def balances(self, at: datetime | None = None) -> Mapping[Account, Balance]:
        """Every account's sums, now or of what had been posted by `at`, to the millisecond."""
        number = self.head.number if at is None else self._last_until(at)
        standings = self._standings_at(number)
        known = {account: standing.balance for account, standing in standings.items()}
        if at is None or number == self.head.number:
            return known
        later = (one for page in self._pages_after(number, at) for one in page.transactions)
        return folded(known, (one for one in later if one.posted_at <= at))

    def ids_held(self, transactions: Iterable[JournalTransaction]) -> set[str]:
        """The ids of those of `transactions` that are in the shard."""
        # No page has a watermark before the time of what is in it.
        candidates = [one for one in transactions if one.posted_at <= self.head.watermark]
        ids = {one.id for one in candidates}
        found: set[str] = set()
        for page in self._holding(candidates):
            found.update(one.id for one in page.transactions if one.id in ids)
        return found

    def lines(self, account: Account, before: LineKey | None) -> Iterator[JournalLine]:
        """What was posted to `account`, newest first; with `before` only what is older than it."""
        number, waiting = self.head.number, list[JournalLine]()
        if before is not None:
            number = min(self._last_until(before.posted_at + LATE) + 1, number)
            for page in self._late_pages_beyond(number):
                waiting += lines_of(page.transactions, account, before)
        for page in self._pages_of(account, number):
            # Whatever is older than this page's watermark may have newer lines still to come.
            yield from _newest_first(one for one in waiting if one.posted_at > page.watermark)
            waiting = [one for one in waiting if one.posted_at <= page.watermark]
            waiting += lines_of(page.transactions, account, before)
        yield from _newest_first(waiting)

    def _standings_at(self, number: int) -> Mapping[Account, Standing]:
        if number == self.head.number:
            return self.head.standings
        pages = self._journal.tail(self.head.shard, number) if number else ()
        return newest_standings(pages)

    def _last_until(self, moment: datetime) -> int:
        """The newest page whose watermark is not after `moment`; 0 if there is none."""
        for page in self._tail:
            if page.watermark <= moment:
                return page.number
        low, high = 0, self._tail[-1].number if self._tail else 1
        while high - low > 1:
            middle = (low + high) // 2
            if self._journal.watermark(self.head.shard, middle) <= moment:
                low = middle
            else:
                high = middle
        return low

    def _pages_after(self, number: int, latest: datetime) -> Iterator[Page]:
        """The pages behind page `number` that may hold something posted at `latest` or before."""
        for page in self._ascending(number + 1):
            yield page
            number = page.number
            if page.watermark > latest + LATE:
                break
        yield from self._late_pages_beyond(number)

    def _holding(self, transactions: Sequence[JournalTransaction]) -> Iterator[Page]:
        """The pages that may hold any of these, each of which is no newer than the head.

        What is spread over a long time is found in one way upwards, with leaps, and the late pages
        are read once for all of it: in a shard that was given a past, there are many.
        """
        reading: Iterator[Page] = iter(())
        page: Page | None = None
        lowest: int | None = None
        for cluster in _clusters(transactions):
            first, latest = cluster[0].posted_at - _MILLISECOND, cluster[-1].posted_at
            # Clusters are further apart than a page is behind, so nothing is passed over.
            page = _first_beyond(page, reading, first)
            if page is None:
                number = self._last_until(first)
                lowest = number if lowest is None else lowest
                reading = self._ascending(number + 1)
                page = next(reading, None)
            while page is not None:
                yield page
                if page.watermark > latest + LATE:
                    break
                page = next(reading, None)
        if lowest is not None:
            yield from self._late_pages_beyond(lowest)

    def _late_pages_beyond(self, number: int) -> Iterator[Page]:
        late = self.head.late
        while late > number:
            page = self._page(late)
            yield page
            late = page.late

    def _pages_of(self, account: Account, number: int) -> Iterator[Page]:
        """The pages that moved `account`, newest first, from page `number` down."""
        standing = self._standings_at(number).get(account)
        reading: Iterator[Page] = iter(())
        position = 0
        while standing is not None and standing.page:
            if standing.page > position or position - standing.page > _SKIPPED_MAX:
                reading = self._descending(standing.page)
            page = next(one for one in reading if one.number == standing.page)
            position = page.number - 1
            yield page
            standing = page.standings[account]

    def _page(self, number: int) -> Page:
        return next(self._descending(number))

    def _ascending(self, first: int) -> Iterator[Page]:
        if self._tail and first >= self._tail[-1].number:
            yield from (page for page in reversed(self._tail) if page.number >= first)
            return
        for page in self._journal.ascending(self.head.shard, first):
            if page.number > self.head.number:
                return
            yield page

    def _descending(self, last: int) -> Iterator[Page]:
        for page in self._tail:
            if page.number <= last:
                yield page
                last = page.number - 1
        if last:
            yield from self._journal.descending(self.head.shard, last)


def _first_beyond(page: Page | None, reading: Iterator[Page], moment: datetime) -> Page | None:
    """The first page from `page` on whose watermark is after `moment`; None if it is far away."""
    for _ in range(_SKIPPED_MAX):
        if page is None or page.watermark > moment:
            return page
        page = next(reading, None)
    return None


def _newest_first(lines: Iterable[JournalLine]) -> list[JournalLine]:
    return sorted(lines, key=lambda line: line.key, reverse=True)


def _clusters(transactions: Iterable[JournalTransaction]) -> Iterator[list[JournalTransaction]]:
    """`transactions` by time of posting, cut where a long time lies between two."""
    ordered = sorted(transactions, key=lambda one: one.posted_at)
    cluster = ordered[:1]
    for one, following in pairwise(ordered):
        if following.posted_at - one.posted_at > _CLUSTER_GAP:
            yield cluster
            cluster = []
        cluster.append(following)
    if cluster:
        yield cluster
