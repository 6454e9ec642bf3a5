"""From error to HTTP: one table of statuses, one shape of body."""

from __future__ import annotations

import re
from typing import Final

from payflow.aws.http.response import Response, json_response
from payflow.domain.errors import (
    Conflict,
    Forbidden,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InvalidRequest,
    MalformedRequest,
    NotFound,
    PayFlowError,
    PayloadTooLarge,
    RateLimited,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)


class MethodNotAllowed(PayFlowError):
    """The path exists, but not with this method (HTTP 405)."""

    type = "invalid_request"

    def __init__(self, allowed: list[str]) -> None:
        """`allowed` are the methods that the path does have."""
        super().__init__("method_not_allowed", f"This path takes {', '.join(allowed)}.")
        self.allowed = allowed


STATUS: Final[dict[type[PayFlowError], int]] = {
    MalformedRequest: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    IdempotencyInProgress: 409,
    PayloadTooLarge: 413,
    UnsupportedMediaType: 415,
    InvalidRequest: 422,
    IdempotencyKeyReused: 422,
    RateLimited: 429,
    Unavailable: 503,
}
"""A class that is not here answers like its nearest base, and as 500 if it has none."""

_INTERNAL: Final = 500
_PARAM_LENGTH_MAX: Final = 200
_CARD_NUMBER: Final = re.compile(r"\d(?:[ ._-]?\d){11,}")


def error_response(error: PayFlowError, request_id: str) -> Response:
    """The answer to a request that failed with `error`."""
    status = _status(error)
    if status == _INTERNAL:
        error = InternalError()
    body = {
        "type": error.type,
        "code": error.code,
        "message": _safe(error.message),
        "param": _safe(error.param[:_PARAM_LENGTH_MAX]) if error.param is not None else None,
        "request_id": request_id,
        "doc_url": f"/docs#error-{error.code}",
        "retryable": error.retryable,
    }
    return json_response({"error": body}, status=status, headers=_headers(error))


class InternalError(PayFlowError):
    """Something failed that should not have; what it was stays in the log (HTTP 500)."""

    retryable = True

    def __init__(self) -> None:
        super().__init__("internal_error", "PayFlow failed to answer. It is safe to try again.")


def _status(error: PayFlowError) -> int:
    known = (STATUS[base] for base in type(error).__mro__ if base in STATUS)
    return next(known, _INTERNAL)


def _headers(error: PayFlowError) -> dict[str, str]:
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, Unauthenticated):
        # RFC 6750, 3: an error code only if a credential was sent.
        sent = ', error="invalid_token"' if error.code == "api_key_invalid" else ""
        headers["WWW-Authenticate"] = f'Bearer realm="payflow"{sent}'
    return headers


def _safe(text: str) -> str:
    # A client may put a card number anywhere, even into the name of a field.
    return _CARD_NUMBER.sub("…", text)
