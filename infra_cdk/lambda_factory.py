"""The one place where a Lambda function is made.

A function is declared by what it needs (`FunctionSpec`); from that alone follow its permissions
and its environment, so that neither can be wider than the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Flag, StrEnum, auto

from aws_cdk import Annotations, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk import paths
from infra_cdk.keys import KeyName, Keys
from infra_cdk.layers import RUNTIME, architecture, function_layers
from infra_cdk.queues import QueueName, Queues
from infra_cdk.secrets import SecretName, Secrets
from infra_cdk.settings import Settings, Stage
from infra_cdk.tables import TableName, Tables

SERVICE_NAME = "payflow"
# Callers pin this name, so that an update reaches them only once its snapshot is ready.
LIVE_ALIAS = "live"
# Lambda gives processor time by memory. This is enough where a function mostly waits; 512 MB, twice
# as fast at hardly more per call, is worth it where the work itself is what a payment waits for.
MEMORY_MB = 256
MEMORY_OF_BUSY_MB = 512


class Access(Flag):
    """What a function may do with a table, one action each."""

    GET = auto()
    BATCH_GET = auto()
    QUERY = auto()
    PUT = auto()
    UPDATE = auto()
    DELETE = auto()
    DESCRIBE = auto()


TABLE_ACTIONS: Mapping[Access, str] = {
    Access.GET: "dynamodb:GetItem",
    Access.BATCH_GET: "dynamodb:BatchGetItem",
    Access.QUERY: "dynamodb:Query",
    Access.PUT: "dynamodb:PutItem",
    Access.UPDATE: "dynamodb:UpdateItem",
    Access.DELETE: "dynamodb:DeleteItem",
    Access.DESCRIBE: "dynamodb:DescribeTable",
}


class KeyUse(StrEnum):
    """What a function may do with a key; `Envelope` names the purpose with every KMS call."""

    SEAL_CARD = "seal vault-card"
    OPEN_CARD = "open vault-card"
    SEAL_CVC = "seal vault-cvc"
    OPEN_CVC = "open vault-cvc"
    SEAL_FINGERPRINT = "seal vault-fingerprint"
    OPEN_FINGERPRINT = "open vault-fingerprint"

    @property
    def action(self) -> str:
        """The KMS action: a secret is sealed under a fresh data key."""
        return "kms:GenerateDataKey" if self.startswith("seal ") else "kms:Decrypt"

    @property
    def purpose(self) -> str:
        """What the data key is for, as in the encryption context."""
        return self.partition(" ")[2]


@dataclass(frozen=True)
class FunctionSpec:
    """A function by its name (= its file in functions/) and what it needs.

    It puts messages into the queues `sends_to`, and reads `secrets`; with `reads_named_secrets`
    also those that provider entries name.

    `busy` says that its own work takes longer than its waiting, `waited_for` that somebody waits
    for the answer, so a cold start is worth a snapshot.
    """

    name: str
    timeout_s: int
    tables: Mapping[TableName, Access] = field(default_factory=dict)
    keys: Mapping[KeyName, Sequence[KeyUse]] = field(default_factory=dict)
    sends_to: Sequence[QueueName] = ()
    secrets: Sequence[SecretName] = ()
    reads_named_secrets: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    busy: bool = False
    waited_for: bool = True


@dataclass(frozen=True)
class DeployedFunction:
    """A function and the version of it that callers invoke."""

    name: str
    function: lambda_.Function
    target: lambda_.IFunction
    invoke_name: str


@dataclass(frozen=True)
class Stores:
    """What functions keep things in, and are granted a part of."""

    tables: Tables
    keys: Keys
    queues: Queues
    secrets: Secrets


class LambdaFactory(Construct):
    """Builds every function with the same runtime, layers, log rules and least privilege."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, stores: Stores
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._stores = stores
        self._layers = function_layers(self, settings)
        # One asset for all: handlers are a few lines each, and one upload is faster than thirteen.
        self._code = lambda_.Code.from_asset(
            str(paths.FUNCTIONS), exclude=["**/__pycache__", "**/*.pyc"]
        )

    def invoke_name(self, name: str) -> str:
        """The short name to invoke function `name` by; known before the function is built."""
        qualifier = f":{LIVE_ALIAS}" if self._settings.snap_start else ""
        return f"{self._physical_name(name)}{qualifier}"

    def build(self, spec: FunctionSpec) -> DeployedFunction:
        """The function of `spec`, with its own role, log group, grants and environment."""
        log_group = self._log_group(spec.name)
        function = lambda_.Function(
            self,
            _camel_case(spec.name),
            function_name=self._physical_name(spec.name),
            runtime=RUNTIME,
            architecture=architecture(self._settings),
            handler=f"{spec.name}.handler",
            code=self._code,
            layers=self._layers,
            timeout=Duration.seconds(spec.timeout_s),
            memory_size=MEMORY_OF_BUSY_MB if spec.busy else MEMORY_MB,
            role=self._role(spec.name, log_group),
            log_group=log_group,
            environment=self._environment(spec),
            snap_start=self._snap_start(spec),
            # A superseded version keeps no snapshot, which would be billed for as long as it lives.
            current_version_options=lambda_.VersionOptions(removal_policy=RemovalPolicy.DESTROY),
        )
        Annotations.of(function).acknowledge_warning(
            "@aws-cdk/aws-lambda:snapStartRequirePublish", "Callers use the alias of a version."
        )
        for table_name, access in spec.tables.items():
            self._grant_table(function, table_name, access)
        for key_name, uses in spec.keys.items():
            self._grant_key(function, key_name, uses)
        for queue_name in spec.sends_to:
            self._grant(
                function, "sqs:SendMessage", self._stores.queues.queue(queue_name).queue_arn
            )
        for secret_name in spec.secrets:
            arn = self._stores.secrets.arn(secret_name)
            self._grant(function, "secretsmanager:GetSecretValue", arn)
        if spec.reads_named_secrets:
            for arn in self._stores.secrets.named_arns:
                self._grant(function, "secretsmanager:GetSecretValue", arn)
        return DeployedFunction(
            name=spec.name,
            function=function,
            target=self._target(function),
            invoke_name=self.invoke_name(spec.name),
        )

    def _physical_name(self, name: str) -> str:
        return f"{SERVICE_NAME}-{self._settings.stage}-{name}"

    def _log_group(self, name: str) -> logs.LogGroup:
        keeps_data = self._settings.keeps_data
        return logs.LogGroup(
            self,
            f"{_camel_case(name)}Logs",
            log_group_name=f"/aws/lambda/{self._physical_name(name)}",
            retention=retention(self._settings),
            removal_policy=RemovalPolicy.RETAIN if keeps_data else RemovalPolicy.DESTROY,
        )

    def _role(self, name: str, log_group: logs.LogGroup) -> iam.Role:
        """A role that may write to its own log group, where the managed policy allows all."""
        role = iam.Role(
            self,
            f"{_camel_case(name)}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        log_group.grant_write(role)
        return role

    def _environment(self, spec: FunctionSpec) -> dict[str, str]:
        variables = {
            "LOG_LEVEL": "INFO",
            "POWERTOOLS_SERVICE_NAME": SERVICE_NAME,
            **spec.environment,
        }
        for table_name in spec.tables:
            variables[table_name.value] = self._stores.tables.table(table_name).table_name
        for key_name in spec.keys:
            variables[key_name.value] = self._stores.keys.key(key_name).key_id
        for queue_name in spec.sends_to:
            variables[queue_name.value] = self._stores.queues.queue(queue_name).queue_url
        for secret_name in spec.secrets:
            variables[secret_name.value] = self._stores.secrets.arn(secret_name)
        return variables

    def _grant_table(
        self, function: lambda_.Function, table_name: TableName, access: Access
    ) -> None:
        table = self._stores.tables.table(table_name)
        actions = [TABLE_ACTIONS[one] for one in access]
        function.add_to_role_policy(
            iam.PolicyStatement(actions=sorted(actions), resources=[table.table_arn])
        )
        index_arns = self._stores.tables.index_arns(table_name)
        if Access.QUERY in access and index_arns:
            function.add_to_role_policy(
                iam.PolicyStatement(actions=["dynamodb:Query"], resources=index_arns)
            )

    def _grant(self, function: lambda_.Function, action: str, resource: str) -> None:
        function.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=[resource]))

    def _grant_key(
        self, function: lambda_.Function, key_name: KeyName, uses: Sequence[KeyUse]
    ) -> None:
        """Whoever may open one kind of secret may not open another under the same key."""
        for use in uses:
            function.add_to_role_policy(
                iam.PolicyStatement(
                    actions=[use.action],
                    resources=[self._stores.keys.key(key_name).key_arn],
                    conditions={"StringEquals": {"kms:EncryptionContext:purpose": use.purpose}},
                )
            )

    def _snap_start(self, spec: FunctionSpec) -> lambda_.SnapStartConf | None:
        if self._settings.snap_start and spec.waited_for:
            return lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS
        return None

    def _target(self, function: lambda_.Function) -> lambda_.IFunction:
        if self._settings.snap_start:
            return function.add_alias(LIVE_ALIAS)
        return function


def retention(settings: Settings) -> logs.RetentionDays:
    """How long logs are kept: a quarter where real money moves, a week elsewhere."""
    if settings.stage is Stage.PROD:
        return logs.RetentionDays.THREE_MONTHS
    return logs.RetentionDays.ONE_WEEK


def _camel_case(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
