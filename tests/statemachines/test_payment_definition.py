"""The workflow's definition, checked without running it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from payflow.domain.step import Action

DEFINITION = Path(__file__).parents[2] / "statemachines" / "payment.asl.json"
MACHINE: dict[str, Any] = json.loads(DEFINITION.read_text())
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
PROVIDER_CALLS = ["Authorize", "CheckStatus", "Capture", "Void", "Refund"]
TASKS = [name for name, state in STATES.items() if state["Type"] == "Task"]


def following(state: dict[str, Any]) -> Iterator[str]:
    """Every state that can come after `state`."""
    for holder in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        yield from (holder[key] for key in ("Next", "Default") if key in holder)


def test_every_state_can_be_reached() -> None:
    reached, frontier = {MACHINE["StartAt"]}, [MACHINE["StartAt"]]
    while frontier:
        fresh = set(following(STATES[frontier.pop()])) - reached
        reached |= fresh
        frontier.extend(fresh)

    assert reached == set(STATES)


def test_every_state_leads_to_an_end() -> None:
    ends = {name for name, state in STATES.items() if state["Type"] in ("Succeed", "Fail")}
    leading = set(ends)
    for _ in STATES:
        leading |= {n for n, s in STATES.items() if leading & set(following(s))}

    assert leading == set(STATES)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_timeout_a_retry_and_a_catch_for_everything(name: str) -> None:
    task = STATES[name]

    assert 0 < task["TimeoutSeconds"] <= 60
    assert all(0 < rule["MaxAttempts"] <= 5 for rule in task["Retry"])
    assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("name", TASKS)
def test_no_task_depends_on_the_name_of_a_custom_exception(name: str) -> None:
    caught = {
        error
        for rule in (*STATES[name]["Retry"], *STATES[name]["Catch"])
        for error in rule["ErrorEquals"]
    }

    assert all(error.startswith(("States.", "Lambda.")) for error in caught)


def test_each_action_of_the_plan_has_a_state_of_its_own_name() -> None:
    assert {action.value for action in Action} <= set(STATES)


def test_a_crashed_provider_call_is_unknown_never_a_failure() -> None:
    catching = {STATES[name]["Catch"][0]["Next"] for name in PROVIDER_CALLS}

    assert catching == {"OutcomeUnknown"}
    assert STATES["OutcomeUnknown"]["Parameters"]["result"]["outcome"] == "unknown"


def test_a_state_for_each_operation_calls_the_provider_that_the_plan_names() -> None:
    assert set(TASKS) == {*PROVIDER_CALLS, "PlanNextStep"}
    assert {STATES[name]["Parameters"]["FunctionName.$"] for name in PROVIDER_CALLS} == {
        "$.step.function"
    }


def test_an_outcome_that_stays_unknown_is_a_failed_execution_which_alarms() -> None:
    unresolved = next(
        choice for choice in STATES["ActOnPlan"]["Choices"] if choice["Next"] == "NeedsReview"
    )

    assert unresolved["Variable"] == "$.step.action"
    assert unresolved["StringEquals"] == Action.NEEDS_REVIEW.value
    assert STATES["NeedsReview"]["Type"] == "Fail"


def test_the_machine_stays_below_the_express_limit_of_five_minutes() -> None:
    assert MACHINE["TimeoutSeconds"] < 300


def test_the_definition_uses_no_intrinsic_functions_and_no_jsonata() -> None:
    text = DEFINITION.read_text()

    assert "QueryLanguage" not in text
    assert "States.Format" not in text
    assert "States.JsonMerge" not in text


@pytest.mark.parametrize("name", PROVIDER_CALLS)
def test_only_a_provider_call_that_never_ran_is_repeated(name: str) -> None:
    (rule,) = STATES[name]["Retry"]

    assert rule["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
