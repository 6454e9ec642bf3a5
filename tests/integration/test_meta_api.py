"""The service about itself, through both kinds of API."""

from __future__ import annotations

from typing import Any

import pytest

from payflow import __version__, wiring
from payflow.api.openapi import openapi_document
from payflow.domain.errors import Unavailable
from tests.integration.test_payments_api import fits
from tests.support.api_client import ApiClient, Kind

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
    assert answer.document["parts"] == {
        "payments_table": {"status": "ok"},
        "control_table": {"status": "ok"},
    }
    assert len(answer.document["providers"]) >= 8


def test_a_provider_that_is_out_shows_in_health(operator: ApiClient) -> None:
    operator.call("PUT", "/internal/providers/mockCardA/faults", {"outage": True})

    health = operator.get("/internal/health").document

    assert health["status"] == "degraded"
    states = {one["id"]: (one["status"], one["outage"]) for one in health["providers"]}
    assert states["mockCardA"] == ("degraded", True)
    assert states["mockCardB"] == ("ok", False)


def test_a_table_that_does_not_answer_shows_in_health(
    operator: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer(*_: Any) -> None:
        raise Unavailable("temporarily_unavailable", "no answer")

    monkeypatch.setattr(type(wiring.payments()), "get", no_answer)
    monkeypatch.setattr(type(wiring.control()), "load", no_answer)

    answer = operator.get("/internal/health")

    assert answer.status == 200
    assert answer.document["status"] == "degraded"
    assert {part["status"] for part in answer.document["parts"].values()} == {"unavailable"}


def test_health_is_not_for_merchants(operator: ApiClient) -> None:
    key = operator.post("/internal/merchants", {"name": "A"}).document["api_key"]

    answer = ApiClient(operator.kind, key).get("/internal/health")

    assert answer.refusal == (403, "key_not_permitted", None)


@pytest.mark.parametrize("path", ["/", "/api/v1/nothing", "/api/v1/payments/", "/internal"])
def test_unknown_paths_end_here(kind: Kind, path: str) -> None:
    assert ApiClient(kind).get(path).refusal == (404, "route_not_found", None)
