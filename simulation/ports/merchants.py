"""Merchants and their keys in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from payflow.domain.errors import Conflict, NotFound, VersionConflict
from payflow.domain.merchant import ApiKey, Merchant


class InMemoryMerchants:
    """`MerchantRepository` in dictionaries by id and by hash."""

    def __init__(self, merchants: Iterable[Merchant] = ()) -> None:
        """`merchants` are there already, without keys."""
        self.items = {merchant.id: merchant for merchant in merchants}
        self.keys: dict[str, ApiKey] = {}

    def create(self, merchant: Merchant, keys: Sequence[ApiKey]) -> None:
        """Store a merchant with its first keys, all or none; raises `Conflict` for a taken id."""
        if merchant.id in self.items or any(key.key_hash in self.keys for key in keys):
            raise Conflict("merchant_exists", f"{merchant.id} or a key of it exists")
        self.items[merchant.id] = merchant
        self.keys.update({key.key_hash: key for key in keys})

    def get(self, merchant_id: str) -> Merchant | None:
        """The merchant as last written, or None."""
        return self.items.get(merchant_id)

    def save(self, merchant: Merchant) -> None:
        """Replace version `merchant.version - 1`; raises `VersionConflict` and writes nothing."""
        current = self.items.get(merchant.id)
        if current is None or current.version != merchant.version - 1:
            raise VersionConflict(merchant.id)
        self.items[merchant.id] = merchant

    def list(self) -> Sequence[Merchant]:
        """All merchants, oldest first."""
        return [self.items[merchant_id] for merchant_id in sorted(self.items)]

    def add_key(self, key: ApiKey) -> None:
        """Store one more key; raises `Conflict` if there is one with the same text."""
        if key.key_hash in self.keys:
            raise Conflict("key_exists", "There is such a key already.")
        self.keys[key.key_hash] = key

    def find_key(self, key_hash: str) -> ApiKey | None:
        """The key with that hash, revoked or not; or None."""
        return self.keys.get(key_hash)

    def keys_of(self, owner: str) -> Sequence[ApiKey]:
        """The keys of one owner, oldest first."""
        keys = [key for key in self.keys.values() if key.owner == owner]
        return sorted(keys, key=lambda key: (key.created_at, key.id, key.key_hash))

    def revoke_key(self, key: ApiKey, now: datetime) -> None:
        """Mark the key as revoked from `now` on, unless it was before; raises `NotFound`."""
        stored = self.keys.get(key.key_hash)
        if stored is None:
            raise NotFound("key_not_found", "There is no such key.")
        if stored.revoked_at is None:
            self.keys[key.key_hash] = replace(stored, revoked_at=now)
