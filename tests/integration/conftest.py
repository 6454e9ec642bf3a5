"""The cloud in this process: moto, with the tables and keys of the stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast
from typing import Any

import pytest
from botocore.session import Session
from moto import mock_aws
from types_boto3_dynamodb import DynamoDBClient
from types_boto3_kms import KMSClient

from payflow import wiring
from payflow.aws.clients import client, forget_clients
from payflow.aws.settings import VaultSettings
from tests.integration.gateway import Gateway
from tests.integration.tables import create_tables
from tests.support.gateway import Gateway, Kind


class Shop(NamedTuple):
    """A merchant's id and its client."""

    id: str
    api: Gateway


NewShop = Callable[..., Shop]
from tests.support.write_units import UnitCounter


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
        yield
        forget_clients()


@pytest.fixture
def cloud(clients: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty cloud that has the tables and keys, and the environment that names them."""
    with mock_aws():
        for variable, name in create_tables(client("dynamodb")).items():
            monkeypatch.setenv(variable, name)
        for variable in ("CARD_KEY_ID", "CVC_KEY_ID"):
            key = client("kms").create_key(Description=variable)
            monkeypatch.setenv(variable, key["KeyMetadata"]["KeyId"])
        yield


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
    made = [part for part in vars(wiring).values() if hasattr(part, "cache_clear")]
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
def operator(fresh_wiring: None, kind: Kind) -> Gateway:
    """An operator's client."""
    return Gateway(kind, wiring.manage_merchants().issue_operator_key().secret)


@pytest.fixture
def new_shop(operator: Gateway) -> NewShop:
    """Makes a merchant and gives its client."""

    def make(key: str = "api_key", **terms: Any) -> Shop:
        new = operator.post("/internal/merchants", {"name": "Acme", **terms}).document
        return Shop(new["merchant"]["id"], Gateway(operator.kind, new[key]))

    return make


@pytest.fixture
def shop(new_shop: NewShop) -> Shop:
    """A merchant and its client."""
    return new_shop()
