"""The request headers that change what PayFlow does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from payflow.domain.errors import MalformedRequest

WAIT_S_MAX: Final = 25
"""API Gateway gives up after 29 s; the answer has to be on its way before that."""

_IDEMPOTENCY_KEY: Final = re.compile(r"[\x20-\x7e]{1,255}")
_WAIT: Final = re.compile(r'wait\s*=\s*"?([0-9]{1,18})"?\s*(?:;.*)?', re.IGNORECASE)


def idempotency_key(headers: Mapping[str, str]) -> str:
    """The `Idempotency-Key`, 1-255 printable ASCII characters; `headers` are in lower case.

    Raises `MalformedRequest`: `idempotency_key_required` or `idempotency_key_malformed`.
    """
    key = headers.get("idempotency-key", "").strip(" \t")
    if not key:
        raise MalformedRequest(
            "idempotency_key_required", "Send an Idempotency-Key header, unique to this operation."
        )
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise MalformedRequest(
            "idempotency_key_malformed", "An Idempotency-Key has 1-255 printable ASCII characters."
        )
    return key


def preferred_wait_s(headers: Mapping[str, str]) -> int | None:
    """Seconds to wait by `Prefer: wait=N` (RFC 7240, 4.3), at most 25; None when not asked for.

    Of several the first counts; what is malformed or unknown is ignored, as RFC 7240, 2 says. Tell
    the client what was done by `preference_applied`.
    """
    for preference in headers.get("prefer", "").split(","):
        found = _WAIT.fullmatch(preference.strip())
        if found:
            return min(int(found[1]), WAIT_S_MAX)
    return None


def preference_applied(wait_s: int | None) -> dict[str, str]:
    """The `Preference-Applied` header for a wait that was honoured; nothing if there was none."""
    return {} if wait_s is None else {"Preference-Applied": f"wait={wait_s}"}
