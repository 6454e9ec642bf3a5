"""The authorizer: the answers that each kind of API takes, and what it never says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.authorize_request import handler
from payflow import wiring
from payflow.domain.errors import Unavailable
from payflow.domain.merchant import MerchantTerms

pytestmark = pytest.mark.usefixtures("fresh_wiring")

ARN = "arn:aws:execute-api:us-east-1:000000000000:api1/dev"


def http_request(*authorization: str) -> dict[str, Any]:
    headers = {"authorization": ",".join(authorization)} if authorization else {}
    return {"version": "2.0", "type": "REQUEST", "routeArn": f"{ARN}/GET/x", "headers": headers}


def rest_request(*authorization: str) -> dict[str, Any]:
    several = {"Authorization": list(authorization)} if authorization else {}
    return {
        "type": "REQUEST",
        "methodArn": f"{ARN}/GET/api/v1/payments",
        "headers": {name: values[-1] for name, values in several.items()} or None,
        "multiValueHeaders": several or None,
    }


def rest_token(authorization: str) -> dict[str, Any]:
    return {
        "type": "TOKEN",
        "methodArn": f"{ARN}/GET/api/v1/payments",
        "authorizationToken": authorization,
    }


def a_merchant() -> Any:
    return wiring.manage_merchants().create("Acme", MerchantTerms())


def test_an_http_api_is_told_the_caller() -> None:
    new = a_merchant()

    assert handler(http_request(f"Bearer {new.api_key.secret}"), None) == {
        "isAuthorized": True,
        "context": {
            "principal": "merchant",
            "merchant_id": new.merchant.id,
            "key_id": new.api_key.key.id,
        },
    }


@pytest.mark.parametrize("event", [rest_request, rest_token])
def test_a_rest_api_is_told_the_caller_and_lets_the_whole_api_pass(event: Any) -> None:
    new = a_merchant()

    answer = handler(event(f"Bearer {new.publishable_key.secret}"), None)

    assert answer["principalId"] == "publishable"
    assert answer["context"]["merchant_id"] == new.merchant.id
    assert answer["policyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{ARN}/*"}
    ]


def test_an_operator_has_an_empty_merchant() -> None:
    key = wiring.manage_merchants().issue_operator_key()

    context = handler(http_request(f"Bearer {key.secret}"), None)["context"]

    assert context == {"principal": "operator", "merchant_id": "", "key_id": key.key.id}


@pytest.mark.parametrize("event", [http_request, rest_request])
@pytest.mark.parametrize("authorization", [(), ("",), ("Bearer sk_test_nobody",), ("Basic eDp5",)])
def test_a_stranger_passes_as_nobody(event: Any, authorization: tuple[str, ...]) -> None:
    assert handler(event(*authorization), None)["context"] == {"principal": "anonymous"}


@pytest.mark.parametrize("event", [http_request, rest_request])
def test_two_keys_are_none(event: Any) -> None:
    sent = f"Bearer {a_merchant().api_key.secret}"

    assert handler(event(sent, sent), None)["context"] == {"principal": "anonymous"}


def test_when_keys_cannot_be_looked_up_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_answer(*_: Any) -> None:
        raise Unavailable("temporarily_unavailable", "no answer")

    monkeypatch.setattr(type(wiring.merchants()), "find_key", no_answer)

    answer = handler(http_request("Bearer sk_test_something"), None)

    assert answer == {"isAuthorized": True, "context": {"principal": "unavailable"}}


def test_neither_answer_nor_log_holds_the_key(capsys: pytest.CaptureFixture[str]) -> None:
    secret = a_merchant().api_key.secret

    answer = handler(http_request(f"Bearer {secret}"), None)

    assert secret not in json.dumps(answer) + "".join(capsys.readouterr())
