"""State machines in moto's executor, with functions that answer from a script."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import count
from types import SimpleNamespace
from typing import Any, Protocol

import boto3
import pytest
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.stepfunctions.parser.asl.component.common.retry import (
    jitter_strategy_decl,
    retrier_decl,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for

from simulation.asl import TaskFailed

REGION = "eu-west-1"
CONFIG: Any = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
FINISH_WITHIN_S = 30


class Answers(Protocol):
    """What the functions answer, call after call; a `TaskFailed` has JSON for its cause."""

    def answer(self, function: str) -> object:
        """The result of the next call."""


@dataclass(frozen=True)
class Told:
    """All that can be seen of an execution."""

    succeeded: bool
    error: str | None
    cause: str | None
    output: object
    states: list[str]
    calls: list[tuple[str, object]]
    delays_ms: list[int]


class Moto:
    """moto's executor, whose functions answer from a script and whose delays take no time.

    It reads a definition once and keeps one client for the functions; anew for each execution
    and call, that would be most of the time.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._client = boto3.client("stepfunctions", region_name=REGION)
        self._machines: dict[str, str] = {}
        self._numbers = count()
        self._calls: list[tuple[str, object]] = []
        self._delays_ms: list[int] = []
        self._script: Answers
        self._takes_ms = 0
        halved = SimpleNamespace(uniform=lambda low, high: (low + high) / 2)
        waiting = SimpleNamespace(sleep=lambda s: self._delays_ms.append(int(s * 1000)))
        monkeypatch.setattr(jitter_strategy_decl, "random", halved)
        monkeypatch.setattr(retrier_decl, "time", waiting)
        monkeypatch.setattr(LambdaSimpleBackend, "invoke", self._invoke)
        parse = staticmethod(cache(AmazonStateLanguageParser.parse))
        monkeypatch.setattr(AmazonStateLanguageParser, "parse", parse)
        functions = boto_client_for(region=REGION, service="lambda")
        monkeypatch.setattr(lambda_eval_utils, "boto_client_for", lambda **_: functions)

    def run(
        self,
        document: dict[str, Any],
        script: Answers,
        definition: str,
        takes_ms: int = 0,
    ) -> Told:
        self._script, self._takes_ms = script, takes_ms
        self._calls, self._delays_ms = [], []
        started = self._client.start_execution(
            stateMachineArn=self._machine(definition),
            name=f"execution-{next(self._numbers)}",
            input=json.dumps(document),
        )
        execution = self._ended(started["executionArn"])
        status = execution["status"]
        return Told(
            status == "SUCCEEDED",
            "States.Timeout" if status == "TIMED_OUT" else execution.get("error"),
            execution.get("cause"),
            json.loads(execution["output"]) if "output" in execution else None,
            self._states(started["executionArn"]),
            self._calls,
            self._delays_ms,
        )

    def _machine(self, definition: str) -> str:
        if definition not in self._machines:
            self._machines[definition] = self._client.create_state_machine(
                name=f"machine-{len(self._machines)}",
                definition=definition,
                roleArn="arn:aws:iam::123456789012:role/workflow",
            )["stateMachineArn"]
        return self._machines[definition]

    def _ended(self, arn: str) -> Any:
        deadline = time.monotonic() + FINISH_WITHIN_S
        while time.monotonic() < deadline:
            execution = self._client.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.02)
        pytest.fail("the execution did not finish")

    def _states(self, arn: str) -> list[str]:
        history = self._client.get_execution_history(executionArn=arn, maxResults=1000)
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in history["events"]
            if "stateEnteredEventDetails" in event
        ]

    def _invoke(
        self,
        function_name: str,
        _qualifier: str | None,
        body: str,
        _headers: object,
        response_headers: dict[str, str],
    ) -> bytes:
        # moto lets a call run on after its execution has ended, and another may have begun by then.
        script = self._script
        self._calls.append((function_name, json.loads(body)))
        time.sleep(self._takes_ms / 1000)
        try:
            return json.dumps(script.answer(function_name)).encode()
        except TaskFailed as failed:
            response_headers["x-amz-function-error"] = "Unhandled"
            return failed.cause.encode()


def create_functions(names: Iterable[str]) -> None:
    """Functions for a machine to call; their code is never run."""
    role = boto3.client("iam", region_name=REGION).create_role(
        RoleName="workflow", AssumeRolePolicyDocument="{}", Path="/"
    )["Role"]["Arn"]
    for name in names:
        boto3.client("lambda", region_name=REGION).create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=role,
            Handler=f"{name}.handler",
            Code={"ZipFile": b"not executed"},
        )
