"""Create, top up and look at customers' wallets.

Ids and keys follow from merchant, path and Idempotency-Key, so a repeated request meets what its
first one made, and is answered with the same bytes. What is refused consumes no key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from payflow.domain.answer import compact_json
from payflow.domain.errors import IdempotencyKeyReused, NotFound
from payflow.domain.ids import derived_id, secret_hash
from payflow.domain.merchant import Caller
from payflow.domain.money import Money
from payflow.domain.ports import Clock, Wallets
from payflow.domain.wallet import Wallet, WalletAction, WalletRequest
from payflow.domain.wallet_document import wallet_document
from payflow.services.read_payments import may_see


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletClaim:
    """What fixes a request's identity, and the body that a repetition must have."""

    merchant_id: str
    path: str
    idempotency_key: str
    canonical_body: bytes

    def derived(self, prefix: str) -> str:
        """The one id that the request can make."""
        return derived_id(prefix, self.merchant_id, self.path, self.idempotency_key)

    @property
    def body_hash(self) -> str:
        """Without a key: there is nothing secret in a customer's id and an amount."""
        return secret_hash(self.canonical_body.decode())


@dataclass(frozen=True, slots=True)
class WalletAnswer:
    """The body to answer with, byte for byte."""

    body: str
    replayed: bool


@dataclass(frozen=True, slots=True)
class ManageWallets:
    """The use cases behind `/api/v1/wallets`; each raises `Unavailable` with the store."""

    wallets: Wallets
    clock: Clock

    def create(self, claim: WalletClaim, customer_id: str, currency: str) -> WalletAnswer:
        """A new, empty wallet, or the first answer again; raises `IdempotencyKeyReused`."""
        now = self.clock.now()
        born = Wallet(
            id=claim.derived("wal"),
            merchant_id=claim.merchant_id,
            customer_id=customer_id,
            currency=currency,
            request_hash=claim.body_hash,
            created_at=now,
            updated_at=now,
        )
        existing = self.wallets.create(born)
        if existing is None:
            return WalletAnswer(compact_json(wallet_document(born)), replayed=False)
        _check_repetition(existing.request_hash, claim)
        return WalletAnswer(compact_json(wallet_document(_as_born(existing))), replayed=True)

    def top_up(self, claim: WalletClaim, wallet_id: str, amount_minor: int) -> WalletAnswer:
        """Pay in, or the first answer again.

        Raises `NotFound` for none or another merchant's wallet, `InvalidRequest` for more than a
        wallet holds, `IdempotencyKeyReused`.
        """
        wallet = self._own(wallet_id, claim.merchant_id)
        done = self.wallets.perform(
            WalletRequest(
                wallet_id=wallet_id,
                merchant_id=claim.merchant_id,
                key=claim.derived("top"),
                action=WalletAction.TOP_UP,
                amount=Money(amount_minor, wallet.currency),
                request_hash=claim.body_hash,
            )
        )
        operation = done.operation
        _check_repetition(operation.request_hash, claim)
        assert operation.answer is not None  # every top-up has one
        return WalletAnswer(operation.answer, replayed=not done.is_new)

    def get(self, wallet_id: str, caller: Caller) -> Wallet:
        """The wallet, if `caller` may see it; raises `NotFound`, for another merchant's as well."""
        wallet = self.wallets.get(wallet_id)
        if wallet is None or not may_see(caller, wallet.merchant_id):
            raise _not_found()
        return wallet

    def _own(self, wallet_id: str, merchant_id: str) -> Wallet:
        wallet = self.wallets.get(wallet_id)
        if wallet is None or wallet.merchant_id != merchant_id:
            raise _not_found()
        return wallet


def _check_repetition(request_hash: str | None, claim: WalletClaim) -> None:
    if request_hash != claim.body_hash:
        raise IdempotencyKeyReused(
            "idempotency_key_reused",
            "This Idempotency-Key was used with a different request body.",
        )


def _as_born(wallet: Wallet) -> Wallet:
    return replace(wallet, balance_minor=0, holds=(), version=1, updated_at=wallet.created_at)


def _not_found() -> NotFound:
    return NotFound("wallet_not_found", "There is no such wallet.")
