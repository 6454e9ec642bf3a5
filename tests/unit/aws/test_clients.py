"""One client a service, bounded in time and tries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from payflow.aws.clients import CALL_TIME_MAX_S, client, forget_clients, unavailable_on_failure
from payflow.domain.errors import Unavailable


@pytest.fixture(autouse=True)
def fresh_clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    forget_clients()
    yield
    forget_clients()


def test_a_service_has_one_client_in_a_process() -> None:
    assert client("dynamodb") is client("dynamodb")


def test_region_and_endpoint_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4599")

    made = client("kms")

    assert made.meta.region_name == "eu-west-1"
    assert made.meta.endpoint_url == "http://127.0.0.1:4599"


@pytest.mark.parametrize("service", ["dynamodb", "kms", "stepfunctions"])
def test_time_and_tries_are_bounded(service: Literal["dynamodb", "kms", "stepfunctions"]) -> None:
    config: Any = client(service).meta.config

    attempts = config.retries["total_max_attempts"]
    assert config.retries["mode"] == "standard"
    pauses = sum(2**repetition for repetition in range(attempts - 1))
    longest = attempts * (config.connect_timeout + config.read_timeout) + pauses
    assert longest == CALL_TIME_MAX_S == 7


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="x"),
        EndpointConnectionError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem"),
        ClientError({"Error": {}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "PutItem"),  # type: ignore[typeddict-item]  # as little as a gateway may answer
    ],
)
def test_what_passes_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable) as raised, unavailable_on_failure("payments table"):
        raise error

    assert raised.value.__cause__ is error
    assert raised.value.retry_after_s == 1


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_mistake_of_the_deployment_is_not_hidden(code: str) -> None:
    with pytest.raises(ClientError), unavailable_on_failure("payments table"):
        raise ClientError({"Error": {"Code": code}}, "PutItem")
