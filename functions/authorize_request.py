"""The authorizer of both kinds of API: says who calls, and never turns anybody away.

Who may do what is decided behind it, where a refusal has the one error shape. It is attached with
no identity source and no result cache: the gateway would answer for a missing header by itself, and
would hold a revoked key for longer than this function does.
"""

from __future__ import annotations

from typing import Any

from payflow import wiring
from payflow.aws.http.authorizer import authorizer_answer, identity_of


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The caller as context: `principal`, `merchant_id`, `key_id`, all text, empty if unknown."""
    return authorizer_answer(event, identity_of(event, wiring.authenticate()))
