"""What the origin refuses by itself, in the API's one error shape."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping

from aiohttp import web

from payflow.api.error_codes import ERROR_CODES

RETRY_AFTER_S = 1


def new_request_id() -> str:
    """An id for a request that never reached the API."""
    return f"req_{secrets.token_hex(12)}"


class Refusal(Exception):
    """A request that the origin answers with an error instead of the API's answer.

    `kind` is the error's `type`; `param` names the header at fault, if one is.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        code: str,
        message: str,
        *,
        param: str | None = None,
        retryable: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self._request_id = new_request_id()
        self._error = {
            "type": kind,
            "code": code,
            "message": message,
            "param": param,
            "request_id": self._request_id,
            "doc_url": f"/docs#error-{code}" if code in ERROR_CODES else "/docs#errors",
            "retryable": retryable,
        }

    def response(self) -> web.Response:
        """The answer, with a request id of its own."""
        return web.Response(
            status=self.status,
            text=json.dumps({"error": self._error}, separators=(",", ":")),
            content_type="application/json",
            headers={**self.headers, "X-Request-Id": self._request_id},
        )


def malformed(message: str, *, param: str | None = None) -> Refusal:
    """The request is not HTTP as it should be (400)."""
    return Refusal(400, "invalid_request", "malformed_request", message, param=param)


def head_too_large() -> Refusal:
    """The request line or the headers have too many bytes (431)."""
    message = "The request line and its headers are too long."
    return Refusal(431, "invalid_request", "head_too_large", message)


def no_such_path() -> Refusal:
    """Nothing is served there (404)."""
    return Refusal(404, "not_found", "route_not_found", "There is no such path.")


def method_not_allowed(allowed: Iterable[str]) -> Refusal:
    """The path, or the origin as a whole, takes only the methods `allowed` (405)."""
    allow = ", ".join(sorted(allowed))
    message = f"This path takes {allow}."
    return Refusal(405, "invalid_request", "method_not_allowed", message, headers={"Allow": allow})


def unavailable(status: int, code: str, message: str) -> Refusal:
    """The API cannot answer now; the same request may succeed later (5xx)."""
    wait = {"Retry-After": str(RETRY_AFTER_S)}
    return Refusal(status, "internal", code, message, retryable=True, headers=wait)
