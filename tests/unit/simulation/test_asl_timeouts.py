"""A task's time and the machine's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from simulation.asl import Ended, StateMachine, TaskFailed
from tests.support.asl_definitions import a_catcher, a_machine, a_retrier, a_task
from tests.support.scripted_host import EPOCH, ScriptedHost, Slow

OK = {"x": 1}
CATCH = [a_catcher(ResultPath="$.error")]


def run(host: ScriptedHost, timeout_s: int = 290, **fields: Any) -> Ended:
    return StateMachine(a_machine(timeout_s, Ask=a_task(**fields))).run(host, {})


def test_a_task_that_takes_too_long_can_be_caught() -> None:
    host = ScriptedHost([Slow(36_000, OK)])

    ended = run(host, Catch=[a_catcher("States.Timeout", ResultPath="$.error")])

    assert ended.output == {"error": {"Error": "States.Timeout", "Cause": "no answer"}}
    assert host.elapsed_ms == 35_000


@pytest.mark.parametrize(("ms", "succeeded"), [(9_999, True), (10_000, False)])
def test_an_answer_at_the_machine_s_deadline_comes_too_late(ms: int, succeeded: bool) -> None:
    ended = run(ScriptedHost([Slow(ms, OK)]), 10, Catch=CATCH)

    assert ended.succeeded is succeeded
    assert ended.error == (None if succeeded else "States.Timeout")


def test_a_machine_s_time_out_is_neither_retried_nor_caught() -> None:
    host = ScriptedHost([Slow(10_000, TaskFailed("Busy")), OK])

    ended = run(host, 10, Retry=[a_retrier()], Catch=CATCH)

    assert ended.error == "States.Timeout"
    assert host.states == ["Ask"]
    assert len(host.calls) == 1


@pytest.mark.parametrize("late", [TaskFailed("Busy"), {"unexpected": 1}])
def test_what_comes_too_late_does_not_matter_any_more(late: object) -> None:
    ended = run(ScriptedHost([Slow(10_000, late)]), 10)

    assert ended.error == "States.Timeout"


@pytest.mark.parametrize(("spent_ms", "left_s"), [(7_000, 3), (7_001, 3), (6_999, 4)])
def test_a_call_is_given_no_more_time_than_the_machine_has_left(spent_ms: int, left_s: int) -> None:
    host = ScriptedHost([Slow(spent_ms, TaskFailed("Busy")), OK], random=0.0)

    run(host, 10, Retry=[a_retrier(JitterStrategy="FULL")])

    assert [call.timeout_s for call in host.calls] == [10, left_s]


def test_a_call_is_given_its_own_time_while_the_machine_has_as_much() -> None:
    host = ScriptedHost([OK])

    run(host, 35)

    assert host.calls[0].timeout_s == 35


def test_a_delay_before_an_attempt_ends_with_the_machine() -> None:
    host = ScriptedHost([Slow(4_500, TaskFailed("Busy")), OK])

    ended = run(host, 10, Retry=[a_retrier(IntervalSeconds=60)], Catch=CATCH)

    assert host.waits_ms == [5_500]
    assert ended.error == "States.Timeout"
    assert len(host.calls) == 1


def test_a_wait_ends_with_the_machine() -> None:
    host = ScriptedHost()
    state = {"Type": "Wait", "TimestampPath": "$.at", "Next": "Done"}

    ended = StateMachine(a_machine(10, Sleep=state)).run(host, {"at": "2030-01-01T00:00:00Z"})

    assert host.waits_until == [EPOCH + timedelta(seconds=10)]
    assert ended.error == "States.Timeout"
    assert host.states == ["Sleep"]


def test_a_machine_that_would_go_round_for_ever_times_out() -> None:
    ask = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.x", "IsPresent": False, "Next": "Done"}],
        "Default": "Ask",
    }
    machine = StateMachine(a_machine(290, Ask=a_task(Next="Again"), Again=ask))
    host = ScriptedHost([Slow(30_000, OK)] * 20)

    ended = machine.run(host, {})

    assert ended == Ended(False, "States.Timeout", ended.cause, None)
    assert [call.at_ms for call in host.calls] == [30_000 * n for n in range(10)]
    assert host.elapsed_ms == 290_000


def test_states_that_lead_to_each_other_while_no_time_passes_end_too() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "Done"}],
        "Default": "Ask",
    }

    ended = StateMachine(a_machine(Ask=choice)).run(ScriptedHost(), {})

    assert ended.error == "States.Runtime"
