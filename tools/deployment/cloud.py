"""A cloud to deploy to, and the AWS clients that reach it."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra_cdk.settings import ApiKind, Stage, Target, WorkflowKind

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

STACK_NAME = "PayFlow"
EMULATED_REGION = "us-east-1"
# An emulator takes any credentials; these make sure that real ones are never sent to it.
EMULATED_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": EMULATED_REGION,
    "AWS_DEFAULT_REGION": EMULATED_REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 20
ATTEMPTS_MAX = 3


@dataclass(frozen=True)
class Cloud:
    """One cloud: `endpoint_url` is an emulator's address, None for AWS itself."""

    target: Target
    endpoint_url: str | None

    def client(self, service: str) -> Any:
        """An AWS client with time-outs for this cloud, made once; typed by what it is used for."""
        return _client(self, service)

    def dynamodb(self) -> DynamoDBClient:
        """The DynamoDB client of this cloud."""
        client: DynamoDBClient = self.client("dynamodb")
        return client

    def bulk_dynamodb(self) -> DynamoDBClient:
        """The same for very many items: it does not check what it is given before it sends it."""
        client: DynamoDBClient = _client(self, "dynamodb", checked=False)
        return client

    def environment(self) -> dict[str, str]:
        """The process environment in which a program works on this cloud and on no other."""
        environment = dict(os.environ)
        # Function workers and the CDK app start often; they should find compiled modules.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if self.endpoint_url is not None:
            for name in [name for name in environment if name.startswith("AWS_")]:
                del environment[name]
            environment |= EMULATED_CREDENTIALS | {"AWS_ENDPOINT_URL": self.endpoint_url}
        return environment


@dataclass(frozen=True)
class StackOptions:
    """What the CDK app is asked for; None leaves the choice to the app."""

    target: Target
    api: ApiKind | None = None
    workflow: WorkflowKind | None = None
    stage: Stage | None = None

    def context(self) -> dict[str, str]:
        """The CDK context, key by key."""
        chosen = {
            "target": self.target,
            "api": self.api,
            "workflow": self.workflow,
            "stage": self.stage,
        }
        return {key: value.value for key, value in chosen.items() if value is not None}


@functools.cache
def _client(cloud: Cloud, service: str, *, checked: bool = True) -> Any:
    # Imported when first needed: most commands never speak to AWS, and botocore is large.
    from botocore.config import Config
    from botocore.session import Session

    limits = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"total_max_attempts": ATTEMPTS_MAX},
        parameter_validation=checked,
    )
    if cloud.endpoint_url is None:
        return Session().create_client(service, config=limits)
    return Session().create_client(
        service,
        region_name=EMULATED_REGION,
        endpoint_url=cloud.endpoint_url,
        aws_access_key_id=EMULATED_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=EMULATED_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=limits,
    )
