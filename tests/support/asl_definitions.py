"""Small definitions for tests of the interpreter."""

from __future__ import annotations

from typing import Any


def a_machine(timeout_s: int = 290, /, **states: dict[str, Any]) -> dict[str, Any]:
    """A machine that starts with the first of `states`; `Done` and `Failed` are added."""
    return {
        "StartAt": next(iter(states)),
        "TimeoutSeconds": timeout_s,
        "States": {
            **states,
            "Done": {"Type": "Succeed"},
            "Failed": {"Type": "Fail", "Error": "Gone", "Cause": "wrong"},
        },
    }


def a_task(**fields: Any) -> dict[str, Any]:
    """A task that sends all of its document to `work` and replaces it by the result's `x`."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "work", "Payload.$": "$"},
        "ResultSelector": {"x.$": "$.Payload.x"},
        "TimeoutSeconds": 35,
        "Next": "Done",
        **fields,
    }


def a_retrier(*errors: str, **fields: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors or ("States.ALL",)), **fields}


def a_catcher(*errors: str, **fields: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors or ("States.ALL",)), "Next": "Done", **fields}
