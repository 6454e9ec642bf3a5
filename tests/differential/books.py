"""Sequences on the simulated providers' books, and on the claims of calls."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from payflow.aws.provider_book import DynamoBook
from payflow.aws.provider_calls import DynamoCallClaims
from payflow.providers.simulated.store import Document
from simulation.ports.book import InMemoryBookStore
from simulation.ports.claims import InMemoryCallClaims
from tests.differential.driver import Driver, Key
from tests.differential.reference import Reference


class Book(Driver):
    """A few entries that are made, changed and counted in."""

    TABLE = "PROVIDER_BOOKS_TABLE"
    OPERATIONS = (
        *("put_new", "put_new", "put_new_and_change", "put_new_and_change", "change", "change"),
        *("get", "get", "count"),
    )

    def __init__(self, reference: Reference, chance: Random, own: str) -> None:
        super().__init__(reference, chance, own)
        self.real = DynamoBook(reference.dynamodb, self.table)
        self.memory = InMemoryBookStore()
        self.ids = [f"mockCardA#{own}{letter}" for letter in "abcd"]

    def written(self) -> Sequence[Key]:
        return [{"id": {"S": one}} for one in self.memory.items]

    def look(self) -> None:
        for item_id in self.ids:
            self.ask("get", item_id)

    def put_new(self) -> None:
        self.ask("put_new", self.chance.choice(self.ids), self._document())

    def put_new_and_change(self) -> None:
        new, changed = self.chance.sample(self.ids, 2)
        self.ask(
            "put_new_and_change",
            new,
            self._document(),
            changed_id=changed,
            revision=self._revision(changed),
            fields=self._document(),
        )

    def change(self) -> None:
        changed = self.chance.choice(self.ids)
        self.ask("change", changed, revision=self._revision(changed), fields=self._document())

    def get(self) -> None:
        self.ask("get", self.chance.choice(self.ids))

    def count(self) -> None:
        if self.memory.items:
            self.ask("count", self.chance.choice(list(self.memory.items)), "inquiries")

    def _document(self) -> Document:
        document: Document = {"standing": self.one_of("approved", "declined"), "amount_minor": 5}
        if self.one_of(True, False):
            document |= {"reason": self.one_of("", "no funds"), "held": self.chance.randrange(3)}
        return document

    def _revision(self, item_id: str) -> int:
        known = self.memory.get(item_id) or {}
        return max(0, int(known.get("revision", 0)) + self.one_of(0, 0, 0, 1, -1))


class Claims(Driver):
    """Calls of two payments, claimed again and again."""

    TABLE = "PROVIDER_CALLS_TABLE"
    OPERATIONS = ("claim",)

    def __init__(self, reference: Reference, chance: Random, own: str) -> None:
        super().__init__(reference, chance, own)
        self.real = DynamoCallClaims(reference.dynamodb, self.table, self.clock)
        self.memory = InMemoryCallClaims()

    def written(self) -> Sequence[Key]:
        return [{"id": {"S": f"{payment}#{number}"}} for payment, number in self.memory.claimed]

    def claim(self) -> None:
        payment_id = self.one_of(f"pay_{self.own}a", f"pay_{self.own}b")
        self.ask("claim", payment_id, self.chance.randint(1, 3))
