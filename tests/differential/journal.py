"""Sequences on the journal's pages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from random import Random
from typing import Any

from payflow.aws.journal import DynamoJournal
from payflow.domain.booking import refund_transaction
from payflow.domain.journal_page import Page, Standing
from payflow.domain.ledger import Account, AccountKind, Balance
from payflow.domain.money import Money
from simulation.ports.journal import InMemoryJournal
from tests.differential.driver import Driver, Key
from tests.differential.reference import Reference

_BANK = Account(AccountKind.BANK, "INR")
_STANDINGS = {_BANK: Standing(Balance(_BANK, 5, 6, 7, 8), 1)}


class Journal(Driver):
    """Two shards whose pages are appended in order, twice, or with one left out."""

    TABLE = "LEDGER_TABLE"
    OPERATIONS = (
        *("append", "append", "append", "append", "append", "tails", "tail"),
        *("ascending", "descending", "watermark", "sealed"),
    )

    def __init__(self, reference: Reference, chance: Random, own: str) -> None:
        super().__init__(reference, chance, own)
        self.real = DynamoJournal(reference.dynamodb, self.table)
        self.memory = InMemoryJournal()
        first = 100 + 2 * int(own)
        self.shards = (first, first, first + 1)

    def written(self) -> Sequence[Key]:
        return [
            {"shard": {"S": f"{shard:02d}"}, "page": {"N": str(number)}}
            for shard, number in self.memory.texts
        ]

    def append(self) -> None:
        shard = self._shard()
        known = [number for one, number in self.memory.texts if one == shard]
        number = max(known, default=0) + self.one_of(1, 1, 1, 2, 0)
        self.ask("append", self._page(shard, max(1, number)))

    def tails(self) -> None:
        wanted = self.one_of(self.shards[:1], self.shards[1:])
        self.ask("tails", wanted, view=lambda found: {one: list(found[one]) for one in found})

    def tail(self) -> None:
        self.ask("tail", self._shard(), self.chance.randint(1, 4), view=list)

    def ascending(self) -> None:
        self.ask("ascending", self._shard(), self.chance.randint(1, 3), view=self._some())

    def descending(self) -> None:
        self.ask("descending", self._shard(), self.chance.randint(1, 5), view=self._some())

    def watermark(self) -> None:
        if self.memory.texts:
            self.ask("watermark", *self.chance.choice(list(self.memory.texts)))

    def sealed(self) -> None:
        self.ask("sealed", self._shard(), view=list)

    def _shard(self) -> int:
        return self.chance.choice(self.shards)

    def _some(self) -> Any:
        """All pages, or the first of them."""
        read = self.one_of(1, 2, None)
        return lambda pages: list(islice(pages, read))

    def _page(self, shard: int, number: int) -> Page:
        posting = refund_transaction(
            payment_id=f"pay_{self.own}{number}",
            merchant_id="mer_1",
            amount=Money(self.chance.randint(1, 99), "INR"),
            sequence=1,
            posted_at=self.moment(),
            provider="A",
        )
        accounts = {entry.account for entry in posting.entries}
        standings = {one: Standing(Balance(one, self.chance.randrange(9)), 0) for one in accounts}
        return Page(
            shard=shard,
            number=number,
            previous=self.one_of("", "ab" * 32),
            watermark=self.moment(),
            late=self.chance.randrange(3),
            is_late=self.one_of(True, False),
            transactions=(posting,),
            standings=standings,
            checkpoint=self.one_of(None, None, _STANDINGS),
        )
