"""What the interpreter does not do, it refuses before it runs, and says where."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from simulation.asl import StateMachine, Unsupported, machine_from_file
from tests.support.asl_definitions import a_catcher, a_machine, a_retrier, a_task
from tests.support.scripted_host import ScriptedHost

DEFINITION = Path(__file__).parents[3] / "statemachines" / "payment.asl.json"
PASS = {"Type": "Pass", "Parameters": {"n": 1}, "Next": "Done"}
WAIT = {"Type": "Wait", "TimestampPath": "$.at", "Next": "Done"}
RULE = {"Variable": "$.a", "StringEquals": "b", "Next": "Done"}


def a_choice(**rule: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": [{**RULE, **rule}], "Default": "Failed"}


def without(source: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in source.items() if name != field}


def call(**fields: Any) -> dict[str, Any]:
    return a_task(Parameters={"FunctionName": "work", "Payload.$": "$", **fields})


@pytest.mark.parametrize("kind", ["Parallel", "Map", "task", "", None, 1])
def test_another_type_of_state(kind: object) -> None:
    with pytest.raises(Unsupported, match="'Odd', field 'Type'"):
        StateMachine(a_machine(Odd={"Type": kind, "Next": "Done"}))


@pytest.mark.parametrize(
    ("state", "field"),
    [
        (a_task(InputPath="$.a"), "InputPath"),
        (a_task(OutputPath="$.a"), "OutputPath"),
        (a_task(HeartbeatSeconds=3), "HeartbeatSeconds"),
        (a_task(TimeoutSecondsPath="$.t"), "TimeoutSecondsPath"),
        (a_task(End=True), "End"),
        (a_task(Assign={"a": 1}), "Assign"),
        (a_task(QueryLanguage="JSONata"), "QueryLanguage"),
        ({**PASS, "Result": {"n": 1}}, "Result"),
        ({**WAIT, "Seconds": 3}, "Seconds"),
        ({"Type": "Fail", "Error": "E", "Cause": "c", "CausePath": "$.c"}, "CausePath"),
        ({"Type": "Succeed", "OutputPath": "$.a"}, "OutputPath"),
        (a_choice(IsPresent=True), "StringEquals"),
        (a_choice(NumericEquals=1), "NumericEquals"),
        (call(InvocationType="Event"), "InvocationType"),
        (call(Payload={"a": 1}), "Payload"),
        (a_task(Retry=[a_retrier(Assign={})]), "Assign"),
        (a_task(Catch=[a_catcher(Output={})]), "Output"),
    ],
)
def test_a_field_that_is_not_known(state: dict[str, Any], field: str) -> None:
    with pytest.raises(Unsupported, match=f"'Odd'.*field '{field}': is not supported"):
        StateMachine(a_machine(Odd=state))


@pytest.mark.parametrize(
    ("state", "field"),
    [
        *((without(a_task(), field), field) for field in a_task() if field != "Type"),
        *((without(PASS, field), field) for field in ("Parameters", "Next")),
        *((without(WAIT, field), field) for field in ("TimestampPath", "Next")),
        ({"Type": "Fail", "Cause": "c"}, "Error"),
        ({"Type": "Fail", "Error": "E"}, "Cause"),
        ({"Type": "Choice", "Default": "Done"}, "Choices"),
        ({"Type": "Choice", "Choices": [RULE]}, "Default"),
        *(
            ({"Type": "Choice", "Choices": [without(RULE, field)], "Default": "Done"}, field)
            for field in RULE
        ),
        (a_task(Parameters={"Payload.$": "$"}), "FunctionName.$"),
        (a_task(Parameters={"FunctionName": "work"}), "Payload.$"),
        (a_task(Retry=[{"MaxAttempts": 1}]), "ErrorEquals"),
        (a_task(Catch=[{"ErrorEquals": ["States.ALL"]}]), "Next"),
        (a_task(Catch=[{"Next": "Done"}]), "ErrorEquals"),
    ],
)
def test_a_field_that_is_missing(state: dict[str, Any], field: str) -> None:
    with pytest.raises(Unsupported, match=rf"'Odd'.*field '{re.escape(field)}': is missing"):
        StateMachine(a_machine(Odd=state))


@pytest.mark.parametrize(
    "path",
    ["", "$$.Execution.Id", "$.a[0]", "$..a", "$.*", "$.a.", "a.b", "States.Format('x')", 3, None],
)
@pytest.mark.parametrize("field", ["Payload.$", "FunctionName.$"])
def test_a_path_of_another_kind(path: object, field: str) -> None:
    parameters = {"FunctionName.$": "$.f", "Payload.$": "$", field: path}

    with pytest.raises(Unsupported, match=rf"'Odd', Parameters, field '{re.escape(field)}'"):
        StateMachine(a_machine(Odd=a_task(Parameters=parameters)))


@pytest.mark.parametrize(
    ("state", "where"),
    [
        (a_task(Resource="arn:aws:states:::sqs:sendMessage"), "Resource"),
        (a_task(Resource="arn:aws:states:::lambda:invoke.waitForTaskToken"), "Resource"),
        (a_task(ResultPath=None), "ResultPath"),
        (a_task(ResultPath="$.a.b"), "ResultPath"),
        (a_task(ResultSelector={"s.$": "$.StatusCode"}), "ResultSelector"),
        (a_task(ResultSelector={"in": {"s.$": "$"}}), "ResultSelector"),
        (a_task(ResultSelector="$.Payload"), "ResultSelector"),
        (a_task(TimeoutSeconds=0), "TimeoutSeconds"),
        (a_task(TimeoutSeconds=901), "TimeoutSeconds"),
        (a_task(TimeoutSeconds=True), "TimeoutSeconds"),
        (a_task(Retry=[]), "Retry"),
        (a_task(Retry=[a_retrier(), a_retrier("Busy")]), "Retry"),
        (a_task(Retry=[a_retrier("States.ALL", "Busy")]), "ErrorEquals"),
        (a_task(Retry=[a_retrier("States.TaskFailed")]), "ErrorEquals"),
        (a_task(Retry=[{"ErrorEquals": []}]), "ErrorEquals"),
        (a_task(Retry=[{"ErrorEquals": [5]}]), "ErrorEquals"),
        (a_task(Retry=[a_retrier(IntervalSeconds=0)]), "IntervalSeconds"),
        (a_task(Retry=[a_retrier(IntervalSeconds=1.5)]), "IntervalSeconds"),
        (a_task(Retry=[a_retrier(BackoffRate=0.5)]), "BackoffRate"),
        (a_task(Retry=[a_retrier(BackoffRate="2")]), "BackoffRate"),
        (a_task(Retry=[a_retrier(MaxAttempts=-1)]), "MaxAttempts"),
        (a_task(Retry=[a_retrier(MaxAttempts=101)]), "MaxAttempts"),
        (a_task(Retry=[a_retrier(MaxDelaySeconds=0)]), "MaxDelaySeconds"),
        (a_task(Retry=[a_retrier(JitterStrategy="HALF")]), "JitterStrategy"),
        (a_task(Catch=[a_catcher(), a_catcher("Busy")]), "Catch"),
        (a_task(Catch=[a_catcher(ResultPath="$.a[1]")]), "ResultPath"),
        ({**PASS, "Parameters": {"list": [1]}}, "Parameters"),
        ({**PASS, "Parameters": {"a": {"b.$": "$.c[0]"}}}, "Parameters"),
        ({**PASS, "Parameters": {"a": 1, "a.$": "$.b"}}, "Parameters"),
        ({"Type": "Fail", "Error": "E", "Cause": 5}, "Cause"),
        ({"Type": "Choice", "Choices": [], "Default": "Done"}, "Choices"),
        (a_choice(Variable="$.a[0]"), "Variable"),
        (a_choice(StringEquals=5), "StringEquals"),
        (
            {
                "Type": "Choice",
                "Choices": [{"Variable": "$.a", "IsPresent": "no", "Next": "Done"}],
                "Default": "Done",
            },
            "IsPresent",
        ),
    ],
)
def test_a_value_that_is_not_known(state: dict[str, Any], where: str) -> None:
    with pytest.raises(Unsupported, match=f"'Odd'.*field '{where}'"):
        StateMachine(a_machine(Odd=state))


@pytest.mark.parametrize(
    "state",
    [
        {**PASS, "Next": "Nowhere"},
        {**WAIT, "Next": "Nowhere"},
        a_task(Next="Nowhere"),
        a_task(Catch=[a_catcher(Next="Nowhere")]),
        a_choice(Next="Nowhere"),
        {**a_choice(), "Default": "Nowhere"},
        {
            "Type": "Choice",
            "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "Nowhere"}],
            "Default": "Done",
        },
    ],
)
def test_a_state_that_does_not_exist_cannot_follow(state: dict[str, Any]) -> None:
    with pytest.raises(Unsupported, match="'Odd': there is no state 'Nowhere'"):
        StateMachine(a_machine(Odd=state))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"StartAt": "Nowhere"}, "StartAt"),
        ({"StartAt": 1}, "StartAt"),
        ({"TimeoutSeconds": 0}, "TimeoutSeconds"),
        ({"States": []}, "States"),
        ({"Version": "2.0"}, "Version"),
        ({"QueryLanguage": "JSONata"}, "QueryLanguage"),
    ],
)
def test_a_machine_with_something_else(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Unsupported, match=f"machine, field '{field}'"):
        StateMachine({**a_machine(Start=PASS), **change})


@pytest.mark.parametrize("field", ["StartAt", "TimeoutSeconds", "States"])
def test_a_machine_without_what_it_needs(field: str) -> None:
    with pytest.raises(Unsupported, match=f"machine, field '{field}': is missing"):
        StateMachine(without(a_machine(Start=PASS), field))


def test_states_and_rules_must_be_objects() -> None:
    for definition in (a_machine(Odd=[]), a_machine(Odd=a_task(Retry=["x"]))):  # type: ignore[arg-type]
        with pytest.raises(Unsupported, match=r"'Odd'.*: not an object"):
            StateMachine(definition)


def test_comments_are_allowed_everywhere() -> None:
    said = {"Comment": "why"}
    task = a_task(Retry=[a_retrier(**said)], Catch=[a_catcher(**said)], **said)

    assert StateMachine({**a_machine(Ask=task), **said}).run(ScriptedHost([{"x": 1}]), {}).succeeded


def test_the_payment_workflow_is_understood() -> None:
    machine = machine_from_file(DEFINITION, {"PlanNextStepFunction": "plan"})
    host = ScriptedHost([{"payment_id": "p", "merchant_id": "m", "step": {"action": "Finished"}}])

    ended = machine.run(host, {"payment_id": "p"})

    assert ended.succeeded
    assert [made.function for made in host.calls] == ["plan"]


def test_a_placeholder_that_nobody_fills_is_refused() -> None:
    with pytest.raises(Unsupported, match="placeholder"):
        machine_from_file(DEFINITION, {"Another": "plan"})


def test_a_substitution_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "machine.json"
    task = a_task(Parameters={"FunctionName": "${Name}", "Payload.$": "$"})
    path.write_text(json.dumps(a_machine(Ask=task)))
    host = ScriptedHost([{"x": 1}])

    machine_from_file(path, {"Name": 'a"b\\c'}).run(host, {})

    assert host.calls[0].function == 'a"b\\c'
