"""Merchants, their terms and their keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from payflow.domain.errors import Forbidden
from payflow.domain.money import FeeTerms


class Principal(StrEnum):
    """Whom a key speaks for."""

    MERCHANT = "merchant"
    PUBLISHABLE = "publishable"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A tenant: it sees its own objects and nothing else.

    `payout_minimum_minor` is in minor units of its settlement currency; None: what is usual.
    """

    id: str
    name: str
    settlement_currency: str
    platform_fee: FeeTerms
    created_at: datetime
    updated_at: datetime
    version: int = 1
    payout_minimum_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantTerms:
    """What a request says about a merchant; None where it says nothing."""

    name: str | None = None
    settlement_currency: str | None = None
    fees: FeeTerms | None = None
    payout_minimum_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as stored: by its hash. `hint` is its first characters, to tell keys apart."""

    id: str
    key_hash: str
    owner: str
    principal: Principal
    hint: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key and its text, which is shown once and kept nowhere."""

    key: ApiKey
    secret: str

    def __repr__(self) -> str:
        """Hide the text."""
        return f"IssuedKey({self.key.id})"


@dataclass(frozen=True, slots=True)
class NewMerchant:
    """A merchant with its first two keys."""

    merchant: Merchant
    api_key: IssuedKey
    publishable_key: IssuedKey


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: the key's principal and, for merchants, whose objects it may touch."""

    principal: Principal
    key_id: str
    merchant_id: str | None = None

    @property
    def owner(self) -> str:
        """The merchant that the key belongs to; raises `Forbidden` for an operator's."""
        if self.merchant_id is None:
            raise Forbidden("key_not_permitted", "This needs a merchant's key.")
        return self.merchant_id
