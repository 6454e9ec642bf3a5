"""The ports in memory with what only tests need: counts, interference, one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from payflow.domain.control import Document
from payflow.domain.errors import Unavailable
from payflow.domain.health import HealthBook
from payflow.domain.journal_page import Page
from payflow.domain.ledger import JournalTransaction
from payflow.domain.merchant import ApiKey
from payflow.domain.money import Money
from payflow.domain.payment import Payment
from payflow.domain.payout import PaidOut, Payout
from payflow.domain.ports import Wallets
from payflow.domain.provider import Faults
from payflow.domain.wallet import Wallet, WalletAction, WalletRequest
from simulation.ports.control import InMemoryControl
from simulation.ports.journal import InMemoryJournal
from simulation.ports.merchants import InMemoryMerchants
from simulation.ports.payments import InMemoryPayments
from simulation.ports.payouts import InMemoryPayouts
from tests.support.builders import NOON

_Port = TypeVar("_Port")
_Read = TypeVar("_Read")


def one_at_a_time(port: _Port, *methods: str) -> _Port:
    """`port`, into whose `methods` one thread at a time is let, as into conditional writes."""
    lock = threading.RLock()  # One write may be made of another.

    def alone(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            with lock:
                return method(*arguments, **named)

        return call

    for name in methods:
        setattr(port, name, alone(getattr(port, name)))
    return port


class CountedPayments(InMemoryPayments):
    """`writes` that were made, and payments `looked_at` for what they have posted."""

    def __init__(self, payments: Iterable[Payment] = ()) -> None:
        super().__init__(payments)
        self.writes = 0
        self.looked_at: list[str] = []
        one_at_a_time(self, "create", "save")

    def create(self, payment: Payment) -> Payment | None:
        existing = super().create(payment)
        self.writes += existing is None
        return existing

    def save(self, payment: Payment) -> None:
        super().save(payment)
        self.writes += 1

    def posted_since(
        self, since: Mapping[str, datetime]
    ) -> Mapping[str, Iterator[Sequence[JournalTransaction]]]:
        found = super().posted_since(since)
        return {merchant_id: self._watched(batches) for merchant_id, batches in found.items()}

    def _watched(
        self, batches: Iterator[Sequence[JournalTransaction]]
    ) -> Iterator[Sequence[JournalTransaction]]:
        for batch in batches:
            self.looked_at += dict.fromkeys(one.payment_id for one in batch)
            yield batch


class CountedJournal(InMemoryJournal):
    """`read` counts pages, and watermarks looked up; one thread at a time appends."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0
        one_at_a_time(self, "append")

    def tails(self, shards: Iterable[int]) -> Mapping[int, Sequence[Page]]:
        found = super().tails(shards)
        self.read += sum(map(len, found.values()))
        return found

    def tail(self, shard: int, number: int) -> Sequence[Page]:
        return list(self._counted(super().tail(shard, number)))

    def ascending(self, shard: int, first: int) -> Iterator[Page]:
        return self._counted(super().ascending(shard, first))

    def descending(self, shard: int, last: int) -> Iterator[Page]:
        return self._counted(super().descending(shard, last))

    def watermark(self, shard: int, number: int) -> datetime:
        self.read += 1
        return super().watermark(shard, number)

    def _counted(self, pages: Iterable[_Read]) -> Iterator[_Read]:
        for page in pages:
            self.read += 1
            yield page


class WatchedMerchants(InMemoryMerchants):
    """`lookups` counts those of keys; `available` False makes them fail."""

    def __init__(self) -> None:
        super().__init__()
        self.available = True
        self.lookups = 0

    def find_key(self, key_hash: str) -> ApiKey | None:
        self.lookups += 1
        if not self.available:
            raise Unavailable("temporarily_unavailable", "no answer")
        return super().find_key(key_hash)


class RacedPayouts(InMemoryPayouts):
    """`before_add` runs just before each write, as another run would."""

    def __init__(self) -> None:
        super().__init__()
        self.before_add: Callable[[], None] = lambda: None

    def add(self, payout: Payout, before: PaidOut) -> None:
        self.before_add()
        super().add(payout, before)


def a_document(provider_id: str = "mockCardA", **changes: Any) -> dict[str, Any]:
    """A provider document with nothing but what it needs."""
    return {"id": provider_id, "type": "CARD", "timeoutMs": 1200, **changes}


class RacedControl(InMemoryControl):
    """Two providers; `before_save` runs before each write, as another writer would.

    `saves` counts the writes.
    """

    def __init__(self) -> None:
        super().__init__([a_document("mockCardA"), a_document("mockCardB")])
        self.before_save: Callable[[], None] = lambda: None
        self.saves = 0

    def save_overrides(self, documents: Mapping[str, Document], version: int) -> None:
        self.before_save()
        super().save_overrides(documents, version)
        self.saves += 1

    def save_faults(self, faults: Mapping[str, Faults], version: int) -> None:
        self.before_save()
        super().save_faults(faults, version)
        self.saves += 1

    def save_health(self, book: HealthBook, version: int) -> None:
        self.before_save()
        super().save_health(book, version)
        self.saves += 1


def fund(
    wallets: Wallets,
    wallet_id: str,
    amount_minor: int,
    *,
    merchant_id: str,
    currency: str = "INR",
) -> None:
    """A new wallet with that much in it."""
    wallets.create(
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
    wallets.perform(
        WalletRequest(
            wallet_id=wallet_id,
            merchant_id=merchant_id,
            key="top_1",
            action=WalletAction.TOP_UP,
            amount=Money(amount_minor, currency),
            request_hash="00",
        )
    )
