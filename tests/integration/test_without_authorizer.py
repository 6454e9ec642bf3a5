"""Functions behind a gateway without an authorizer find out themselves who calls."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from payflow import wiring
from payflow.api.routes import ROUTES, Route
from payflow.domain.errors import Unavailable
from payflow.domain.merchant import MerchantTerms
from tests.support.api_client import Event, http_api_event, rest_api_event

pytestmark = pytest.mark.usefixtures("fresh_wiring", "alone")

Build = Callable[..., Event]
OPERATOR = {"principal": "operator", "merchant_id": "", "key_id": "key_1"}
GUARDED = [route for route in ROUTES if route.auth != "none"]
PAYMENTS = next(route for route in ROUTES if route.key == "GET /api/v1/payments")
MERCHANTS = next(route for route in ROUTES if route.key == "GET /internal/merchants")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions as the stack deploys them without an authorizer."""
    monkeypatch.setenv("AUTHORIZER", "in_function")


@pytest.fixture(params=[http_api_event, rest_api_event], ids=["http", "rest"])
def build(request: pytest.FixtureRequest) -> Build:
    chosen: Build = request.param
    return chosen


def ask(build: Build, route: Route, **more: Any) -> tuple[int, Any]:
    """(status, document) of the function behind `route`, from the gateway's event as it is."""
    values = {name: "x" for name in ("id", "key_id") if f"{{{name}}}" in route.path}
    path = route.path.format(**values)
    event = build(route.method, path, route=route, path_params=values, **more)
    answer = importlib.import_module(f"functions.{route.function}").handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def a_merchant_key() -> str:
    return wiring.manage_merchants().create("Acme", MerchantTerms()).api_key.secret


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.key)
def test_every_route_refuses_who_sends_no_key(build: Build, route: Route) -> None:
    status, answer = ask(build, route)

    assert (status, answer["error"]["code"]) == (401, "api_key_missing")


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.key)
def test_every_route_refuses_an_unknown_key(build: Build, route: Route) -> None:
    status, answer = ask(build, route, headers=bearer("sk_test_nobody"))

    assert (status, answer["error"]["code"]) == (401, "api_key_invalid")


def test_a_merchants_key_opens_what_is_the_merchants(build: Build) -> None:
    key = a_merchant_key()

    assert ask(build, PAYMENTS, headers=bearer(key))[0] == 200
    status, answer = ask(build, MERCHANTS, headers=bearer(key))
    assert (status, answer["error"]["code"]) == (403, "key_not_permitted")


def test_an_operators_key_opens_what_is_the_operators(build: Build) -> None:
    key = wiring.manage_merchants().issue_operator_key().secret

    assert ask(build, MERCHANTS, headers=bearer(key))[0] == 200


def test_nobody_is_who_an_event_says_without_a_key(build: Build) -> None:
    status, answer = ask(build, MERCHANTS, identity=OPERATOR)

    assert (status, answer["error"]["code"]) == (401, "api_key_missing")


def test_when_keys_cannot_be_looked_up_it_says_so(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer(*_: Any) -> None:
        raise Unavailable("temporarily_unavailable", "no answer")

    monkeypatch.setattr(type(wiring.merchants()), "find_key", no_answer)

    status, answer = ask(build, PAYMENTS, headers=bearer("sk_test_something"))

    assert (status, answer["error"]["code"]) == (503, "temporarily_unavailable")


def test_a_public_route_costs_no_look_up(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MERCHANTS_TABLE")
    route = next(one for one in ROUTES if one.key == "GET /api/v1/openapi.json")

    assert ask(build, route, headers=bearer("sk_test_something"))[0] == 200


def test_with_an_authorizer_a_key_in_the_request_is_not_looked_at_again(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTHORIZER")
    key = a_merchant_key()

    status, answer = ask(build, PAYMENTS, headers=bearer(key))

    assert (status, answer["error"]["code"]) == (401, "api_key_invalid")
