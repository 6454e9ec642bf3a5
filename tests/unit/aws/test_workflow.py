"""A payment's workflow is started once for a version, or said to be unavailable."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from types_boto3_stepfunctions import SFNClient

from payflow.aws.clients import client, forget_clients
from payflow.aws.workflow import StepFunctionsWorkflow
from payflow.domain.errors import Unavailable
from tests.support.builders import NOON, a_payment

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:payment"
STEP: dict[str, object] = {"action": "Authorize", "function": "call-card"}


@pytest.fixture
def stepfunctions(monkeypatch: pytest.MonkeyPatch) -> Iterator[SFNClient]:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    forget_clients()
    yield client("stepfunctions")
    forget_clients()


def test_an_execution_is_named_by_payment_and_version_and_gets_the_step(
    stepfunctions: SFNClient,
) -> None:
    payment = a_payment(version=3)
    document = {"payment_id": payment.id, "merchant_id": payment.merchant_id, "step": STEP}
    with Stubber(stepfunctions) as stubber:
        stubber.add_response(
            "start_execution",
            {"executionArn": f"{ARN}:x", "startDate": NOON},
            {
                "stateMachineArn": ARN,
                "name": f"{payment.id}-3-0",
                "input": json.dumps(document),
            },
        )

        StepFunctionsWorkflow(stepfunctions, ARN).start(payment, STEP)

        stubber.assert_no_pending_responses()


def test_an_execution_that_exists_already_is_a_success(stepfunctions: SFNClient) -> None:
    with Stubber(stepfunctions) as stubber:
        stubber.add_client_error("start_execution", "ExecutionAlreadyExists")

        StepFunctionsWorkflow(stepfunctions, ARN).start(a_payment(), STEP)


@pytest.mark.parametrize("code", ["ThrottlingException", "ServiceUnavailable"])
def test_a_machine_that_cannot_start_now_is_unavailable(
    stepfunctions: SFNClient, code: str
) -> None:
    with Stubber(stepfunctions) as stubber:
        stubber.add_client_error("start_execution", code)

        with pytest.raises(Unavailable):
            StepFunctionsWorkflow(stepfunctions, ARN).start(a_payment(), STEP)


def test_a_machine_that_is_not_there_is_a_mistake_not_an_outage(stepfunctions: SFNClient) -> None:
    with Stubber(stepfunctions) as stubber:
        stubber.add_client_error("start_execution", "StateMachineDoesNotExist")

        with pytest.raises(ClientError):
            StepFunctionsWorkflow(stepfunctions, ARN).start(a_payment(), STEP)
