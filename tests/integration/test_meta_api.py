"""The service about itself, through both kinds of API."""

from __future__ import annotations

import re
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from types_boto3_dynamodb import DynamoDBClient

from payflow import __version__, wiring
from payflow.api.openapi import openapi_document
from payflow.api.routes import ROUTES, Route
from payflow.aws import deployed_parts, settings
from payflow.aws.clients import client
from payflow.domain.errors import Unavailable
from tests.integration.test_payments_api import fits
from tests.support.api_client import ApiClient, Kind

PARTS = {
    "payments_table",
    "vault_table",
    "merchants_table",
    "control_table",
    "provider_books_table",
    "provider_calls_table",
    "payouts_table",
    "ledger_table",
    "wallets_table",
    "workflow",
}

pytestmark = pytest.mark.usefixtures("fresh_wiring")


def test_the_openapi_document_is_served_to_anybody(kind: Kind) -> None:
    answer = ApiClient(kind).get("/api/v1/openapi.json")

    assert answer.status == 200
    assert answer.document == openapi_document()


def test_the_docs_are_a_page_that_runs_nothing(kind: Kind) -> None:
    answer = ApiClient(kind).get("/docs")

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.body.startswith("<!doctype html>")


def test_health_tells_the_state_of_each_part(operator: ApiClient) -> None:
    answer = operator.get("/internal/health")

    assert answer.status == 200
    assert fits(answer.document, "Health")
    assert answer.document["status"] == "ok"
    assert answer.document["version"] == __version__
    assert answer.document["parts"] == {part: {"status": "ok"} for part in PARTS}
    assert len(answer.document["providers"]) >= 8


def test_a_provider_that_is_out_shows_in_health(operator: ApiClient) -> None:
    operator.call("PUT", "/internal/providers/mockCardA/faults", {"outage": True})

    health = operator.get("/internal/health").document

    assert health["status"] == "degraded"
    states = {one["id"]: (one["status"], one["outage"]) for one in health["providers"]}
    assert states["mockCardA"] == ("degraded", True)
    assert states["mockCardB"] == ("ok", False)


def test_parts_that_are_gone_show_in_health_each_by_itself(
    operator: ApiClient, dynamodb: DynamoDBClient
) -> None:
    dynamodb.delete_table(TableName=settings.vault().table)
    machine = settings.state_machine_arn()
    client("stepfunctions").delete_state_machine(stateMachineArn=machine)

    answer = operator.get("/internal/health")

    assert answer.status == 200
    assert fits(answer.document, "Health")
    assert answer.document["status"] == "degraded"
    assert states(answer.document) == dict.fromkeys(PARTS, "ok") | {
        "vault_table": "unavailable",
        "workflow": "unavailable",
    }


def test_a_control_table_that_does_not_answer_shows_in_health(
    operator: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer(*_: Any) -> None:
        raise Unavailable("temporarily_unavailable", "no answer")

    monkeypatch.setattr(type(wiring.control()), "load", no_answer)

    answer = operator.get("/internal/health")

    assert (answer.status, answer.document["status"]) == (200, "degraded")
    assert states(answer.document)["control_table"] == "unavailable"
    assert answer.document["providers"] == []


def test_health_does_not_wait_for_a_part_that_hangs(
    operator: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough = Event()

    def hanging(**_: Any) -> Any:
        enough.wait(30)
        raise ReadTimeoutError(endpoint_url="x")

    monkeypatch.setattr(deployed_parts, "ANSWER_TIME_MAX_S", 0.2)
    monkeypatch.setattr(client("stepfunctions"), "describe_state_machine", hanging)

    answer = operator.get("/internal/health")
    enough.set()

    assert states(answer.document) == dict.fromkeys(PARTS, "ok") | {"workflow": "unavailable"}


def test_health_is_not_for_merchants(operator: ApiClient) -> None:
    key = operator.post("/internal/merchants", {"name": "A"}).document["api_key"]

    answer = ApiClient(operator.kind, key).get("/internal/health")

    assert answer.refusal == (403, "key_not_permitted", None)


@pytest.mark.parametrize("path", ["/", "/api/v1/nothing", "/api/v1/payments/", "/internal"])
def test_unknown_paths_end_here(kind: Kind, path: str) -> None:
    assert ApiClient(kind).get(path).refusal == (404, "route_not_found", None)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_another_method_on_a_known_path_ends_here_too(kind: Kind, route: Route) -> None:
    path = re.sub(r"{\w+}", "x", route.path)

    answer = ApiClient(kind).call("OPTIONS", path)

    assert answer.refusal == (405, "method_not_allowed", None)
    assert route.method in answer.headers["Allow"].split(", ")


def states(health: dict[str, Any]) -> dict[str, str]:
    """Each part's status."""
    return {name: part["status"] for name, part in health["parts"].items()}
