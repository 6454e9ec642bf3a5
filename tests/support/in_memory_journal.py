"""The journal's pages in a dictionary, kept as their texts; counts what is read."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from payflow.domain.journal_page import Page, SealedPage, page_from_text, page_text


@dataclass
class InMemoryJournal:
    """Pages by shard and number; `read` counts pages, and watermarks looked up."""

    texts: dict[tuple[int, int], bytes] = field(default_factory=dict)
    seals: dict[tuple[int, int], tuple[str, datetime]] = field(default_factory=dict)
    read: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tails(self, shards: Iterable[int]) -> Mapping[int, Sequence[Page]]:
        return {shard: self.tail(shard, self._newest(shard)) for shard in shards}

    def tail(self, shard: int, number: int) -> Sequence[Page]:
        pages: list[Page] = []
        for page in self.descending(shard, number):
            pages.append(page)
            if page.checkpoint is not None:
                break
        return pages

    def ascending(self, shard: int, first: int) -> Iterator[Page]:
        for number in range(first, self._newest(shard) + 1):
            yield self._page(shard, number)

    def descending(self, shard: int, last: int) -> Iterator[Page]:
        for number in range(last, 0, -1):
            yield self._page(shard, number)

    def watermark(self, shard: int, number: int) -> datetime:
        return self._page(shard, number).watermark

    def sealed(self, shard: int) -> Iterator[SealedPage]:
        for number in sorted(number for one, number in self.texts if one == shard):
            yield SealedPage(shard, number, self.texts[shard, number], *self.seals[shard, number])

    def append(self, page: Page) -> bool:
        with self.lock:
            key = (page.shard, page.number)
            if key in self.texts:
                return False
            self.texts[key] = page_text(page)
            self.seals[key] = (page.hash, page.watermark)
            return True

    def _page(self, shard: int, number: int) -> Page:
        self.read += 1
        return page_from_text(self.texts[shard, number])

    def _newest(self, shard: int) -> int:
        return max((number for one, number in self.texts if one == shard), default=0)
