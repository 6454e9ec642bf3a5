"""The two functions of the control table, from their events to what is stored."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow import wiring
from payflow.api.openapi import openapi_text
from payflow.aws import settings
from payflow.aws.payment_item import payment_to_item
from payflow.domain.errors import Unavailable, VersionConflict
from payflow.domain.ids import derived_id
from payflow.domain.outcomes import Category, Outcome, ProviderResult
from payflow.domain.payment import Claim, Payment
from payflow.domain.provider import BreakerState
from tests.support.builders import a_payment, a_result, tried

FAILED = a_result(Outcome.ERROR, Category.PROVIDER_TECHNICAL, code="processing_error")
UNKNOWN = a_result(Outcome.UNKNOWN, Category.UNKNOWN)


@pytest.fixture(autouse=True)
def fresh_wiring(cloud: None) -> Iterator[None]:
    """Parts made anew for this test's cloud."""
    made = [part for part in vars(wiring).values() if hasattr(part, "cache_clear")]
    for part in made:
        part.cache_clear()
    yield
    for part in made:
        part.cache_clear()


def call(method: str, path: str, body: Any = None, *, principal: str = "operator") -> Any:
    """(status, document) of an HTTP request as the gateway passes it on."""
    handler = importlib.import_module("functions.providers_api").handler
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "authorization": "Bearer x"},
        "requestContext": {
            "requestId": "abc",
            "http": {"method": method},
            "authorizer": {"lambda": {"principal": principal, "key_id": "key_1"}},
        },
        "body": json.dumps(body) if body is not None else "",
        "isBase64Encoded": False,
    }
    answer = handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


def an_update(number: int, result: ProviderResult, provider: str = "mockCardA") -> dict[str, Any]:
    """The stream's record of a payment whose call to `provider` came back with `result`."""
    now = wiring.clock().now()
    born = a_payment(
        id=derived_id("pay", str(number)),
        claim=Claim("0" * 64),
        created_at=now,
        updated_at=now,
    )
    return a_record(born, tried(born, provider, result, at=now), number)


def a_record(before: Payment, after: Payment, number: int) -> dict[str, Any]:
    return {
        "eventID": str(number),
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "SequenceNumber": f"{number:021}",
            "OldImage": payment_to_item(before),
            "NewImage": payment_to_item(after),
        },
    }


def deliver(*records: dict[str, Any]) -> Any:
    handler = importlib.import_module("functions.follow_payments").handler
    return handler({"Records": list(records)}, None)


class TestProvidersApi:
    def test_every_deployed_provider_is_listed(self) -> None:
        status, answer = call("GET", "/internal/providers")

        assert status == 200
        assert len(answer["data"]) >= 8
        assert all(p["health"]["breaker"] == "closed" for p in answer["data"])

    def test_what_is_put_is_what_is_got(self) -> None:
        _, shown = call("GET", "/internal/providers/mockCardB")
        wanted = {**shown, "priority": 1}

        status, answer = call("PUT", "/internal/providers/mockCardB", wanted)

        assert status == 200
        assert answer["priority"] == 1
        assert call("GET", "/internal/providers/mockCardB") == (200, answer)
        assert wiring.control().load().documents()["mockCardB"]["priority"] == 1

    def test_what_is_answered_is_what_the_openapi_document_says(self) -> None:
        components = json.loads(openapi_text())["components"]
        schema = {**components["schemas"]["Provider"], "components": components}

        _, answer = call("PUT", "/internal/providers/mockCardA/faults", {"outage": True})

        jsonschema.validate(answer, schema)
        for provider in call("GET", "/internal/providers")[1]["data"]:
            jsonschema.validate(provider, schema)

    def test_the_minimal_entry_is_enough(self) -> None:
        minimal = {
            "id": "mockCardA",
            "type": "CARD",
            "timeoutMs": 1200,
            "failureRate": 0.05,
            "latencyMs": {"min": 150, "max": 800},
            "routingRules": {"bins": ["51*", "52*"], "maxAmount": 500000},
        }

        status, answer = call("PUT", "/internal/providers/mockCardA", minimal)

        assert status == 200
        assert minimal.items() <= answer.items()

    def test_a_bad_document_is_422_with_every_error(self) -> None:
        status, answer = call(
            "PUT", "/internal/providers/mockCardA", {"type": "CARD", "failureRate": 7}
        )

        assert status == 422
        assert answer["error"]["code"] == "invalid_provider_config"
        assert "timeoutMs" in answer["error"]["message"]
        assert "failureRate" in answer["error"]["message"]

    def test_faults_are_set_shown_and_removed(self) -> None:
        faults = {"outage": True, "duration_s": 60}

        status, broken = call("PUT", "/internal/providers/mockCardA/faults", faults)
        assert (status, broken["faults"]["outage"]) == (200, True)
        assert wiring.market().snapshot().faults["mockCardA"].outage

        status, mended = call("DELETE", "/internal/providers/mockCardA/faults")
        assert (status, mended["faults"]) == (200, None)

    def test_a_provider_that_is_not_there_is_404(self) -> None:
        status, answer = call("PUT", "/internal/providers/ghost/faults", {"outage": True})

        assert (status, answer["error"]["code"]) == (404, "provider_not_found")

    def test_merchants_may_not(self) -> None:
        status, _ = call("PUT", "/internal/providers/mockCardA/faults", {}, principal="merchant")

        assert status == 403

    def test_explaining_makes_and_stores_nothing(self, dynamodb: DynamoDBClient) -> None:
        card = {"number": "5105105105105100", "exp_month": 12, "exp_year": 2090, "cvc": "123"}
        body = {
            "amount": 125_000,
            "currency": "INR",
            "method": {"type": "card", "card": card},
            "routing": {"strategy": "priority"},
        }

        status, answer = call("POST", "/internal/routing/explain", body)

        decision = answer["decision"]
        assert (status, decision["strategy"]) == (200, "priority")
        assert decision["candidates"][0]["provider"] == "mockCardA"
        assert decision["candidates"][0]["reasons"]
        assert {e["provider"]: e["reason"] for e in decision["excluded"]}["mockUpiA"] == (
            "method_not_supported"
        )
        for table in (settings.payments_table(), settings.control_table()):
            assert dynamodb.scan(TableName=table)["Items"] == []

    def test_a_strategy_that_nobody_knows_is_422(self) -> None:
        body = {
            "amount": 1,
            "currency": "INR",
            "method": {"type": "upi", "upi": {"vpa": "asha@okbank"}},
            "routing": {"strategy": "coin_toss"},
        }

        status, answer = call("POST", "/internal/routing/explain", body)

        assert (status, answer["error"]["param"]) == (422, "routing.strategy")


class TestUpdateHealth:
    def test_an_outage_in_the_stream_opens_the_breaker_that_routers_see(self) -> None:
        deliver(*(an_update(n, FAILED) for n in range(12)))

        health = wiring.market().snapshot().health["mockCardA"]
        assert health.state is BreakerState.OPEN
        _, shown = call("GET", "/internal/providers/mockCardA")
        assert shown["health"]["breaker"] in ("open", "half_open")
        assert shown["health"]["success_rate"] == 0.0

    def test_a_batch_that_is_delivered_twice_counts_once(self) -> None:
        batch = [an_update(n, UNKNOWN) for n in range(6)]

        deliver(*batch)
        deliver(*batch)

        control = wiring.control().load()
        assert control.health.version == 1
        assert round(control.health.content.records["mockCardA"].window.calls) == 6

    def test_a_record_that_nobody_can_read_holds_nothing_up(self) -> None:
        poison = an_update(2, FAILED)
        poison["dynamodb"]["NewImage"]["attempts"] = {"S": "nonsense"}

        deliver(an_update(1, FAILED), poison, an_update(3, FAILED))

        records = wiring.control().load().health.content.records
        assert round(records["mockCardA"].window.calls) == 2

    def test_a_batch_that_cannot_be_stored_comes_again_whole(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def contended(*_: object) -> None:
            raise VersionConflict("health")

        monkeypatch.setattr(wiring.control(), "save_health", contended)

        with pytest.raises(Unavailable):
            deliver(an_update(7, FAILED), an_update(8, FAILED))

    def test_the_health_of_all_deployed_providers_is_four_write_units(
        self, dynamodb: DynamoDBClient
    ) -> None:
        for name in wiring.control().load().documents():
            first = 1000 * int.from_bytes(name.encode(), "big")
            deliver(*(an_update(first + n, UNKNOWN, name) for n in range(60)))

        stored = dynamodb.get_item(TableName=settings.control_table(), Key={"id": {"S": "health"}})[
            "Item"
        ]
        assert len(stored["document"]["S"]) < 4 * 1024 - 50
