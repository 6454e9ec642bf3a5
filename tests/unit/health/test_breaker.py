"""The breaker's machine: open times, probes and what they lead to."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from payflow.domain.breaker import CLOSED, OPEN_MAX_MS, Breaker, opened, probed
from payflow.domain.provider import BreakerState
from tests.support.builders import NOON, later


def answer(breaker: Breaker, *, good: bool, called_at: float = 0.0) -> Breaker:
    at = later(called_at)
    return probed(breaker, called_at=at, good=good, now=at, randomness=random.Random(1))


def half_open() -> Breaker:
    return Breaker(open_until=NOON, openings=1)


def test_it_opens_for_longer_each_time_up_to_a_limit() -> None:
    breaker, durations_ms = CLOSED, []
    for _ in range(8):
        breaker = opened(breaker, NOON, random.Random(3))
        assert breaker.open_until is not None
        durations_ms.append((breaker.open_until - NOON) / timedelta(milliseconds=1))

    assert durations_ms[:4] == sorted(durations_ms[:4])
    assert durations_ms[0] <= 1000
    assert OPEN_MAX_MS / 2 <= durations_ms[-1] <= OPEN_MAX_MS


def test_open_times_differ_so_that_probes_do_not_come_in_step() -> None:
    ends = {opened(CLOSED, NOON, random.Random(seed)).open_until for seed in range(20)}

    assert len(ends) > 10


def test_open_becomes_half_open_when_its_time_is_over() -> None:
    breaker = Breaker(open_until=later(4), openings=1)

    assert breaker.state_at(later(3.999)) is BreakerState.OPEN
    assert breaker.state_at(later(4)) is BreakerState.HALF_OPEN


def test_three_good_probes_close_it() -> None:
    breaker = half_open()
    for _ in range(3):
        assert breaker.state_at(NOON) is BreakerState.HALF_OPEN
        breaker = answer(breaker, good=True)

    assert breaker == CLOSED


def test_one_bad_probe_is_forgiven() -> None:
    breaker = answer(half_open(), good=False)
    for _ in range(3):
        breaker = answer(breaker, good=True)

    assert breaker == CLOSED


def test_two_bad_probes_open_it_again_with_a_clean_sheet() -> None:
    breaker = answer(answer(half_open(), good=False), good=False)

    assert breaker.state_at(NOON) is BreakerState.OPEN
    assert (breaker.openings, breaker.probes_good, breaker.probes_bad) == (2, 0, 0)


@pytest.mark.parametrize("good", [True, False])
def test_calls_from_before_it_was_half_open_are_no_probes(good: bool) -> None:
    breaker = half_open()

    assert answer(breaker, good=good, called_at=-0.001) == breaker
