"""Customers' wallets in memory: one operation at a time, by the rules of the domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from payflow.domain.ledger import JournalTransaction
from payflow.domain.ports import Clock
from payflow.domain.wallet import (
    Performed,
    Wallet,
    WalletChange,
    WalletOperation,
    WalletRequest,
    operation_id,
)
from payflow.domain.wallet_rules import decided, refused
from simulation.ports.posted_facts import InMemoryPostedFacts


class InMemoryWallets:
    """`Wallets` and, through what is booked, `PostingSource`."""

    def __init__(self, clock: Clock) -> None:
        """`clock` dates the operations."""
        self.wallets: dict[str, Wallet] = {}
        self.operations: dict[str, WalletOperation] = {}
        self.posted = InMemoryPostedFacts()
        self._clock = clock

    def create(self, wallet: Wallet) -> Wallet | None:
        """Store a new wallet; if its id is taken, store nothing and return what is there."""
        existing = self.wallets.get(wallet.id)
        if existing is None:
            self.wallets[wallet.id] = wallet
        return existing

    def get(self, wallet_id: str) -> Wallet | None:
        """The wallet, or None."""
        return self.wallets.get(wallet_id)

    def find(self, wallet_id: str, key: str) -> WalletOperation | None:
        """The operation that was written down under `key`, or None."""
        return self.operations.get(operation_id(wallet_id, key))

    def perform(self, request: WalletRequest) -> Performed:
        """Decide on the wallet as it is and write that down; raises as `decided` does."""
        known = self.find(request.wallet_id, request.key)
        if known is not None:
            return Performed(known, is_new=False)
        wallet, named = self.get(request.wallet_id), request.authorization_key
        authorization = self.find(request.wallet_id, named) if named is not None else None
        change = decided(request, wallet, authorization, self._clock.now())
        self._take(change)
        return Performed(change.operation, is_new=True)

    def refuse(self, request: WalletRequest, code: str) -> WalletOperation:
        """Write down that `request` was refused for `code`, unless its key is known."""
        operation = refused(request, code, self._clock.now()).operation
        return self.operations.setdefault(operation.id, operation)

    def posted_since(
        self, since: Mapping[str, datetime]
    ) -> Mapping[str, Iterator[Sequence[JournalTransaction]]]:
        """For each merchant what was posted at its time or later, newest facts first."""
        return self.posted.posted_since(since)

    def _take(self, change: WalletChange) -> None:
        operation = change.operation
        self.operations[operation.id] = operation
        self.posted.put(operation.id, operation.merchant_id, operation.postings)
        if change.authorization is not None:
            self.operations[change.authorization.id] = change.authorization
        if change.wallet is not None:
            self.wallets[change.wallet.id] = change.wallet
