"""Who calls, found out by an authorizer or in the function itself, with the same result.

Authorizer events and answers are those of the HTTP API (simple) and the REST API (request, token).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payflow.aws.http.access import UNAVAILABLE
from payflow.aws.observability import logger
from payflow.domain.errors import Unavailable
from payflow.domain.merchant import Caller

Authenticated = Callable[[str | None], Caller | None]


def identity_of(event: Mapping[str, Any], authenticate: Authenticated) -> dict[str, str]:
    """The caller behind an event: `principal`, `merchant_id`, `key_id`; nobody is turned away here.

    The principal is `anonymous` without a valid key, `unavailable` if keys cannot be looked up.
    """
    try:
        caller = authenticate(authorization_header(event))
    except Unavailable:
        logger().warning("caller not looked up")
        return {"principal": UNAVAILABLE}
    if caller is None:
        return {"principal": "anonymous"}
    return {
        "principal": caller.principal.value,
        "merchant_id": caller.merchant_id or "",
        "key_id": caller.key_id,
    }


def authorization_header(event: Mapping[str, Any]) -> str | None:
    """The `Authorization` header as sent; None without one, or with several."""
    if "authorizationToken" in event:
        return str(event["authorizationToken"])
    several = event.get("multiValueHeaders") or {}
    single = {name: [value] for name, value in (event.get("headers") or {}).items()}
    found = [
        value
        for name, values in (several or single).items()
        if name.lower() == "authorization"
        for value in values
    ]
    return found[0] if len(found) == 1 else None


def authorizer_answer(event: Mapping[str, Any], identity: Mapping[str, str]) -> dict[str, Any]:
    """Let the request pass, with `identity` as its context."""
    if event.get("version") == "2.0":
        return {"isAuthorized": True, "context": dict(identity)}
    # One answer may serve every method of the API that shares the header.
    api, stage = event["methodArn"].split("/")[:2]
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": f"{api}/{stage}/*",
    }
    return {
        "principalId": identity["principal"],
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(identity),
    }
