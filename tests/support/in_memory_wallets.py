"""Customers' wallets in dictionaries, with the promises of the real table."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from payflow.domain.money import Money
from payflow.domain.ports import Clock
from payflow.domain.wallet import (
    Performed,
    Wallet,
    WalletAction,
    WalletChange,
    WalletOperation,
    WalletRequest,
    operation_id,
)
from payflow.domain.wallet_rules import decided, refused
from tests.support.builders import NOON


@dataclass
class InMemoryWallets:
    """One operation at a time, by the rules of the domain."""

    clock: Clock
    wallets: dict[str, Wallet] = field(default_factory=dict)
    operations: dict[str, WalletOperation] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, wallet: Wallet) -> Wallet | None:
        with self.lock:
            existing = self.wallets.get(wallet.id)
            if existing is None:
                self.wallets[wallet.id] = wallet
            return existing

    def get(self, wallet_id: str) -> Wallet | None:
        return self.wallets.get(wallet_id)

    def find(self, wallet_id: str, key: str) -> WalletOperation | None:
        return self.operations.get(operation_id(wallet_id, key))

    def perform(self, request: WalletRequest) -> Performed:
        with self.lock:
            known = self.find(request.wallet_id, request.key)
            if known is not None:
                return Performed(known, is_new=False)
            authorization = self.find(request.wallet_id, request.authorization_key or "")
            wallet = self.get(request.wallet_id)
            change = decided(request, wallet, authorization, self.clock.now())
            self._take(change)
            return Performed(change.operation, is_new=True)

    def refuse(self, request: WalletRequest, code: str) -> WalletOperation:
        with self.lock:
            operation = refused(request, code, self.clock.now()).operation
            return self.operations.setdefault(operation.id, operation)

    def _take(self, change: WalletChange) -> None:
        self.operations[change.operation.id] = change.operation
        if change.authorization is not None:
            self.operations[change.authorization.id] = change.authorization
        if change.wallet is not None:
            self.wallets[change.wallet.id] = change.wallet

    def fund(
        self, wallet_id: str, amount_minor: int, *, merchant_id: str, currency: str = "INR"
    ) -> None:
        """A new wallet with that much in it."""
        self.create(
            Wallet(
                id=wallet_id,
                merchant_id=merchant_id,
                customer_id="cus_1",
                currency=currency,
                request_hash="00",
                created_at=NOON,
                updated_at=NOON,
            )
        )
        self.perform(
            WalletRequest(
                wallet_id=wallet_id,
                merchant_id=merchant_id,
                key="top_1",
                action=WalletAction.TOP_UP,
                amount=Money(amount_minor, currency),
                request_hash="00",
            )
        )
