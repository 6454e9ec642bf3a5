"""The definition executed by moto's interpreter, with the real planning use case behind it.

Provider calls are scripted; everything else is the code that runs in production.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend

from payflow.domain.answer import revised
from payflow.domain.instruction import InstructionKind, InstructionStatus
from payflow.domain.instructions import accepted
from payflow.domain.method import MethodType
from payflow.domain.outcomes import Category, Outcome, ProviderResult
from payflow.domain.payment import CaptureMethod, Payment, Status
from payflow.domain.plan import advanced, carry_out
from payflow.domain.plan_authorization import Authorize
from payflow.domain.provider_call import result_to_document
from payflow.domain.step import step_document
from payflow.services.plan_next_step import PlanNextStep
from simulation.ports.vault import InMemoryVault
from tests.support.builders import a_market, a_payment, a_result, an_instruction
from tests.support.fakes import FixedMarket
from tests.support.ports import CountedPayments

DEFINITION = (Path(__file__).parents[2] / "statemachines" / "payment.asl.json").read_text()
REGION = "eu-west-1"
FUNCTIONS = {MethodType.CARD: "call_card_provider"}
FINISH_WITHIN_S = 15

APPROVED = a_result(Outcome.APPROVED)
DECLINED = a_result(Outcome.DECLINED, Category.CUSTOMER, code="do_not_honor")
TECHNICAL = a_result(Outcome.ERROR, Category.PROVIDER_TECHNICAL, code="processing_error")
ISSUER = a_result(Outcome.DECLINED, Category.ISSUER, code="issuer_unavailable")
UNKNOWN = a_result(Outcome.UNKNOWN, Category.UNKNOWN, code="timeout")
NOT_FOUND = a_result(Outcome.NOT_FOUND)


class ProviderCrash(Exception):
    """Stands for a provider function that dies."""


class WallClock:
    """The machine's time: moto's Wait states wait for real."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep_ms(self, duration_ms: int) -> None:
        time.sleep(duration_ms / 1000)


class Workflow:
    """The deployed machine, and the payment that it works on."""

    def __init__(
        self, script: list[ProviderResult | type[ProviderCrash]], capture: CaptureMethod
    ) -> None:
        self.script = script
        self.calls: list[dict[str, Any]] = []
        born = a_payment(created_at=WallClock().now(), capture=capture)
        self.payments = CountedPayments([carry_out(born, Authorize("A"), WallClock().now())])
        self.plan = PlanNextStep(
            self.payments,
            InMemoryVault(WallClock()),
            FixedMarket(a_market("A", "B", "C")),
            WallClock(),
            Random(1),
            FUNCTIONS,
        )

    @property
    def payment(self) -> Payment:
        (payment,) = self.payments.items.values()
        return payment

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        if function == "plan_next_step":
            answer = event.get("answer")
            step = self.plan(event["payment_id"], answer["result"] if answer else None).step
            return {
                "payment_id": event["payment_id"],
                "merchant_id": event["merchant_id"],
                "step": step,
            }
        self.calls.append(event)
        scripted = self.script.pop(0)
        if not isinstance(scripted, ProviderResult):
            raise scripted("the function died")
        return result_to_document(event["attempt_number"], scripted)

    def run(self, *, with_step: bool = True) -> list[str]:
        """Execute to the end; the states entered, in order."""
        client = boto3.client("stepfunctions", region_name=REGION)
        arn = client.create_state_machine(
            name="payment",
            definition=DEFINITION.replace("${PlanNextStepFunction}", "plan_next_step"),
            roleArn="arn:aws:iam::123456789012:role/workflow",
        )["stateMachineArn"]
        payment = self.payment
        state: dict[str, Any] = {"payment_id": payment.id, "merchant_id": payment.merchant_id}
        if with_step:
            state["step"] = step_document(payment, FUNCTIONS, WallClock().now())
        execution = client.start_execution(
            stateMachineArn=arn, name="first", input=json.dumps(state)
        )
        return _states_entered(client, execution["executionArn"])


def _states_entered(client: Any, execution_arn: str) -> list[str]:
    deadline = time.monotonic() + FINISH_WITHIN_S
    while client.describe_execution(executionArn=execution_arn)["status"] == "RUNNING":
        assert time.monotonic() < deadline, "the execution did not finish"
        time.sleep(0.05)
    history = client.get_execution_history(executionArn=execution_arn, maxResults=1000)
    return [
        event["stateEnteredEventDetails"]["name"]
        for event in history["events"]
        if "stateEnteredEventDetails" in event
    ]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Workflow, list[str]]]]:
    """Run a payment against a script of provider answers."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    config: Any = {
        "stepfunctions": {"execute_state_machine": True},
        "lambda": {"use_docker": False},
    }
    with mock_aws(config=config):
        _create_functions()

        def execute(
            *script: ProviderResult | type[ProviderCrash],
            with_step: bool = True,
            capture: CaptureMethod = CaptureMethod.AUTOMATIC,
        ) -> tuple[Workflow, list[str]]:
            workflow = Workflow(list(script), capture)

            def invoke(
                _backend: LambdaSimpleBackend,
                function_name: str,
                _qualifier: str | None,
                body: str,
                _headers: object,
                response_headers: dict[str, str],
            ) -> bytes:
                try:
                    answer = workflow.invoke(function_name, json.loads(body))
                except ProviderCrash as crash:
                    response_headers["x-amz-function-error"] = "Unhandled"
                    answer = {"errorType": type(crash).__name__, "errorMessage": str(crash)}
                return json.dumps(answer).encode()

            monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
            return workflow, workflow.run(with_step=with_step)

        yield execute


def _create_functions() -> None:
    role = boto3.client("iam", region_name=REGION).create_role(
        RoleName="workflow", AssumeRolePolicyDocument="{}", Path="/"
    )["Role"]["Arn"]
    for name in ("plan_next_step", "call_card_provider"):
        boto3.client("lambda", region_name=REGION).create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=role,
            Handler=f"{name}.handler",
            Code={"ZipFile": b"not executed"},
        )


Run = Callable[..., tuple[Workflow, list[str]]]


def test_an_approved_payment_calls_one_provider_and_finishes(run: Run) -> None:
    workflow, states = run(APPROVED)

    assert states == ["ActOnPlan", "Authorize", "PlanNextStep", "ActOnPlan", "Finished"]
    assert workflow.payment.status is Status.SUCCEEDED


def test_a_hard_decline_ends_without_another_call(run: Run) -> None:
    workflow, _ = run(DECLINED)

    assert workflow.payment.status is Status.FAILED
    assert len(workflow.calls) == 1


def test_a_soft_decline_fails_over_to_another_provider(run: Run) -> None:
    workflow, _ = run(ISSUER, APPROVED)

    assert [call["provider"] for call in workflow.calls] == ["A", "B"]
    assert workflow.payment.status is Status.SUCCEEDED


def test_a_technical_failure_waits_before_the_same_provider_is_tried_again(run: Run) -> None:
    workflow, states = run(TECHNICAL, APPROVED)

    assert "BackOff" in states
    assert [call["provider"] for call in workflow.calls] == ["A", "A"]


def test_a_crashed_provider_function_is_verified_at_the_same_provider(run: Run) -> None:
    workflow, states = run(ProviderCrash, APPROVED)

    assert states[:3] == ["ActOnPlan", "Authorize", "OutcomeUnknown"]
    assert [(c["operation"], c["provider"]) for c in workflow.calls] == [
        ("authorize", "A"),
        ("inquire", "A"),
    ]
    assert len({call["key"] for call in workflow.calls}) == 1
    assert workflow.payment.status is Status.SUCCEEDED


def test_no_second_provider_is_called_before_not_found_is_proof(run: Run) -> None:
    workflow, _ = run(UNKNOWN, NOT_FOUND, NOT_FOUND, APPROVED)

    assert [(c["operation"], c["provider"]) for c in workflow.calls] == [
        ("authorize", "A"),
        ("inquire", "A"),
        ("inquire", "A"),
        ("authorize", "B"),
    ]


def test_an_execution_without_a_step_resumes_from_what_is_stored(run: Run) -> None:
    workflow, states = run(APPROVED, with_step=False)

    assert states[:3] == ["ActOnPlan", "PlanNextStep", "ActOnPlan"]
    assert workflow.payment.status is Status.SUCCEEDED


def test_a_second_execution_of_a_finished_payment_calls_nobody(run: Run) -> None:
    workflow, _ = run(APPROVED)

    client = boto3.client("stepfunctions", region_name=REGION)
    arn = client.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    state = {"payment_id": workflow.payment.id, "merchant_id": workflow.payment.merchant_id}
    again = client.start_execution(stateMachineArn=arn, name="again", input=json.dumps(state))

    assert _states_entered(client, again["executionArn"])[-1] == "Finished"
    assert len(workflow.calls) == 1


def asked(workflow: Workflow, kind: InstructionKind, minor: int | None = None) -> None:
    """The workflow's payment with one more instruction, its first call written down."""
    now = WallClock().now()
    before = workflow.payment
    accepting = accepted(before, an_instruction(kind, amount_minor=minor), now)
    after = advanced(accepting, a_market("A"), now=now, randomness=Random(1))
    workflow.payments.save(revised(before, after, now))


def executed(workflow: Workflow, *script: ProviderResult | type[ProviderCrash]) -> list[str]:
    """One more execution of the deployed machine, on the payment as it is now."""
    workflow.script = list(script)
    client = boto3.client("stepfunctions", region_name=REGION)
    arn = client.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    payment = workflow.payment
    state = {
        "payment_id": payment.id,
        "merchant_id": payment.merchant_id,
        "step": step_document(payment, FUNCTIONS, WallClock().now()),
    }
    started = client.start_execution(stateMachineArn=arn, name="second", input=json.dumps(state))
    return _states_entered(client, started["executionArn"])


@pytest.mark.parametrize(
    ("kind", "state"),
    [(InstructionKind.REFUND, "Refund"), (InstructionKind.CAPTURE, "Capture")],
)
def test_an_instruction_is_a_call_in_a_state_of_its_own_name(
    run: Run, kind: InstructionKind, state: str
) -> None:
    capture = CaptureMethod.AUTOMATIC if state == "Refund" else CaptureMethod.MANUAL
    workflow, _ = run(APPROVED, capture=capture)
    asked(workflow, kind, 400)

    states = executed(workflow, APPROVED)

    assert states == ["ActOnPlan", state, "PlanNextStep", "ActOnPlan", "Finished"]
    assert workflow.payment.instructions[0].status is InstructionStatus.SUCCEEDED
    assert workflow.calls[-1]["amount"] == 400


def test_a_cancellation_is_a_void_and_a_crash_in_it_is_verified(run: Run) -> None:
    workflow, _ = run(APPROVED, capture=CaptureMethod.MANUAL)
    asked(workflow, InstructionKind.VOID)

    states = executed(workflow, ProviderCrash, APPROVED)

    assert states[:3] == ["ActOnPlan", "Void", "OutcomeUnknown"]
    assert [call["operation"] for call in workflow.calls] == ["authorize", "void", "inquire"]
    assert workflow.calls[1]["key"] == workflow.calls[2]["key"] != workflow.calls[0]["key"]
    assert workflow.payment.status is Status.CANCELED
