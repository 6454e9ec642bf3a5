"""Merchants in dictionaries, with the semantics of the real table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from payflow.domain.errors import Conflict, Unavailable, VersionConflict
from payflow.domain.merchant import ApiKey, Merchant


@dataclass
class InMemoryMerchants:
    """`MerchantRepository`; `available` False makes look-ups of keys fail."""

    items: dict[str, Merchant] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    available: bool = True
    lookups: int = 0

    def create(self, merchant: Merchant, keys: Sequence[ApiKey]) -> None:
        if merchant.id in self.items:
            raise Conflict("merchant_exists", merchant.id)
        self.items[merchant.id] = merchant
        self.keys.update({key.key_hash: key for key in keys})

    def get(self, merchant_id: str) -> Merchant | None:
        return self.items.get(merchant_id)

    def save(self, merchant: Merchant) -> None:
        if self.items[merchant.id].version != merchant.version - 1:
            raise VersionConflict(merchant.id)
        self.items[merchant.id] = merchant

    def list(self) -> Sequence[Merchant]:
        return sorted(self.items.values(), key=lambda merchant: merchant.id)

    def add_key(self, key: ApiKey) -> None:
        self.keys[key.key_hash] = key

    def find_key(self, key_hash: str) -> ApiKey | None:
        self.lookups += 1
        if not self.available:
            raise Unavailable("temporarily_unavailable", "no answer")
        return self.keys.get(key_hash)

    def keys_of(self, owner: str) -> Sequence[ApiKey]:
        return [key for key in self.keys.values() if key.owner == owner]

    def revoke_key(self, key: ApiKey, now: datetime) -> None:
        self.keys[key.key_hash] = replace(self.keys[key.key_hash], revoked_at=now)
