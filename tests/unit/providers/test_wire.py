"""Waiting for an answer: as long as it takes, but never beyond the time-out."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from payflow.providers.wire import CONNECTION_REFUSED, LOST, Answer, Delivery, Silence, waited
from tests.support.fakes import FakeClock

ANSWER = Answer("APPROVED", "00")
TIMEOUT_MS = 1_000


@given(after_ms=st.none() | st.integers(0, 3 * TIMEOUT_MS), spent_ms=st.integers(0, 2 * TIMEOUT_MS))
def test_an_answer_counts_if_it_and_the_sending_are_in_time(
    after_ms: int | None, spent_ms: int
) -> None:
    clock = FakeClock()

    def send() -> Delivery:
        clock.time += timedelta(milliseconds=spent_ms)
        return Delivery(after_ms, ANSWER)

    reply = waited(send, clock, TIMEOUT_MS)

    in_time = after_ms is not None and max(after_ms, spent_ms) <= TIMEOUT_MS
    assert reply.answer == (ANSWER if in_time else Silence.TIMED_OUT)
    wanted_ms = after_ms if in_time and after_ms is not None else TIMEOUT_MS
    assert reply.latency_ms == max(wanted_ms, spent_ms)


def test_a_refused_connection_costs_no_time() -> None:
    reply = waited(lambda: CONNECTION_REFUSED, FakeClock(), TIMEOUT_MS)

    assert (reply.answer, reply.latency_ms) == (Silence.REFUSED, 0)


def test_what_is_lost_costs_the_whole_time_out() -> None:
    reply = waited(lambda: LOST, FakeClock(), TIMEOUT_MS)

    assert (reply.answer, reply.latency_ms) == (Silence.TIMED_OUT, TIMEOUT_MS)
