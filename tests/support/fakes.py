"""A clock, a market and rates that a test moves, and ports that remember what they were given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from payflow.domain.errors import Unavailable
from payflow.domain.fx import RateTable
from payflow.domain.payment import Payment
from payflow.domain.provider import Market
from payflow.domain.provider_callback import ProviderCallback
from tests.support.builders import NOON, a_rate_table


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
