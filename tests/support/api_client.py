"""API Gateway in this process: matches the route, asks the authorizer, calls the function.

Both kinds of API, with the events that each sends. The functions run as they are deployed.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from payflow.api.routes import Route, matching

Event = dict[str, Any]
Kind = Literal["http", "rest"]
METHOD_ARN = "arn:aws:execute-api:us-east-1:000000000000:api1/dev"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.document["error"]

    @property
    def refusal(self) -> tuple[int, str, str | None]:
        """What a client acts on: status, code, param."""
        return self.status, self.error["code"], self.error["param"]


@dataclass(frozen=True)
class ApiClient:
    """A client of the API behind a gateway of one kind; `key` is sent with each request."""

    kind: Kind = "http"
    key: str | None = None

    def get(self, path: str, **more: Any) -> Answer:
        return self.call("GET", path, **more)

    def post(self, path: str, document: Any = None, **more: Any) -> Answer:
        return self.call("POST", path, document, **more)

    def call(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        if document is not None:
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(document)
        route, event = self._event(method, path, sent, body)
        handler = _handler(route.function if route else "meta_api")
        if route is not None and route.auth != "none":
            self._authorize(event, method)
        return _answer(handler(event, None))

    def _event(
        self, method: str, path: str, headers: Mapping[str, str], body: str | None
    ) -> tuple[Route | None, Event]:
        url = urlsplit(path)
        found = [one for one in matching(url.path) if one[0].method == method]
        route, values = found[0] if found else (None, {})
        build = http_api_event if self.kind == "http" else rest_api_event
        return route, build(
            method, url.path, route=route, path_params=values, query=url.query,
            headers=headers, body=body,
        )  # fmt: skip

    def _authorize(self, event: Event, method: str) -> None:
        if self.kind == "http":
            asked = {**event, "type": "REQUEST", "routeArn": f"{METHOD_ARN}/{method}/x"}
            answer = _handler("authorize_request")(asked, None)
            assert answer["isAuthorized"] is True
            event["requestContext"]["authorizer"] = {"lambda": answer["context"]}
        else:
            asked = {**event, "type": "REQUEST", "methodArn": f"{METHOD_ARN}/{method}/x"}
            answer = _handler("authorize_request")(asked, None)
            assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
            event["requestContext"]["authorizer"] = {
                **answer["context"],
                "principalId": answer["principalId"],
            }


def http_api_event(
    method: str,
    path: str,
    *,
    route: Route | None = None,
    path_params: Mapping[str, str] | None = None,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    identity: Mapping[str, str] | None = None,
) -> Event:
    """An HTTP API's event, payload format 2.0; `route` None is the catch-all route."""
    context: Event = {
        "requestId": "JKJaXmPLvHcESHA=",
        "http": {"method": method, "path": path, "sourceIp": "203.0.113.1"},
        "stage": "$default",
    }
    if identity is not None:
        context["authorizer"] = {"lambda": dict(identity)}
    event: Event = {
        "version": "2.0",
        "routeKey": route.key if route else "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if path_params:
        event["pathParameters"] = dict(path_params)
    if body is not None:
        event["body"] = body
    return event


def rest_api_event(
    method: str,
    path: str,
    *,
    route: Route | None = None,
    path_params: Mapping[str, str] | None = None,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    identity: Mapping[str, str] | None = None,
) -> Event:
    """A REST API's event, payload format 1.0; `route` None is the catch-all resource."""
    pairs = parse_qsl(query, keep_blank_values=True)
    several: dict[str, list[str]] = {}
    for name, value in pairs:
        several.setdefault(name, []).append(value)
    sent = dict(headers or {})
    context: Event = {"requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "stage": "dev"}
    if identity is not None:
        context["authorizer"] = {**identity, "principalId": identity.get("principal", "")}
    return {
        "resource": route.path if route else "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": sent or None,
        "multiValueHeaders": {name: [value] for name, value in sent.items()} or None,
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": several or None,
        "pathParameters": dict(path_params or {}) or None,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": False,
    }


def _handler(function: str) -> Any:
    return importlib.import_module(f"functions.{function}").handler


def _answer(result: Event) -> Answer:
    # API Gateway takes text for every header and the body, and an integer status.
    assert all(isinstance(value, str) for value in result["headers"].values())
    return Answer(int(result["statusCode"]), result["headers"], result["body"])
