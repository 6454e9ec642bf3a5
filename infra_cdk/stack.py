"""The one stack, assembled from constructs by concern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra_cdk.api import ApiFront, ApiParts
from infra_cdk.functions import (
    ACTIONS_FUNCTION,
    CREATE_FUNCTION,
    FALLBACK_FUNCTION,
    FOLLOW_FUNCTION,
    LEDGER_FUNCTION,
    REVIEWS_FUNCTION,
    SWEEP_FUNCTION,
    WAKE_FUNCTION,
    function_specs,
)
from infra_cdk.http_api import HttpFront
from infra_cdk.keys import KeyName, Keys
from infra_cdk.lambda_factory import DeployedFunction, LambdaFactory
from infra_cdk.ledger_stream import FOLDED, LedgerStream
from infra_cdk.monitoring import Monitoring, Watched
from infra_cdk.payment_stream import PaymentStream
from infra_cdk.rest_api import RestFront
from infra_cdk.settings import ApiKind, Settings
from infra_cdk.tables import TableName, Tables
from infra_cdk.wake_ups import WakeUps
from infra_cdk.workflow import PaymentWorkflow
from payflow.api.routes import Route


class PayFlowStack(cdk.Stack):
    """Everything that PayFlow runs on."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, routes: Sequence[Route]
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description="PayFlow: a payment-orchestration gateway",
            termination_protection=settings.keeps_data,
        )
        cdk.Tags.of(self).add("application", "payflow")
        cdk.Tags.of(self).add("stage", settings.stage.value)

        tables = Tables(self, "Tables", settings=settings)
        keys = Keys(self, "Keys", settings=settings)
        factory = LambdaFactory(self, "Functions", settings=settings, tables=tables, keys=keys)
        specs = function_specs(factory.invoke_name, settings.authorizer)
        functions = {spec.name: factory.build(spec) for spec in specs}
        workflow = PaymentWorkflow(self, "Workflow", settings=settings, functions=functions)
        for starter in (CREATE_FUNCTION, ACTIONS_FUNCTION, REVIEWS_FUNCTION, WAKE_FUNCTION):
            _let_use(functions[starter], workflow, "states:StartExecution")
        _let_use(functions[FALLBACK_FUNCTION], workflow, "states:DescribeStateMachine")
        stream, ledger = self._streams(settings, tables, functions)
        wake_ups = WakeUps(
            self,
            "WakeUps",
            settings=settings,
            wake_payments=functions[WAKE_FUNCTION],
            sweep_payments=functions[SWEEP_FUNCTION],
            senders=(functions[FOLLOW_FUNCTION],),
        )
        front = self._front(settings, ApiParts(routes, functions))
        watched = Watched(
            api=front,
            state_machine=workflow.state_machine,
            functions=functions,
            tables={name: tables.table(name) for name in TableName},
            dead_letters={
                "Stream": stream.dead_letters,
                "WakeUps": wake_ups.dead_letters,
                "Ledger": ledger.dead_letters,
            },
        )
        monitoring = Monitoring(self, "Monitoring", watched=watched)
        self._write_outputs(
            {
                **_addresses(tables, keys),
                "ApiEndpoint": front.endpoint,
                "ApiId": front.api_id,
                "ApiKind": front.kind.value,
                "ApiStage": front.stage,
                "StateMachineArn": workflow.state_machine.state_machine_arn,
                "StreamDlqUrl": stream.dead_letters.queue_url,
                "LedgerDlqUrl": ledger.dead_letters.queue_url,
                "WakeUpQueueUrl": wake_ups.queue.queue_url,
                "WakeUpDlqUrl": wake_ups.dead_letters.queue_url,
                "AlarmTopicArn": monitoring.alarm_topic.topic_arn,
            }
        )

    def _streams(
        self, settings: Settings, tables: Tables, functions: Mapping[str, DeployedFunction]
    ) -> tuple[PaymentStream, LedgerStream]:
        stream = PaymentStream(
            self,
            "PaymentStream",
            settings=settings,
            payments=tables.table(TableName.PAYMENTS),
            follow_payments=functions[FOLLOW_FUNCTION],
        )
        ledger = LedgerStream(
            self,
            "Ledger",
            settings=settings,
            tables=[tables.table(name) for name in FOLDED],
            fold_ledger=functions[LEDGER_FUNCTION],
        )
        return stream, ledger

    def _front(self, settings: Settings, parts: ApiParts) -> ApiFront:
        if settings.api is ApiKind.REST:
            return RestFront(self, "RestApi", settings=settings, parts=parts).front
        return HttpFront(self, "HttpApi", settings=settings, parts=parts).front

    def _write_outputs(self, outputs: dict[str, str]) -> None:
        """Publish what the command line reads after a deploy."""
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)


def _let_use(function: DeployedFunction, workflow: PaymentWorkflow, action: str) -> None:
    """Known only now: the state machine needs functions, and this function needs it."""
    function.function.add_to_role_policy(
        iam.PolicyStatement(actions=[action], resources=[workflow.state_machine.state_machine_arn])
    )
    function.function.add_environment("STATE_MACHINE_ARN", workflow.state_machine.state_machine_arn)


def _addresses(tables: Tables, keys: Keys) -> dict[str, str]:
    """Where data and its keys are, by the output that says so."""
    return {
        "PaymentsTable": tables.table(TableName.PAYMENTS).table_name,
        "VaultTable": tables.table(TableName.VAULT).table_name,
        "MerchantsTable": tables.table(TableName.MERCHANTS).table_name,
        "ControlTable": tables.table(TableName.CONTROL).table_name,
        "ProviderBooksTable": tables.table(TableName.PROVIDER_BOOKS).table_name,
        "ProviderCallsTable": tables.table(TableName.PROVIDER_CALLS).table_name,
        "LedgerTable": tables.table(TableName.LEDGER).table_name,
        "WalletsTable": tables.table(TableName.WALLETS).table_name,
        "CardKeyId": keys.key(KeyName.CARD).key_id,
        "CvcKeyId": keys.key(KeyName.CVC).key_id,
    }
