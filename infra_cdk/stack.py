"""The one stack, assembled from constructs by concern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.api import ApiFront, ApiParts
from infra_cdk.functions import (
    FALLBACK_FUNCTION,
    FOLLOW_FUNCTION,
    LEDGER_FUNCTION,
    PAYOUT_FUNCTION,
    PROVIDER_FUNCTIONS,
    READINGS,
    SEND_CALLBACK_FUNCTION,
    STARTERS,
    SWEEP_FUNCTION,
    function_specs,
)
from infra_cdk.http_api import HttpFront
from infra_cdk.keys import KeyName, Keys
from infra_cdk.lambda_factory import DeployedFunction, LambdaFactory, Stores
from infra_cdk.ledger_stream import FOLDED, LedgerStream
from infra_cdk.monitoring import Monitoring, Watched
from infra_cdk.payment_stream import PaymentStream
from infra_cdk.payout_schedule import pay_out_daily
from infra_cdk.public_url import create_public_url, let_read, parameter_name
from infra_cdk.queues import Queues
from infra_cdk.rest_api import RestFront
from infra_cdk.secrets import SecretName, Secrets, named_secrets
from infra_cdk.settings import ApiKind, Settings, Target
from infra_cdk.sweep import sweep_regularly
from infra_cdk.tables import TableName, Tables
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

        stores = self._stores(settings)
        factory = LambdaFactory(self, "Functions", settings=settings, stores=stores)
        specs = function_specs(factory.invoke_name, settings.authorizer)
        functions = {spec.name: factory.build(spec) for spec in specs}
        workflow = self._workflow(settings, functions)
        unread = self._streams(settings, stores.tables, functions)
        sweep_regularly(self, functions[SWEEP_FUNCTION])
        payouts = pay_out_daily(self, functions[PAYOUT_FUNCTION], settings=settings)
        front = self._front(settings, ApiParts(routes, functions))
        for name, reading in READINGS.items():
            stores.queues.connect(name, functions[reading.function].target)
        self._connect_providers(settings, front, functions)
        dead_letters = {**unread, "Payouts": payouts, **stores.queues.all_dead_letters()}
        watched = Watched(
            front, workflow.state_machine, functions, stores.tables.all(), dead_letters
        )
        monitoring = Monitoring(self, "Monitoring", watched=watched)
        self._write_outputs(
            {
                **_addresses(stores),
                **_ways_in(front),
                **{f"{name}DlqUrl": queue.queue_url for name, queue in dead_letters.items()},
                "StateMachineArn": workflow.state_machine.state_machine_arn,
                "PublicUrlParameter": parameter_name(settings),
                "AlarmTopicArn": monitoring.alarm_topic.topic_arn,
            }
        )

    def _streams(
        self, settings: Settings, tables: Tables, functions: Mapping[str, DeployedFunction]
    ) -> dict[str, sqs.Queue]:
        """What reads streams; by its name, the queue of what it could not take."""
        payments = PaymentStream(
            self,
            "PaymentStream",
            settings=settings,
            payments=tables.table(TableName.PAYMENTS),
            follow_payments=functions[FOLLOW_FUNCTION],
        )
        ledger = LedgerStream(
            self,
            "LedgerStream",
            settings=settings,
            tables=[tables.table(name) for name in FOLDED],
            fold_ledger=functions[LEDGER_FUNCTION],
        )
        return {"PaymentStream": payments.dead_letters, "LedgerStream": ledger.dead_letters}

    def _workflow(
        self, settings: Settings, functions: Mapping[str, DeployedFunction]
    ) -> PaymentWorkflow:
        workflow = PaymentWorkflow(self, "Workflow", settings=settings, functions=functions)
        for starter in STARTERS:
            _let_use(functions[starter], workflow, "states:StartExecution")
        _let_use(functions[FALLBACK_FUNCTION], workflow, "states:DescribeStateMachine")
        return workflow

    def _stores(self, settings: Settings) -> Stores:
        return Stores(
            tables=Tables(self, "Tables", settings=settings),
            keys=Keys(self, "Keys", settings=settings),
            queues=Queues(self, "Queues", settings=settings, readings=READINGS),
            secrets=Secrets(self, "Secrets", settings=settings, named=named_secrets()),
        )

    def _connect_providers(
        self,
        settings: Settings,
        front: ApiFront,
        functions: Mapping[str, DeployedFunction],
    ) -> None:
        """Where providers call back, and send customers: known once the API is."""
        create_public_url(self, settings, front.endpoint)
        let_read(functions[PROVIDER_FUNCTIONS["card"]], settings)
        # It is not behind the API, so it may depend on it.
        sender = functions[SEND_CALLBACK_FUNCTION].function
        sender.add_environment("API_URL", _url_for_functions(settings, front))

    def _front(self, settings: Settings, parts: ApiParts) -> ApiFront:
        if settings.api is ApiKind.REST:
            return RestFront(self, "RestApi", settings=settings, parts=parts).front
        return HttpFront(self, "HttpApi", settings=settings, parts=parts).front

    def _write_outputs(self, outputs: dict[str, str]) -> None:
        """Publish what the command line reads after a deploy."""
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)


def _url_for_functions(settings: Settings, front: ApiFront) -> str:
    """The API's address; on an emulator, which has no names of hosts, a path of its own address."""
    if settings.target is Target.AWS:
        return front.endpoint
    return f"/_aws/execute-api/{front.api_id}/{front.stage}"


def _let_use(function: DeployedFunction, workflow: PaymentWorkflow, action: str) -> None:
    """Known only now: the state machine needs functions, and this function needs it."""
    function.function.add_to_role_policy(
        iam.PolicyStatement(actions=[action], resources=[workflow.state_machine.state_machine_arn])
    )
    function.function.add_environment("STATE_MACHINE_ARN", workflow.state_machine.state_machine_arn)


def _addresses(stores: Stores) -> dict[str, str]:
    """Where data and its keys are, by the output that says so."""
    tables, keys = stores.tables, stores.keys
    return {
        "PaymentsTable": tables.table(TableName.PAYMENTS).table_name,
        "VaultTable": tables.table(TableName.VAULT).table_name,
        "MerchantsTable": tables.table(TableName.MERCHANTS).table_name,
        "ControlTable": tables.table(TableName.CONTROL).table_name,
        "ProviderBooksTable": tables.table(TableName.PROVIDER_BOOKS).table_name,
        "ProviderCallsTable": tables.table(TableName.PROVIDER_CALLS).table_name,
        "PayoutsTable": tables.table(TableName.PAYOUTS).table_name,
        "LedgerTable": tables.table(TableName.LEDGER).table_name,
        "WalletsTable": tables.table(TableName.WALLETS).table_name,
        "CardKeyId": keys.key(KeyName.CARD).key_id,
        "CvcKeyId": keys.key(KeyName.CVC).key_id,
        "CallbackSecretArn": stores.secrets.arn(SecretName.CALLBACKS),
    }


def _ways_in(front: ApiFront) -> dict[str, str]:
    """How the API is reached."""
    return {
        "ApiEndpoint": front.endpoint,
        "ApiId": front.api_id,
        "ApiKind": front.kind.value,
        "ApiStage": front.stage,
    }
