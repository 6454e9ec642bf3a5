"""`Retry` and `Catch`, by the Amazon States Language's section on errors."""

from __future__ import annotations

from typing import Any

import pytest

from simulation.asl import Ended, StateMachine, TaskFailed
from tests.support.asl_definitions import a_catcher, a_machine, a_retrier, a_task
from tests.support.scripted_host import ScriptedHost

BUSY = TaskFailed("Lambda.TooManyRequestsException", "throttled")
CRASH = TaskFailed("Lambda.Unknown", "exit")
OK = {"x": 1}


def run(host: ScriptedHost, **fields: Any) -> Ended:
    return StateMachine(a_machine(Ask=a_task(**fields))).run(host, {"a": 1})


@pytest.mark.parametrize(
    ("rule", "delays_ms"),
    [
        ({}, [1000, 2000, 4000]),
        ({"IntervalSeconds": 3, "BackoffRate": 1.5}, [3000, 4500, 6750]),
        ({"MaxAttempts": 5, "MaxDelaySeconds": 6}, [1000, 2000, 4000, 6000, 6000]),
        ({"IntervalSeconds": 7, "BackoffRate": 1}, [7000, 7000, 7000]),
        ({"IntervalSeconds": 9, "MaxDelaySeconds": 2}, [2000, 2000, 2000]),
        ({"MaxAttempts": 0}, []),
        ({"JitterStrategy": "NONE"}, [1000, 2000, 4000]),
    ],
)
def test_the_delay_grows_by_the_rate_up_to_the_maximum(
    rule: dict[str, Any], delays_ms: list[int]
) -> None:
    host = ScriptedHost([BUSY] * 9)

    ended = run(host, Retry=[a_retrier(**rule)])

    assert host.waits_ms == delays_ms
    assert len(host.calls) == len(delays_ms) + 1
    assert (ended.error, ended.cause) == (BUSY.error, BUSY.cause)


@pytest.mark.parametrize(
    ("drawn", "delays_ms"), [(0.0, [0, 0]), (0.25, [250, 500]), (0.9999, [999, 1999])]
)
def test_full_jitter_draws_from_nothing_up_to_the_delay(drawn: float, delays_ms: list[int]) -> None:
    host = ScriptedHost([BUSY] * 3, random=drawn)

    run(host, Retry=[a_retrier(MaxAttempts=2, JitterStrategy="FULL")])

    assert host.waits_ms == delays_ms


def test_jitter_is_drawn_after_the_maximum_has_cut_the_delay() -> None:
    host = ScriptedHost([BUSY] * 2)
    rule = a_retrier(IntervalSeconds=60, MaxDelaySeconds=10, MaxAttempts=1, JitterStrategy="FULL")

    run(host, Retry=[rule])

    assert host.waits_ms == [5000]


def test_an_attempt_that_succeeds_is_the_result_and_the_state_was_entered_once() -> None:
    host = ScriptedHost([BUSY, BUSY, OK])

    ended = run(host, Retry=[a_retrier()])

    assert ended.output == OK
    assert host.states == ["Ask", "Done"]


def test_an_error_that_no_rule_names_is_not_retried() -> None:
    host = ScriptedHost([CRASH, OK])

    ended = run(host, Retry=[a_retrier(BUSY.error)])

    assert (len(host.calls), ended.error) == (1, CRASH.error)


def test_each_rule_counts_its_own_attempts() -> None:
    host = ScriptedHost([BUSY, CRASH, BUSY, CRASH, OK])
    rules = [
        a_retrier(BUSY.error, MaxAttempts=2),
        a_retrier(MaxAttempts=2, IntervalSeconds=10),
    ]

    run(host, Retry=rules)

    assert host.waits_ms == [1000, 10_000, 2000, 20_000]


def test_a_rule_that_is_used_up_does_not_leave_its_error_to_a_later_one() -> None:
    host = ScriptedHost([BUSY, BUSY, OK])

    ended = run(host, Retry=[a_retrier(BUSY.error, MaxAttempts=1), a_retrier()])

    assert (len(host.calls), ended.error) == (2, BUSY.error)


def test_a_state_that_is_entered_again_has_all_its_attempts_again() -> None:
    again = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.x", "StringEquals": "again", "Next": "Ask"}],
        "Default": "Done",
    }
    task = a_task(Retry=[a_retrier(MaxAttempts=1)], Next="Again")
    host = ScriptedHost([BUSY, {"x": "again"}, BUSY, {"x": "enough"}])

    ended = StateMachine(a_machine(Ask=task, Again=again)).run(host, {})

    assert ended.succeeded
    assert host.waits_ms == [1000, 1000]


def test_a_caught_error_is_put_into_the_document_that_entered_the_state() -> None:
    ended = run(ScriptedHost([CRASH]), Catch=[a_catcher(ResultPath="$.error")])

    assert ended.output == {"a": 1, "error": {"Error": "Lambda.Unknown", "Cause": "exit"}}


def test_a_caught_error_replaces_the_document_where_no_path_is_given() -> None:
    ended = run(ScriptedHost([CRASH]), Catch=[a_catcher()])

    assert ended.output == {"Error": "Lambda.Unknown", "Cause": "exit"}


def test_the_first_catcher_for_an_error_decides() -> None:
    host = ScriptedHost([CRASH])
    rules = [a_catcher(BUSY.error), a_catcher(CRASH.error, Next="Failed"), a_catcher()]

    run(host, Catch=rules)

    assert host.states == ["Ask", "Failed"]


def test_an_error_is_caught_after_the_last_attempt_only() -> None:
    host = ScriptedHost([BUSY, BUSY, CRASH])

    ended = run(host, Retry=[a_retrier(BUSY.error)], Catch=[a_catcher(ResultPath="$.e")])

    assert len(host.calls) == 3
    assert ended.output == {"a": 1, "e": {"Error": CRASH.error, "Cause": CRASH.cause}}


def test_an_error_that_no_catcher_names_ends_the_execution() -> None:
    ended = run(ScriptedHost([CRASH]), Catch=[a_catcher(BUSY.error)])

    assert ended == Ended(False, "Lambda.Unknown", "exit", None)


@pytest.mark.parametrize("error", ["States.Runtime", "States.DataLimitExceeded"])
def test_a_terminal_error_is_neither_retried_nor_caught_by_the_rule_for_all(error: str) -> None:
    host = ScriptedHost([TaskFailed(error), OK])

    ended = run(host, Retry=[a_retrier()], Catch=[a_catcher()])

    assert (len(host.calls), ended.error) == (1, error)
