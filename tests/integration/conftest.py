"""The cloud in this process: moto, with the tables and keys of the stack."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import pytest
from botocore.session import Session
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler
from types_boto3_dynamodb import DynamoDBClient
from types_boto3_kms import KMSClient

from payflow import adapters, wiring
from payflow.aws.clients import client, forget_clients
from payflow.aws.settings import VaultSettings
from tests.integration.gateway import Gateway
from tests.integration.tables import create_tables
from tests.support.api_client import ApiClient, Kind
from tests.support.write_units import UnitCounter


class Shop(NamedTuple):
    """A merchant's id and its client."""

    id: str
    api: ApiClient


NewShop = Callable[..., Shop]
QUEUES = {
    "WAKE_UPS_URL": "wake-ups",
    "PROVIDER_OUTBOX_URL": "provider-outbox",
    "PROVIDER_CALLBACKS_URL": "provider-callbacks",
}
SECRETS = {"CALLBACK_SECRET_ID": "callbacks", "APPROVAL_SECRET_ID": "approvals"}
PUBLIC_URL = "/payflow/test/public-url"
EMPTY_WORKFLOW = '{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}'
WORKFLOW_ROLE = "arn:aws:iam::123456789012:role/workflow"


@pytest.fixture(scope="session")
def clients() -> Iterator[None]:
    """Clients that moto intercepts, made once: making them is the slowest part of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        forget_clients()
        with mock_aws():
            client("dynamodb")
            client("kms")
            client("secretsmanager")
            client("sqs")
            client("ssm")
            client("stepfunctions")
        yield
        forget_clients()


@pytest.fixture
def cloud(clients: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty cloud that has the tables and keys, and the environment that names them."""
    _make_calls_atomic(monkeypatch)
    with mock_aws():
        for variable, name in create_tables(client("dynamodb")).items():
            monkeypatch.setenv(variable, name)
        for variable in ("CARD_KEY_ID", "CVC_KEY_ID"):
            key = client("kms").create_key(Description=variable)
            monkeypatch.setenv(variable, key["KeyMetadata"]["KeyId"])
        machine = client("stepfunctions").create_state_machine(
            name="payment", definition=EMPTY_WORKFLOW, roleArn=WORKFLOW_ROLE
        )
        monkeypatch.setenv("STATE_MACHINE_ARN", machine["stateMachineArn"])
        for variable, queue in QUEUES.items():
            made = client("sqs").create_queue(QueueName=queue)
            monkeypatch.setenv(variable, made["QueueUrl"])
        for variable, secret in SECRETS.items():
            client("secretsmanager").create_secret(Name=secret, SecretString=f"value of {secret}")
            monkeypatch.setenv(variable, secret)
        client("ssm").put_parameter(Name=PUBLIC_URL, Value="https://pay.example", Type="String")
        monkeypatch.setenv("PUBLIC_URL_PARAMETER", PUBLIC_URL)
        yield


def _make_calls_atomic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one thread at a time into moto's DynamoDB, whose calls are atomic in the real one.

    Moto changes an item attribute by attribute, and hands out to readers what is half changed.
    """
    lock = threading.Lock()
    answer = DynamoHandler.call_action

    def one_at_a_time(handler: DynamoHandler) -> Any:
        with lock:
            return answer(handler)

    monkeypatch.setattr(DynamoHandler, "call_action", one_at_a_time)


@pytest.fixture
def dynamodb(cloud: None) -> DynamoDBClient:
    """The client that the adapters use too."""
    return client("dynamodb")


@pytest.fixture
def kms(cloud: None) -> KMSClient:
    """The client that the adapters use too."""
    return client("kms")


@pytest.fixture
def vault_settings(cloud: None) -> VaultSettings:
    """The vault with both keys."""
    from payflow.aws import settings

    return settings.vault()


@pytest.fixture
def gateway(dynamodb: DynamoDBClient, kms: KMSClient, vault_settings: VaultSettings) -> Gateway:
    """The use cases on empty tables."""
    observer: Any = Session().create_client("dynamodb")
    return Gateway(dynamodb, kms, vault_settings, UnitCounter(dynamodb, observer))


@pytest.fixture
def fresh_wiring(cloud: None) -> Iterator[None]:
    """Parts made anew for this test's cloud."""
    parts = {**vars(adapters), **vars(wiring)}.values()
    made = [part for part in parts if hasattr(part, "cache_clear")]
    for part in made:
        part.cache_clear()
    yield
    for part in made:
        part.cache_clear()


@pytest.fixture(params=["http", "rest"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of API in front: each test that uses it runs behind both."""
    return cast(Kind, request.param)


@pytest.fixture
def operator(fresh_wiring: None, kind: Kind) -> ApiClient:
    """An operator's client."""
    return ApiClient(kind, wiring.manage_merchants().issue_operator_key().secret)


@pytest.fixture
def new_shop(operator: ApiClient) -> NewShop:
    """Makes a merchant and gives its client."""

    def make(key: str = "api_key", **terms: Any) -> Shop:
        new = operator.post("/internal/merchants", {"name": "Acme", **terms}).document
        return Shop(new["merchant"]["id"], ApiClient(operator.kind, new[key]))

    return make


@pytest.fixture
def shop(new_shop: NewShop) -> Shop:
    """A merchant and its client."""
    return new_shop()
