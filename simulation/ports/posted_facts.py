"""The facts that have postings, in memory: those that were posted lately, or all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from payflow.aws.payment_item import created_key
from payflow.domain.ledger import JournalTransaction
from payflow.domain.timestamps import rfc3339
from simulation.ports.sorted_keys import SortedKeys

_BATCH: Final = 25
_LATEST: Final = "~"


class InMemoryPostedFacts:
    """`PostingSource` over what a port in memory has stored."""

    def __init__(self) -> None:
        self._facts: dict[str, tuple[str, Sequence[JournalTransaction]]] = {}
        self._newest = SortedKeys()

    def put(self, fact_id: str, merchant_id: str, postings: Sequence[JournalTransaction]) -> None:
        """Have the fact with these postings, which only ever grow; without any it is none."""
        known = self._facts.get(fact_id)
        if not postings or (known is not None and len(known[1]) == len(postings)):
            return
        self._facts[fact_id] = (merchant_id, postings)
        newest = rfc3339(max(one.posted_at for one in postings))
        self._newest.put(fact_id, merchant_id, created_key(fact_id, newest))

    def posted_since(
        self, since: Mapping[str, datetime]
    ) -> Mapping[str, Iterator[Sequence[JournalTransaction]]]:
        """For each merchant what was posted at its time or later, newest facts first."""
        return {
            merchant_id: self._posted_since(merchant_id, at) for merchant_id, at in since.items()
        }

    def __iter__(self) -> Iterator[tuple[str, Sequence[JournalTransaction]]]:
        """The merchant of each fact, and what it has posted."""
        yield from self._facts.values()

    def _posted_since(
        self, merchant_id: str, since: datetime
    ) -> Iterator[Sequence[JournalTransaction]]:
        keys = self._newest.descending(merchant_id, rfc3339(since), _LATEST)
        while batch := list(islice(keys, _BATCH)):
            facts = (self._facts[key.partition("#")[2]] for key in batch)
            yield [one for _, postings in facts for one in postings if one.posted_at >= since]
