"""The journal's pages in memory, kept as their texts, so that their hashes can be checked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from payflow.domain.journal_page import Page, SealedPage, page_from_text, page_text, text_hash

Key = tuple[int, int]
"""A shard and a page's number in it."""


class InMemoryJournal:
    """`Journal` by shard and number.

    A text may be replaced or taken out, as somebody would who tampers with the ledger.
    """

    def __init__(
        self,
        texts: Mapping[Key, bytes] | None = None,
        seals: Mapping[Key, tuple[str, datetime]] | None = None,
    ) -> None:
        """`texts` are there already, under `seals`: hash and watermark."""
        self.texts: dict[Key, bytes] = dict(texts or {})
        self.seals: dict[Key, tuple[str, datetime]] = dict(seals or {})
        self._numbers: dict[int, list[int]] = {}
        self._pages: dict[Key, tuple[bytes, Page]] = {}
        for shard, number in self.texts:
            insort(self._numbers.setdefault(shard, []), number)

    def tails(self, shards: Iterable[int]) -> Mapping[int, Sequence[Page]]:
        """The newest page of each shard and those before it, to the last checkpoint, or none."""
        return {shard: self._tail(self._down(shard, None)) for shard in shards}

    def tail(self, shard: int, number: int) -> Sequence[Page]:
        """Page `number` and those before it, newest first, to the last checkpoint."""
        return self._tail(self._down(shard, number))

    def ascending(self, shard: int, first: int) -> Iterator[Page]:
        """The pages from `first` on, read as they are asked for."""
        return map(self._page, self._up(shard, first))

    def descending(self, shard: int, last: int) -> Iterator[Page]:
        """The pages from `last` down, read as they are asked for."""
        return map(self._page, self._down(shard, last))

    def watermark(self, shard: int, number: int) -> datetime:
        """The watermark of a page that exists."""
        return self.seals[shard, number][1]

    def sealed(self, shard: int) -> Iterator[SealedPage]:
        """All pages of a shard from the first on, as they are stored."""
        for key in self._up(shard, 1):
            yield SealedPage(*key, self.texts[key], *self.seals[key])

    def append(self, page: Page) -> bool:
        """Store `page` as the next of its shard; False if another one was first."""
        key = (page.shard, page.number)
        if key in self.texts:
            return False
        text = page_text(page)
        self.texts[key] = text
        self.seals[key] = (text_hash(text), page.watermark)
        self._pages[key] = (text, page)
        insort(self._numbers.setdefault(page.shard, []), page.number)
        return True

    def _up(self, shard: int, first: int) -> Iterator[Key]:
        numbers = self._numbers.get(shard, [])
        keys = ((shard, number) for number in numbers[bisect_left(numbers, first) :])
        return filter(self.texts.__contains__, keys)

    def _down(self, shard: int, last: int | None) -> Iterator[Key]:
        numbers = self._numbers.get(shard, [])
        end = len(numbers) if last is None else bisect_right(numbers, last)
        keys = ((shard, numbers[position]) for position in range(end - 1, -1, -1))
        return filter(self.texts.__contains__, keys)

    def _tail(self, keys: Iterable[Key]) -> Sequence[Page]:
        pages: list[Page] = []
        for key in keys:
            pages.append(self._page(key))
            if pages[-1].checkpoint is not None:
                break
        return pages

    def _page(self, key: Key) -> Page:
        """The page by its text; texts that have not changed are read once."""
        text = self.texts[key]
        known = self._pages.get(key)
        if known is None or known[0] is not text:
            known = self._pages[key] = (text, page_from_text(text))
        return known[1]
