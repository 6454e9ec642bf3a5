"""Errors of the domain, one tree.

PayFlowError
├── InvalidRequest          the request can never work as it is
│   └── NoSuchWallet …      (named by `code`, not by class)
├── Unauthenticated, Forbidden, NotFound
├── Conflict                the object is in the wrong state for the operation
│   └── VersionConflict     another writer was first: load again and decide anew
├── IdempotencyError        key missing, reused, or its first request still running
├── RateLimited, Unavailable
└── CurrencyMismatch        a programming error: money of two currencies was combined

Each carries `type` and `code` as published in the HTTP contract, `param` (a JSON path or None)
and `retryable`: whether the same request may succeed later.
"""

from __future__ import annotations

from typing import ClassVar


class PayFlowError(Exception):
    """Base of all expected errors."""

    type: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        code: str,
        message: str,
        *,
        param: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        """`code` is stable and machine-readable; `message` is for people and holds no secret."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s


class MalformedRequest(PayFlowError):
    """The body is not JSON, or a header is missing or malformed (HTTP 400)."""

    type = "invalid_request"


class InvalidRequest(PayFlowError):
    """A field is missing, unknown, of the wrong type or out of range (HTTP 422)."""

    type = "invalid_request"


class Unauthenticated(PayFlowError):
    """No key, or one that is unknown or revoked (HTTP 401)."""

    type = "authentication"


class Forbidden(PayFlowError):
    """The key is known but may not do this (HTTP 403)."""

    type = "permission"


class NotFound(PayFlowError):
    """No such object for this caller, whether or not another merchant has one (HTTP 404)."""

    type = "not_found"


class Conflict(PayFlowError):
    """The object's state forbids the operation (HTTP 409)."""

    type = "conflict"


class VersionConflict(Conflict):
    """Another writer changed the object first; nothing was written."""

    retryable = True

    def __init__(self, object_id: str) -> None:
        """`object_id` names the contended object."""
        super().__init__("version_conflict", f"{object_id} was changed by another writer")


class IdempotencyKeyReused(PayFlowError):
    """The key was used with another body (HTTP 422); nothing was done."""

    type = "idempotency"


class IdempotencyInProgress(PayFlowError):
    """The first request with this key has not answered yet (HTTP 409)."""

    type = "idempotency"
    retryable = True


class PayloadTooLarge(PayFlowError):
    """The body exceeds the limit (HTTP 413)."""

    type = "invalid_request"


class UnsupportedMediaType(PayFlowError):
    """The body is declared as something else than JSON (HTTP 415)."""

    type = "invalid_request"


class RateLimited(PayFlowError):
    """Too many requests for this merchant (HTTP 429)."""

    type = "rate_limit"
    retryable = True


class Unavailable(PayFlowError):
    """A part of PayFlow cannot answer now; nothing was done (HTTP 503)."""

    type = "internal"
    retryable = True


class CurrencyMismatch(PayFlowError):
    """Money of two currencies was combined."""

    def __init__(self, left: str, right: str) -> None:
        """`left` and `right` are the two ISO 4217 codes."""
        super().__init__("currency_mismatch", f"cannot combine {left} with {right}")
