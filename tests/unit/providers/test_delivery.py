"""The simulated providers' webhook sender: signed, on time, late in an outage, never given up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from payflow.domain.errors import Unavailable
from payflow.domain.outcomes import Outcome
from payflow.domain.provider import Faults, Market, ProviderConfig
from payflow.domain.provider_callback import CallbackType, ProviderCallback
from payflow.domain.webhook_signature import verified_id
from payflow.providers.simulated.delivery import (
    LATE_MAX,
    OUTAGE_PAUSE_MS,
    DeliverCallback,
    Delivery,
)
from tests.support.builders import NOON, a_provider
from tests.support.fakes import FakeClock, FixedMarket, RecordingCallbacks

KEYS = [b"newest", b"before"]
CALLBACK = ProviderCallback(
    id="cb_1",
    provider="mockCardA",
    type=CallbackType.PAYMENT_UPDATED,
    payment_id="pay_1",
    key="pk_1",
    occurred_at=NOON,
    outcome=Outcome.APPROVED,
)


class FixedKeys:
    def of(self, provider: ProviderConfig) -> Sequence[bytes]:
        return KEYS


@dataclass
class RecordingLine:
    """Answers every callback with `status`."""

    status: int | None = 202
    posted: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def post(self, provider: str, headers: Mapping[str, str], body: bytes) -> int | None:
        self.posted.append((provider, headers, body))
        return self.status


@dataclass
class World:
    line: RecordingLine = field(default_factory=RecordingLine)
    sender: RecordingCallbacks = field(default_factory=RecordingCallbacks)
    clock: FakeClock = field(default_factory=FakeClock)
    faults: Faults = field(default_factory=Faults)
    providers: tuple[ProviderConfig, ...] = (a_provider("mockCardA"),)
    is_current: bool = True

    def deliver(self, due_at: timedelta = timedelta(0)) -> Delivery:
        market = FixedMarket(Market(self.providers, faults={"mockCardA": self.faults}))
        deliver = DeliverCallback(
            market, FixedKeys(), self.line, self.sender, self.clock, lambda _: self.is_current
        )
        return deliver(CALLBACK, NOON + due_at)


def test_a_callback_arrives_signed_with_every_key_in_use() -> None:
    world = World()

    assert world.deliver() is Delivery.DELIVERED

    ((provider, headers, body),) = world.line.posted
    assert provider == "mockCardA"
    assert [verified_id([key], headers, body, NOON) for key in KEYS] == ["cb_1", "cb_1"]
    assert json.loads(body)["outcome"] == "approved"


def test_what_is_not_due_yet_is_sent_off_again_for_the_rest_of_the_time() -> None:
    world = World()

    assert world.deliver(due_at=timedelta(hours=2, microseconds=1)) is Delivery.POSTPONED

    assert world.line.posted == []
    assert world.sender.sent == [(CALLBACK, 7_200_001)]


@pytest.mark.parametrize("status", [None, 199, 301, 401, 404, 422, 500, 503])
def test_whatever_is_not_taken_is_tried_again(status: int | None) -> None:
    world = World(RecordingLine(status))

    with pytest.raises(Unavailable):
        world.deliver()


def test_what_is_not_true_any_more_is_not_sent() -> None:
    world = World(is_current=False)

    assert world.deliver() is Delivery.WITHDRAWN

    assert (world.line.posted, world.sender.sent) == ([], [])


def test_a_provider_that_is_down_is_late_and_not_silent() -> None:
    world = World(faults=Faults(outage=True))

    assert world.deliver() is Delivery.POSTPONED
    assert (world.line.posted, world.sender.sent) == ([], [(CALLBACK, OUTAGE_PAUSE_MS)])

    world.faults = Faults(outage=True, until=NOON)
    assert world.deliver() is Delivery.DELIVERED


def test_an_outage_without_end_leaves_it_among_the_failures() -> None:
    world = World(faults=Faults(outage=True))
    world.clock.time += LATE_MAX + timedelta(seconds=1)

    with pytest.raises(Unavailable):
        world.deliver()

    assert world.sender.sent == []


def test_a_provider_that_was_removed_has_nothing_more_to_say() -> None:
    world = World(providers=())

    assert world.deliver() is Delivery.ABANDONED
    assert (world.line.posted, world.sender.sent) == ([], [])
