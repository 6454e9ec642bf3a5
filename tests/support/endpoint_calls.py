"""Calls of one endpoint through `http_handler`, with the event of either kind of API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from payflow.api.routes import matching
from payflow.aws.http import Request, Response, http_handler, json_response
from tests.support.api_client import Event

Build = Callable[..., Event]
MERCHANT = {"principal": "merchant", "merchant_id": "mer_1", "key_id": "key_1"}
JSON_TYPE = {"Content-Type": "application/json"}


def by_gateway(_event: Mapping[str, Any]) -> None:
    """Who calls is in the event: an authorizer found out."""


class Spy:
    """An endpoint that keeps what it was given."""

    def __init__(self, answer: Callable[[Request], Response] | None = None) -> None:
        self.request: Request | None = None
        self._answer = answer or (lambda request: json_response({"ok": True}))

    def __call__(self, request: Request) -> Response:
        self.request = request
        return self._answer(request)

    @property
    def seen(self) -> Request:
        assert self.request is not None
        return self.request


def ask(
    build: Build,
    method: str,
    path: str,
    *,
    endpoint: Spy | None = None,
    identity: Mapping[str, str] | None = MERCHANT,
    matched: bool = True,
    **more: Any,
) -> tuple[int, Mapping[str, str], Any]:
    """(status, headers, document) from a function that serves just this route."""
    found = [one for one in matching(path) if one[0].method == method]
    route, values = found[0] if found else (None, {})
    event = build(
        method,
        path,
        route=route if matched else None,
        path_params=values,
        identity=identity,
        **more,
    )
    served = {route.key: endpoint or Spy()} if route else {"GET /docs": Spy()}
    answer = http_handler(served, identify=by_gateway)(event, None)
    return answer["statusCode"], answer["headers"], json.loads(answer["body"])


def reads_json(request: Request) -> Response:
    return json_response({"read": request.json()})
