"""API Gateway's events as one `Request`: HTTP APIs (payload 2.0) and REST APIs (payload 1.0)."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from payflow.aws.http.json_body import json_object
from payflow.domain.errors import Unauthenticated
from payflow.domain.merchant import Caller

_QUERY_PAIRS_MAX: Final = 50
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.:=-]{1,128}")
_CARD_LIKE: Final = re.compile(r"[0-9]{12}")
_KEY_LIKE: Final = re.compile(r"(?:sk|pk|ok|whsec)_", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request; header names are in lower case, path parameters are decoded.

    `route` is the route's key as API Gateway matched it (`GET /payments/{id}`). `body` is None
    when it is not what the client sent (its encoding is broken). `identity` is what the authorizer
    said; `sender` and `query` are set once access has been checked.
    """

    method: str
    route: str
    path: str
    request_id: str
    path_params: Mapping[str, str] = field(default_factory=dict)
    query_pairs: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=b"", repr=False)
    identity: Mapping[str, str] = field(default_factory=dict)
    sender: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Who is asking; raises `Unauthenticated` on a route that takes no key."""
        if self.sender is None:
            raise Unauthenticated("api_key_missing", "This operation needs an API key.")
        return self.sender

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; raises as `json_object` says."""
        return json_object(self.body, self.headers.get("content-type"))


def request_of(event: Mapping[str, Any]) -> Request:
    """The request in an API Gateway event; never fails on what a client may have sent."""
    context = event.get("requestContext") or {}
    headers = _headers(event)
    if "http" in context:
        method, path = context["http"]["method"], event["rawPath"]
        template = event.get("routeKey", "$default").partition(" ")[2]
        identity = (context.get("authorizer") or {}).get("lambda") or {}
        pairs = _parsed_query(event.get("rawQueryString") or "")
    else:
        method, path, template = event["httpMethod"], event["path"], event["resource"]
        identity = context.get("authorizer") or {}
        pairs = _listed_query(event)
    return Request(
        method=method,
        route=f"{method} {template}",
        path=path,
        request_id=_request_id(headers, str(context.get("requestId", ""))),
        path_params={k: unquote(v) for k, v in (event.get("pathParameters") or {}).items()},
        query_pairs=pairs,
        headers=headers,
        body=_body(event),
        identity={key: str(value) for key, value in identity.items() if value is not None},
    )


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    # Repeated headers are joined as RFC 9110, 5.3 allows; HTTP APIs have done so already.
    several = event.get("multiValueHeaders") or {}
    single = event.get("headers") or {}
    joined = {name.lower(): ", ".join(values) for name, values in several.items()}
    return {**{name.lower(): value for name, value in single.items()}, **joined}


def _parsed_query(raw: str) -> tuple[tuple[str, str], ...]:
    # Pairs beyond the limit are cut off; no route knows that many, so one is refused anyway.
    pairs = raw.split("&")[:_QUERY_PAIRS_MAX]
    return tuple(parse_qsl("&".join(pairs), keep_blank_values=True))


def _listed_query(event: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    several = event.get("multiValueQueryStringParameters")
    if several:
        pairs = [(name, value) for name, values in several.items() for value in values]
        return tuple(pairs[:_QUERY_PAIRS_MAX])
    return tuple((event.get("queryStringParameters") or {}).items())[:_QUERY_PAIRS_MAX]


def _body(event: Mapping[str, Any]) -> bytes | None:
    body = event.get("body") or ""
    try:
        if event.get("isBase64Encoded"):
            return base64.b64decode(body, validate=True)
        # U+FFFD stands where the gateway found bytes that are not UTF-8.
        return None if "\ufffd" in body else body.encode()
    except (binascii.Error, UnicodeEncodeError):
        return None


def _request_id(headers: Mapping[str, str], gateway_id: str) -> str:
    sent = headers.get("x-request-id", "")
    secret = _KEY_LIKE.search(sent) or _CARD_LIKE.search(re.sub(r"\W|_", "", sent))
    if _REQUEST_ID.fullmatch(sent) and not secret:
        return sent
    if _REQUEST_ID.fullmatch(gateway_id):
        return f"req_{gateway_id}"
    return f"req_{secrets.token_hex(16)}"
