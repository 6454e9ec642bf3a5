"""What each kind of state does with the document that it is given."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulation.asl import Ended, StateMachine, TaskFailed
from tests.support.asl_definitions import a_machine, a_task
from tests.support.scripted_host import EPOCH, Call, ScriptedHost


def run(host: ScriptedHost, document: dict[str, Any], **states: dict[str, Any]) -> Ended:
    return StateMachine(a_machine(**states)).run(host, document)


def a_choice(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": list(rules), "Default": "Failed"}


def text_is(text: str, following: str = "Done", path: str = "$.step.action") -> dict[str, Any]:
    return {"Variable": path, "StringEquals": text, "Next": following}


def test_a_success_gives_the_document_for_its_output() -> None:
    host = ScriptedHost()

    ended = run(host, {"a": 1}, First={"Type": "Succeed"})

    assert ended == Ended(succeeded=True, error=None, cause=None, output={"a": 1})
    assert host.states == ["First"]


def test_a_failure_gives_its_error_and_cause_and_no_output() -> None:
    ended = run(ScriptedHost(), {}, First={"Type": "Fail", "Error": "Gone", "Cause": "why"})

    assert ended == Ended(succeeded=False, error="Gone", cause="why", output=None)


@pytest.mark.parametrize(
    ("document", "chosen"),
    [({}, "Done"), ({"step": None}, "Failed"), ({"step": {}}, "Failed"), ({"x": 1}, "Done")],
)
def test_null_is_present_and_what_is_not_there_is_absent(
    document: dict[str, Any], chosen: str
) -> None:
    host = ScriptedHost()

    run(host, document, Ask=a_choice({"Variable": "$.step", "IsPresent": False, "Next": "Done"}))

    assert host.states == ["Ask", chosen]


@pytest.mark.parametrize("document", [{"a": "text"}, {"a": ["b"]}, {"a": None}, {}])
def test_nothing_is_present_within_what_is_no_object(document: dict[str, Any]) -> None:
    host = ScriptedHost()

    run(host, document, Ask=a_choice({"Variable": "$.a.b", "IsPresent": True, "Next": "Done"}))

    assert host.states == ["Ask", "Failed"]


def test_the_first_rule_that_applies_decides() -> None:
    host = ScriptedHost()
    rules = a_choice(
        text_is("A"), text_is("B", "Failed", "$.other"), text_is("B"), text_is("B", "Failed")
    )

    run(host, {"step": {"action": "B"}, "other": "C"}, Ask=rules)

    assert host.states == ["Ask", "Done"]


def test_of_two_rules_for_the_same_text_the_first_decides() -> None:
    host = ScriptedHost()

    run(host, {"step": {"action": "A"}}, Ask=a_choice(text_is("A"), text_is("A", "Failed")))

    assert host.states == ["Ask", "Done"]


@pytest.mark.parametrize("value", ["B", "", 1, None, True, ["A"], {"A": 1}])
def test_what_no_rule_is_for_goes_to_the_default(value: object) -> None:
    host = ScriptedHost()

    run(host, {"step": {"action": value}}, Ask=a_choice(text_is("A")))

    assert host.states == ["Ask", "Failed"]


@pytest.mark.parametrize("document", [{}, {"step": {}}, {"step": None}, {"step": "A"}])
def test_comparing_what_is_not_there_ends_the_execution(document: dict[str, Any]) -> None:
    ended = run(ScriptedHost(), document, Ask=a_choice(text_is("A")))

    assert ended.error == "States.Runtime"
    assert "$.step.action" in str(ended.cause)


def test_a_choice_hands_its_document_on() -> None:
    document = {"step": {"action": "A"}, "more": [1]}

    assert run(ScriptedHost(), document, Ask=a_choice(text_is("A"))).output == document


def test_a_task_calls_the_function_that_its_document_names() -> None:
    host = ScriptedHost([{"x": 2}])
    call = {"FunctionName.$": "$.f.name", "Payload.$": "$.f.call"}

    run(host, {"f": {"name": "sum", "call": {"n": [1]}}}, Add=a_task(Parameters=call))

    assert host.calls == [Call("sum", {"n": [1]}, 35, 0)]


def test_a_selector_builds_what_a_task_has_for_its_result() -> None:
    template = {"all.$": "$.Payload", "in": {"y.$": "$.Payload.x.y", "one": 1, "no": None}}

    ended = run(ScriptedHost([{"x": {"y": 7}}]), {"a": 1}, Ask=a_task(ResultSelector=template))

    assert ended.output == {"all": {"x": {"y": 7}}, "in": {"y": 7, "one": 1, "no": None}}


@pytest.mark.parametrize(
    ("path", "output"),
    [
        ("$", {"x": 2}),
        ("$.b", {"a": 1, "b": {"x": 2}}),
        ("$.a", {"a": {"x": 2}}),
    ],
)
def test_a_result_replaces_the_document_or_one_field(path: str, output: object) -> None:
    ended = run(ScriptedHost([{"x": 2}]), {"a": 1}, Ask=a_task(ResultPath=path))

    assert ended.output == output


def test_a_result_replaces_the_document_where_no_path_is_given() -> None:
    assert run(ScriptedHost([{"x": 2}]), {"a": 1}, Ask=a_task()).output == {"x": 2}


@pytest.mark.parametrize(
    ("field", "path"), [("FunctionName.$", "$.no"), ("Payload.$", "$.text"), ("Payload.$", "$.no")]
)
def test_a_call_that_cannot_be_made_of_the_document_is_neither_retried_nor_caught(
    field: str, path: str
) -> None:
    call = {"FunctionName.$": "$.text", "Payload.$": "$", field: path}
    host = ScriptedHost([{"x": 1}])
    rules = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]

    ended = run(host, {"text": "f"}, Ask=a_task(Parameters=call, Catch=rules))

    assert (ended.succeeded, ended.error) == (False, "States.Runtime")
    assert host.calls == []


@pytest.mark.parametrize("result", [{}, None, "text", [1]])
def test_a_result_without_what_is_selected_is_neither_retried_nor_caught(result: object) -> None:
    rules: list[dict[str, Any]] = [{"ErrorEquals": ["States.ALL"]}]
    host = ScriptedHost([result, {"x": 1}])

    ended = run(host, {}, Ask=a_task(Retry=rules, Catch=[{**rules[0], "Next": "Done"}]))

    assert ended.error == "States.Runtime"
    assert "$.Payload.x" in str(ended.cause)
    assert "Ask" in str(ended.cause)


def test_a_pass_builds_an_object_from_its_document() -> None:
    state = {
        "Type": "Pass",
        "Parameters": {"r": {"n.$": "$.a.n", "text": "t", "zero": 0}},
        "ResultPath": "$.answer",
        "Next": "Done",
    }

    assert run(ScriptedHost(), {"a": {"n": 4}}, Make=state).output == {
        "a": {"n": 4},
        "answer": {"r": {"n": 4, "text": "t", "zero": 0}},
    }


def test_a_pass_without_what_it_reads_ends_the_execution() -> None:
    state = {"Type": "Pass", "Parameters": {"n.$": "$.a"}, "Next": "Done"}

    assert run(ScriptedHost(), {}, Make=state).error == "States.Runtime"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-01T00:00:30Z", EPOCH + timedelta(seconds=30)),
        ("2026-01-01T00:00:30.250Z", EPOCH + timedelta(seconds=30, milliseconds=250)),
        ("2026-01-01T01:00:30+01:00", EPOCH + timedelta(seconds=30)),
        ("2001-01-01T00:00:00Z", datetime(2001, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_wait_lasts_until_the_time_in_the_document(text: str, at: datetime) -> None:
    host = ScriptedHost()
    state = {"Type": "Wait", "TimestampPath": "$.at", "Next": "Done"}

    ended = run(host, {"at": text}, Sleep=state)

    assert host.waits_until == [at]
    assert ended.output == {"at": text}


@pytest.mark.parametrize(
    "value", ["soon", "2026-01-01", "2026-01-01T00:00:30", "2026-01-01 00:00:30Z", 1767225600, None]
)
def test_a_wait_for_what_is_no_time_ends_the_execution(value: object) -> None:
    state = {"Type": "Wait", "TimestampPath": "$.at", "Next": "Done"}

    assert run(ScriptedHost(), {"at": value}, Sleep=state).error == "States.Runtime"


def test_a_function_may_change_what_it_is_given() -> None:
    class Greedy(ScriptedHost):
        def invoke(self, function: str, payload: dict[str, Any], timeout_s: int) -> object:
            found = super().invoke(function, json.loads(json.dumps(payload)), timeout_s)
            payload["a"]["b"].append(9)
            payload.clear()
            return found

    document = {"a": {"b": [1, {"c": 2}]}}
    host = Greedy([TaskFailed("Busy"), {"x": 1}])
    retried = [{"ErrorEquals": ["Busy"]}]

    ended = run(host, document, Ask=a_task(Retry=retried, ResultPath="$.r"))

    assert [call.payload for call in host.calls] == [{"a": {"b": [1, {"c": 2}]}}] * 2
    assert ended.output == {"a": {"b": [1, {"c": 2}]}, "r": {"x": 1}}


def test_the_input_stays_as_it_was() -> None:
    document = {"a": {"n": 1}}

    run(ScriptedHost([{"x": 1}]), document, Ask=a_task(ResultPath="$.a"))

    assert document == {"a": {"n": 1}}


@pytest.mark.parametrize("stranger", [(1, 2), {1}, EPOCH, b"bytes", [EPOCH], {"deep": EPOCH}])
def test_what_is_no_json_does_not_reach_a_function(stranger: object) -> None:
    with pytest.raises(TypeError, match="JSON"):
        run(ScriptedHost([{"x": 1}]), {"a": stranger}, Ask=a_task())


def test_what_else_a_host_raises_passes_through() -> None:
    class Stopped(Exception):
        pass

    class Stopping(ScriptedHost):
        def entered(self, state: str) -> None:
            raise Stopped

    with pytest.raises(Stopped):
        run(Stopping(), {}, First={"Type": "Succeed"})
