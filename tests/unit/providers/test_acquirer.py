"""The simulated acquirer's model: latency and failures by configuration."""

from __future__ import annotations

import statistics
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.provider import Faults, LatencyModel
from payflow.providers.simulated.acquirer import SimulatedAcquirer
from payflow.providers.simulated.model import TECHNICAL_SHARE, drawn_latency_ms
from payflow.providers.simulated.requests import AuthorizationRequest
from payflow.providers.wire import Answer
from simulation.ports.book import InMemoryBookStore
from tests.support.builders import a_provider
from tests.support.fakes import FakeClock, RecordingCallbacks, a_page

NUMBER = "5105105105105100"


def a_request(number: int = 1) -> AuthorizationRequest:
    return AuthorizationRequest(
        key=f"pk_{number}",
        order_id=f"pay_{number}",
        instrument=NUMBER,
        masked_instrument="510510******5100",
        amount_minor=125_000,
        currency="INR",
        capture=True,
        cvc="987",
    )


@given(st.integers(0, 500), st.integers(0, 500), st.integers())
def test_a_uniform_latency_stays_within_its_limits(low: int, spread: int, seed: int) -> None:
    latency_ms = drawn_latency_ms(LatencyModel(low, low + spread), Random(seed))

    assert low <= latency_ms <= low + spread


def test_a_lognormal_latency_has_its_percentiles() -> None:
    randomness = Random(1)
    model = LatencyModel(p50_ms=120, p99_ms=480)

    drawn = [drawn_latency_ms(model, randomness) for _ in range(20_000)]

    percentiles = statistics.quantiles(drawn, n=100)
    assert percentiles[49] == pytest.approx(120, rel=0.03)
    assert percentiles[98] == pytest.approx(480, rel=0.06)


def test_failures_come_at_their_rate_and_are_shared_between_provider_and_issuers() -> None:
    acquirer = SimulatedAcquirer(
        a_provider("mockCardA", failure_rate=0.3),
        Faults(),
        book=InMemoryBookStore(),
        callbacks=RecordingCallbacks(),
        approval_url=a_page,
        clock=FakeClock(),
        randomness=Random(2),
    )

    statuses: Counter[str] = Counter()
    for number in range(5_000):
        answer = acquirer.authorize(a_request(number)).answer
        assert isinstance(answer, Answer)
        statuses[answer.status] += 1

    failures = statuses["ERROR"] + statuses["DECLINED"]
    assert failures / 5_000 == pytest.approx(0.3, abs=0.02)
    assert statuses["ERROR"] / failures == pytest.approx(TECHNICAL_SHARE, abs=0.04)


def test_a_request_never_shows_the_card() -> None:
    shown = repr(a_request())

    assert NUMBER not in shown
    assert "987" not in shown
