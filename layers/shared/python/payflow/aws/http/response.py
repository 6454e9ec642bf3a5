"""What a handler answers, and how API Gateway wants it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payflow.domain.answer import compact_json


@dataclass(frozen=True, slots=True)
class Response:
    """A status, the body's exact text, and headers beyond the usual ones."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def json_response(
    document: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`document` as compact JSON."""
    return Response(status, compact_json(document), headers or {})


def proxy_answer(response: Response, request_id: str) -> dict[str, Any]:
    """`response` in the form that both kinds of API take from a Lambda function."""
    headers = {
        "Content-Type": response.content_type,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **response.headers,
        "X-Request-Id": request_id,
    }
    return {
        "statusCode": response.status,
        "headers": headers,
        "body": response.body,
        "isBase64Encoded": False,
    }
