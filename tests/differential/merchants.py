"""Sequences on merchants and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from payflow.aws.merchants import DynamoMerchants
from payflow.domain.merchant import ApiKey, Merchant, Principal
from payflow.domain.money import FeeTerms
from simulation.ports.merchants import InMemoryMerchants
from tests.differential.driver import Driver, Key
from tests.differential.payments import a_merchant
from tests.differential.reference import Reference


class Merchants(Driver):
    """Up to three merchants and five keys."""

    TABLE = "MERCHANTS_TABLE"
    OPERATIONS = (
        *("create", "create", "get", "save", "save", "list", "add_key", "add_key"),
        *("find_key", "keys_of", "revoke_key", "revoke_key"),
    )

    def __init__(self, reference: Reference, chance: Random, own: str) -> None:
        super().__init__(reference, chance, own)
        self.real = DynamoMerchants(reference.dynamodb, self.table)
        self.memory = InMemoryMerchants()
        self.ids = [f"mer_{own}{letter}" for letter in "abc"]

    def written(self) -> Sequence[Key]:
        ids = [*self.memory.items, *(f"key#{one}" for one in self.memory.keys)]
        return [{"id": {"S": one}} for one in ids]

    def look(self) -> None:
        for merchant_id in self.ids:
            self.ask("keys_of", merchant_id, view=list)

    def create(self) -> None:
        keys = {key.key_hash: key for key in (self._api_key(), self._api_key())}
        self.ask("create", self._merchant(), list(keys.values()))

    def get(self) -> None:
        self.ask("get", self.one_of(*self.ids, f"key#{self.own}1"))

    def save(self) -> None:
        current = self.memory.get(self.chance.choice(self.ids))
        version = 0 if current is None else current.version
        self.ask("save", replace(self._merchant(), version=version + self.one_of(1, 1, 0, 2)))

    def list(self) -> None:
        self.ask("list", view=list)

    def add_key(self) -> None:
        self.ask("add_key", self._api_key())

    def find_key(self) -> None:
        self.ask("find_key", self._api_key().key_hash)

    def keys_of(self) -> None:
        self.ask("keys_of", self.chance.choice(self.ids), view=list)

    def revoke_key(self) -> None:
        self.ask("revoke_key", self._api_key(), self.moment())

    def _merchant(self) -> Merchant:
        return replace(
            a_merchant(self.chance.choice(self.ids)),
            name=self.one_of("Shop", "Store"),
            platform_fee=FeeTerms(self.one_of(0, 100), self.one_of(0, 30)),
            payout_minimum_minor=self.one_of(None, 0, 500),
            updated_at=self.moment(),
        )

    def _api_key(self) -> ApiKey:
        return ApiKey(
            id=f"key_{self.chance.randint(1, 3)}",
            key_hash=f"{self.own}{self.chance.randint(1, 5)}",
            owner=self.chance.choice(self.ids),
            principal=self.one_of(*Principal),
            hint="sk_test_12",
            created_at=self.moment(),
            revoked_at=None,
        )
