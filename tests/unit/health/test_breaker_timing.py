"""How fast a provider is left and taken back, in a closed loop of routing and learning.

Simulated time: 50 payments a second are routed by what the book said up to a second ago, and their
outcomes are folded in batches, as the stream delivers them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from payflow.domain.health import HealthBook, Observation, learned, market_health
from payflow.domain.ids import derived_id
from payflow.domain.method import MethodType
from payflow.domain.outcomes import Category, Operation, Outcome
from payflow.domain.provider import BreakerState, Market
from payflow.domain.routing.decision import route
from payflow.domain.routing.model import RoutingPreference, RoutingRequest
from tests.support.builders import a_market, later

PAYMENTS_PER_S = 50
# At that rate a batch of 25 is full before the stream's window of a second ends.
BATCH_EVERY_S = 0.5
MARKET_AGE_S = 1.0
LATENCY_MS = 150
TIMEOUT_MS = 1000
PROVIDERS = a_market("A", "B").providers

Fails = Callable[[str, float, random.Random], bool]


@dataclass
class Loop:
    """One run: who fails when is the test's affair; A has the better priority."""

    fails: Fails
    seed: int
    hangs: bool = False
    payments_per_s: float = PAYMENTS_PER_S
    book: HealthBook = field(default_factory=HealthBook)
    at_a_from: list[float] = field(default_factory=list)

    def states_of_a(self, duration_s: float) -> Iterator[tuple[float, BreakerState]]:
        """(seconds since noon, the breaker's state as written) after each batch."""
        rng = random.Random(self.seed)
        market = Market(PROVIDERS)
        read_at, batch_at = -MARKET_AGE_S, 0.0
        pending: list[tuple[float, Observation]] = []
        for step in range(int(duration_s * self.payments_per_s)):
            t = step / self.payments_per_s
            now = later(t)
            if t - read_at >= MARKET_AGE_S:
                market, read_at = Market(PROVIDERS, health=market_health(self.book, now)), t
            pending.append(self._call(self._choice(market, now, rng), t, step, rng))
            if t - batch_at >= BATCH_EVERY_S:
                batch_at = t
                arrived = [seen for due, seen in pending if due <= t]
                pending = [(due, seen) for due, seen in pending if due > t]
                self.book, _ = learned(self.book, arrived, now=now, randomness=rng)
                known = market_health(self.book, now).get("A")
                yield t, known.state_at(now) if known else BreakerState.CLOSED

    def _choice(self, market: Market, now: datetime, rng: random.Random) -> str:
        request = RoutingRequest(
            MethodType.CARD, 100, "INR", preference=RoutingPreference(strategy="priority")
        )
        return route(request, market, now=now, randomness=rng).candidates[0].provider

    def _call(
        self, provider: str, t: float, step: int, rng: random.Random
    ) -> tuple[float, Observation]:
        if provider == "A":
            self.at_a_from.append(t)
        failed = self.fails(provider, t, rng)
        latency_ms = TIMEOUT_MS if failed and self.hangs else LATENCY_MS
        failure = (
            (Outcome.UNKNOWN, Category.UNKNOWN)
            if self.hangs
            else (Outcome.ERROR, Category.PROVIDER_TECHNICAL)
        )
        outcome, category = failure if failed else (Outcome.APPROVED, None)
        seen = Observation(
            attempt_id=derived_id("att", str(self.seed), str(step)),
            provider=provider,
            operation=Operation.AUTHORIZE,
            at=later(t),
            outcome=outcome,
            category=category,
            latency_ms=latency_ms,
        )
        return t + latency_ms / 1000, seen


def outage(start_s: float, end_s: float, base: float = 0.05) -> Fails:
    def fails(provider: str, t: float, rng: random.Random) -> bool:
        down = provider == "A" and start_s <= t < end_s
        return down or rng.random() < base

    return fails


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("hangs", [False, True], ids=["refuses", "hangs"])
def test_a_hard_outage_opens_the_breaker_within_2_s(seed: int, hangs: bool) -> None:
    start_s = 20 + 0.13 * seed  # at any moment between two batches
    loop = Loop(outage(start_s, 24), seed, hangs=hangs)

    opened_at = next(t for t, state in loop.states_of_a(24) if state is BreakerState.OPEN)

    assert start_s < opened_at <= start_s + 2


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("length_s", [5, 40])
def test_it_is_taken_back_within_15_s_of_the_end(seed: int, length_s: int) -> None:
    end = 20 + length_s
    loop = Loop(outage(20, end), seed)

    states = list(loop.states_of_a(end + 30))

    closed_at = next(t for t, state in states if t >= end and state is BreakerState.CLOSED)
    assert closed_at <= end + 15
    assert {state for t, state in states if t > end + 15} == {BreakerState.CLOSED}


@pytest.mark.parametrize("seed", range(2))
def test_during_an_outage_only_probes_reach_the_provider(seed: int) -> None:
    loop = Loop(outage(20, 80), seed)
    list(loop.states_of_a(80))

    reached = sum(1 for t in loop.at_a_from if 25 <= t < 80)

    assert reached < 0.06 * 55 * PAYMENTS_PER_S


def test_calm_traffic_never_opens_it() -> None:
    loop = Loop(outage(0, 0, base=0.15), seed=3)

    assert {state for _, state in loop.states_of_a(120)} == {BreakerState.CLOSED}


@pytest.mark.parametrize("seed", range(5))
def test_a_quiet_provider_is_taken_back_as_well(seed: int) -> None:
    """At a payment every two seconds probes are rare, so they get more likely with time."""
    loop = Loop(outage(0, 60), seed, payments_per_s=0.5)

    states = dict(loop.states_of_a(400))

    assert BreakerState.OPEN in states.values()
    assert states[max(states)] is BreakerState.CLOSED
