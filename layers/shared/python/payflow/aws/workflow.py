"""Starting the payment workflow, Express or Standard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.domain.payment import Payment

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient


class StepFunctionsWorkflow:
    """`WorkflowStarter` on one state machine."""

    def __init__(self, stepfunctions: SFNClient, state_machine_arn: str) -> None:
        """`state_machine_arn` names the machine, or a version or alias of it."""
        self._stepfunctions = stepfunctions
        self._state_machine_arn = state_machine_arn

    def start(self, payment: Payment, step: dict[str, object], *, resumption: int = 0) -> None:
        """Begin an execution for this version of the payment at `step`; raises `Unavailable`.

        The execution's name follows from payment, version and resumption: a Standard machine runs
        it once however often it is started, and an Express machine tells two apart by itself.
        """
        from botocore.exceptions import ClientError

        document = {"payment_id": payment.id, "merchant_id": payment.merchant_id, "step": step}
        try:
            with unavailable_on_failure("workflow"):
                self._stepfunctions.start_execution(
                    stateMachineArn=self._state_machine_arn,
                    name=f"{payment.id}-{payment.version}-{resumption}",
                    input=json.dumps(document),
                )
        except ClientError as error:
            if error_code(error) != "ExecutionAlreadyExists":
                raise
