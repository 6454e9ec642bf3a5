"""API Gateway's authorizer events and answers: HTTP API (simple), REST API (request or token)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
