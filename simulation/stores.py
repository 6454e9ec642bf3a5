"""Everything that lasts in a world, watched: each commit is told before anybody can act upon it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from payflow.domain.merchant import Merchant
from payflow.domain.money import FeeTerms
from payflow.domain.payment import Payment
from payflow.domain.ports import Clock
from payflow.providers.simulated.store import Document
from simulation.kernel import BIRTH
from simulation.ports.book import InMemoryBookStore
from simulation.ports.claims import InMemoryCallClaims
from simulation.ports.control import InMemoryControl
from simulation.ports.journal import InMemoryJournal
from simulation.ports.merchants import InMemoryMerchants
from simulation.ports.payments import InMemoryPayments
from simulation.ports.vault import InMemoryVault
from simulation.ports.wallets import InMemoryWallets

MERCHANTS: tuple[Merchant, ...] = tuple(
    Merchant(
        id=f"mer_{number:026d}",
        name=f"Shop {number}",
        settlement_currency="INR",
        platform_fee=FeeTerms(bps=50 * number, fixed_minor=number - 1),
        created_at=BIRTH,
        updated_at=BIRTH,
    )
    for number in (1, 2, 3)
)
"""The merchants of every world, each with terms of its own."""


def merchant_of(number: int) -> str:
    """The id of the merchant who takes the order of that number."""
    return MERCHANTS[number % len(MERCHANTS)].id


class WatchedPayments(InMemoryPayments):
    """Payments whose every committed version is told, with the one before."""

    def __init__(self, told: Callable[[Payment | None, Payment], None]) -> None:
        """`told` is called right after each commit."""
        super().__init__()
        self._told = told

    def create(self, payment: Payment) -> Payment | None:
        """As the table does."""
        existing = super().create(payment)
        if existing is None:
            self._told(None, payment)
        return existing

    def save(self, payment: Payment) -> None:
        """As the table does."""
        before = self.items.get(payment.id)
        super().save(payment)
        self._told(before, payment)


class WatchedBook(InMemoryBookStore):
    """The providers' books, with the entries of each payment by its id."""

    def __init__(self, told: Callable[[str], None]) -> None:
        """`told` is called with the payment's id after each new entry."""
        super().__init__()
        self.entries: dict[str, list[str]] = {}
        self._told = told

    def put_new(self, item_id: str, document: Document) -> Document | None:
        """As the store does."""
        existing = super().put_new(item_id, document)
        if existing is None:
            self._entered(item_id, document)
        return existing

    def put_new_and_change(
        self, item_id: str, document: Document, **change: Any
    ) -> Document | None:
        """As the store does."""
        existing = super().put_new_and_change(item_id, document, **change)
        if existing is None:
            self._entered(item_id, document)
        return existing

    def _entered(self, item_id: str, document: Document) -> None:
        if "kind" in document:
            order_id = str(document["order_id"])
            self.entries.setdefault(order_id, []).append(item_id)
            self._told(order_id)


class Stores:
    """One world's stores, without faults."""

    def __init__(
        self,
        clock: Clock,
        providers: list[Document],
        *,
        changed: Callable[[Payment | None, Payment], None],
        booked: Callable[[str], None],
        merchants: Iterable[Merchant] = MERCHANTS,
    ) -> None:
        """`providers` are the documents of the configured providers."""
        self.payments = WatchedPayments(changed)
        self.book = WatchedBook(booked)
        self.vault = InMemoryVault(clock)
        self.claims = InMemoryCallClaims()
        self.wallets = InMemoryWallets(clock)
        self.control = InMemoryControl(providers)
        self.journal = InMemoryJournal()
        self.merchants = InMemoryMerchants()
        for merchant in merchants:
            self.merchants.create(merchant, ())
