"""In-memory ports with the semantics that the real adapters promise."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from payflow.domain.card import described
from payflow.domain.errors import Unavailable, VersionConflict
from payflow.domain.fx import RateTable
from payflow.domain.ledger import JournalTransaction
from payflow.domain.listing import DisputeFilter, DisputePage, PaymentFilter, PaymentPage
from payflow.domain.method import CardData, CardMethod
from payflow.domain.payment import Payment
from payflow.domain.provider import Market
from payflow.domain.provider_callback import ProviderCallback
from tests.support.builders import NOON, a_rate_table

_POSTED_BATCH = 25


@dataclass
class FakeClock:
    """A clock that moves only when somebody sleeps; `on_sleep` runs after each pause."""

    time: datetime = NOON
    on_sleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return self.time

    def sleep_ms(self, duration_ms: int) -> None:
        self.time += timedelta(milliseconds=duration_ms)
        self.on_sleep()


@dataclass
class InMemoryPayments:
    """Payments in a dictionary; conditional like the real table.

    `looked_at` are the payments that were read for what they have posted.
    """

    items: dict[str, Payment] = field(default_factory=dict)
    writes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    looked_at: list[str] = field(default_factory=list)

    def create(self, payment: Payment) -> Payment | None:
        with self.lock:
            if payment.id in self.items:
                return self.items[payment.id]
            self.items[payment.id] = payment
            self.writes += 1
            return None

    def get(self, payment_id: str) -> Payment | None:
        return self.items.get(payment_id)

    def save(self, payment: Payment) -> None:
        with self.lock:
            if self.items[payment.id].version != payment.version - 1:
                raise VersionConflict(payment.id)
            self.items[payment.id] = payment
            self.writes += 1

    def list(self, wanted: PaymentFilter) -> PaymentPage:
        found = [p for p in self.items.values() if wanted.accepts(p)]
        return PaymentPage(tuple(found[: wanted.limit]), None)

    def list_disputes(self, wanted: DisputeFilter) -> DisputePage:
        found = [(p, d) for p in self.items.values() for d in p.disputes[::-1] if wanted.accepts(d)]
        return DisputePage(tuple(found[: wanted.limit]), None)

    def posted_since(
        self, since: Mapping[str, datetime]
    ) -> Mapping[str, Iterator[Sequence[JournalTransaction]]]:
        return {
            merchant_id: self._posted_since(merchant_id, at) for merchant_id, at in since.items()
        }

    def _posted_since(
        self, merchant_id: str, since: datetime
    ) -> Iterator[Sequence[JournalTransaction]]:
        mine = [p for p in self.items.values() if p.merchant_id == merchant_id and p.postings]
        mine = [p for p in mine if p.postings[-1].posted_at >= since]
        mine.sort(key=lambda p: p.postings[-1].posted_at, reverse=True)
        for start in range(0, len(mine), _POSTED_BATCH):
            batch = mine[start : start + _POSTED_BATCH]
            self.looked_at += [payment.id for payment in batch]
            yield [one for p in batch for one in p.postings if one.posted_at >= since]

    def due(self, now: datetime, limit: int) -> Sequence[str]:
        due = [p for p in self.items.values() if p.due_at is not None and p.due_at <= now]
        return [p.id for p in due if p.open_review is None][:limit]

    def in_review(self, limit: int) -> Sequence[Payment]:
        return [p for p in self.items.values() if p.open_review is not None][:limit]


@dataclass
class InMemoryVault:
    """Cards by token; `cvcs` shows which CVCs are still held."""

    cards: dict[str, tuple[str, CardData]] = field(default_factory=dict)
    cvcs: set[str] = field(default_factory=set)

    def store(self, token: str, merchant_id: str, card: CardData, *, keep: bool) -> None:
        if token in self.cards:
            return
        self.cards[token] = (merchant_id, card)
        if card.cvc is not None and not keep:
            self.cvcs.add(token)

    def describe(self, token: str, merchant_id: str) -> CardMethod | None:
        owner, card = self.cards.get(token, ("", None))
        if card is None or owner != merchant_id:
            return None
        return described(card, token)

    def reveal(self, token: str) -> CardData | None:
        return self.cards.get(token, ("", None))[1]

    def forget_cvc(self, token: str) -> None:
        self.cvcs.discard(token)

    def discard(self, token: str) -> None:
        self.cards.pop(token, None)
        self.cvcs.discard(token)

    def fingerprint(self, content: bytes) -> str:
        return hashlib.sha256(b"key" + content).hexdigest()


@dataclass
class FixedMarket:
    """A market that a test can change."""

    market: Market

    def snapshot(self) -> Market:
        return self.market


@dataclass
class FixedRates:
    """Exchange rates that a test can change."""

    rates: RateTable = field(default_factory=a_rate_table)

    def table(self) -> RateTable:
        return self.rates


@dataclass
class RecordingWorkflow:
    """Remembers what was started; `available` False makes it refuse."""

    started: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    resumptions: list[int] = field(default_factory=list)
    available: bool = True

    def start(self, payment: Payment, step: dict[str, object], *, resumption: int = 0) -> None:
        if not self.available:
            raise Unavailable("workflow_unavailable", "cannot start")
        self.started.append((payment.id, dict(step)))
        self.resumptions.append(resumption)


@dataclass
class RecordingCallbacks:
    """A `CallbackSender` that remembers what it was given, and in how many milliseconds it is due.

    `available` False makes it refuse.
    """

    sent: list[tuple[ProviderCallback, int]] = field(default_factory=list)
    available: bool = True

    def send(self, callback: ProviderCallback, delay_ms: int) -> None:
        if not self.available:
            raise Unavailable("outbox_unavailable", "cannot send")
        self.sent.append((callback, delay_ms))


def a_page(order_id: str) -> str:
    """The page where the customer of an order answers, in tests."""
    return f"https://pay.example/approve/{order_id}?t=token"


@dataclass
class RecordingWakeUps:
    """Remembers who is to be woken when."""

    asked: list[tuple[str, datetime]] = field(default_factory=list)

    def wake(self, wake_ups: Sequence[tuple[str, datetime]]) -> None:
        self.asked += wake_ups


@dataclass
class InMemoryCallClaims:
    """Claims in a set."""

    claimed: set[tuple[str, int]] = field(default_factory=set)

    def claim(self, payment_id: str, attempt_number: int) -> bool:
        attempt = (payment_id, attempt_number)
        first = attempt not in self.claimed
        self.claimed.add(attempt)
        return first
