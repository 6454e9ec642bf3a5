"""The payment workflow: one state machine from statemachines/payment.asl.json."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra_cdk import paths
from infra_cdk.functions import PLAN_FUNCTION, PROVIDER_FUNCTIONS
from infra_cdk.lambda_factory import SERVICE_NAME, DeployedFunction, retention
from infra_cdk.settings import Settings, WorkflowKind


class PaymentWorkflow(Construct):
    """The state machine; it may invoke the plan and the providers, and nothing else.

    A provider is named in the workflow's data (`FunctionName.$`), so the definition needs the
    plan's address only, while the role names all four.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        functions: Mapping[str, DeployedFunction],
    ) -> None:
        super().__init__(scope, construct_id)
        keeps_data = settings.keeps_data
        log_group = logs.LogGroup(
            self,
            "Logs",
            # Step Functions rewrites one shared policy for each log group without this prefix,
            # until that policy is full.
            log_group_name=f"/aws/vendedlogs/states/{SERVICE_NAME}-{settings.stage}-payment",
            retention=retention(settings),
            removal_policy=RemovalPolicy.RETAIN if keeps_data else RemovalPolicy.DESTROY,
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        invoked = (PLAN_FUNCTION, *PROVIDER_FUNCTIONS.values())
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[functions[name].target.function_arn for name in invoked],
            )
        )
        express = settings.workflow is WorkflowKind.EXPRESS
        self.state_machine = sfn.StateMachine(
            self,
            "Payment",
            state_machine_type=(
                sfn.StateMachineType.EXPRESS if express else sfn.StateMachineType.STANDARD
            ),
            definition_body=sfn.DefinitionBody.from_string(
                paths.PAYMENT_DEFINITION.read_text(encoding="utf-8")
            ),
            definition_substitutions={
                "PlanNextStepFunction": functions[PLAN_FUNCTION].target.function_arn
            },
            role=role,
            # A payment's data stays in its table: logs name states and errors, never contents.
            logs=sfn.LogOptions(
                destination=log_group, level=sfn.LogLevel.ERROR, include_execution_data=False
            ),
        )
