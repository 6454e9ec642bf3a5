"""What operators do with merchants: create them, change their terms, issue and revoke keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from payflow.domain.errors import NotFound
from payflow.domain.ids import Ids, secret_hash
from payflow.domain.merchant import (
    ApiKey,
    IssuedKey,
    Merchant,
    MerchantTerms,
    NewMerchant,
    Principal,
)
from payflow.domain.money import FeeTerms
from payflow.domain.ports import Clock, MerchantRepository

DEFAULT_FEES: Final = FeeTerms(bps=100)
DEFAULT_SETTLEMENT_CURRENCY: Final = "INR"
OPERATOR: Final = "operator"
"""The owner of operator keys."""

KEY_PREFIX: Final = {
    Principal.MERCHANT: "sk_test",
    Principal.PUBLISHABLE: "pk_test",
    Principal.OPERATOR: "ok",
}
_HINT_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class ManageMerchants:
    """The use cases behind `/internal/merchants`; each raises `Unavailable` with the store."""

    merchants: MerchantRepository
    ids: Ids
    clock: Clock

    def create(self, name: str, terms: MerchantTerms) -> NewMerchant:
        """A new merchant with a secret and a publishable key; what `terms` leaves out is usual."""
        now = self.clock.now()
        merchant = Merchant(
            id=self.ids.fresh("mer"),
            name=name,
            settlement_currency=terms.settlement_currency or DEFAULT_SETTLEMENT_CURRENCY,
            platform_fee=terms.fees or DEFAULT_FEES,
            payout_minimum_minor=terms.payout_minimum_minor,
            created_at=now,
            updated_at=now,
        )
        secret = self._new_key(merchant.id, Principal.MERCHANT)
        publishable = self._new_key(merchant.id, Principal.PUBLISHABLE)
        self.merchants.create(merchant, [secret.key, publishable.key])
        return NewMerchant(merchant, secret, publishable)

    def list(self) -> Sequence[Merchant]:
        """All merchants, oldest first."""
        return self.merchants.list()

    def get(self, merchant_id: str) -> Merchant:
        """The merchant; raises `NotFound`."""
        merchant = self.merchants.get(merchant_id)
        if merchant is None:
            raise NotFound("merchant_not_found", "There is no such merchant.")
        return merchant

    def keys(self, merchant_id: str) -> Sequence[ApiKey]:
        """The merchant's keys, revoked ones too, oldest first."""
        return self.merchants.keys_of(merchant_id)

    def update(self, merchant_id: str, terms: MerchantTerms) -> Merchant:
        """Change what `terms` names, for payments from now on.

        Raises `NotFound`, or `VersionConflict` when somebody else changed it meanwhile.
        """
        merchant = self.get(merchant_id)
        changed = replace(
            merchant,
            name=terms.name or merchant.name,
            settlement_currency=terms.settlement_currency or merchant.settlement_currency,
            platform_fee=terms.fees or merchant.platform_fee,
            payout_minimum_minor=(
                merchant.payout_minimum_minor
                if terms.payout_minimum_minor is None
                else terms.payout_minimum_minor
            ),
            updated_at=self.clock.now(),
            version=merchant.version + 1,
        )
        self.merchants.save(changed)
        return changed

    def issue_key(self, merchant_id: str, principal: Principal) -> IssuedKey:
        """One more key, valid at once beside the others; raises `NotFound`."""
        issued = self._new_key(self.get(merchant_id).id, principal)
        self.merchants.add_key(issued.key)
        return issued

    def issue_operator_key(self) -> IssuedKey:
        """A key for operators; tooling calls this, no route does."""
        issued = self._new_key(OPERATOR, Principal.OPERATOR)
        self.merchants.add_key(issued.key)
        return issued

    def revoke_key(self, merchant_id: str, key_id: str) -> ApiKey:
        """Revoke a key for good, harmless when repeated; raises `NotFound`."""
        keys = {key.id: key for key in self.keys(self.get(merchant_id).id)}
        if key_id not in keys:
            raise NotFound("key_not_found", "There is no such key.")
        key = keys[key_id]
        if key.revoked_at is not None:
            return key
        now = self.clock.now()
        self.merchants.revoke_key(key, now)
        return replace(key, revoked_at=now)

    def _new_key(self, owner: str, principal: Principal) -> IssuedKey:
        prefix = KEY_PREFIX[principal]
        secret = self.ids.secret(prefix)
        key = ApiKey(
            id=self.ids.fresh("key"),
            key_hash=secret_hash(secret),
            owner=owner,
            principal=principal,
            hint=f"{secret[: len(prefix) + 1 + _HINT_DIGITS]}…",
            created_at=self.clock.now(),
        )
        return IssuedKey(key, secret)
