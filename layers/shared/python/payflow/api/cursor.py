"""Page cursors: opaque, and good only for the list that they came from.

A cursor is a position with a digest over that position, the merchant and the filters, so a foreign
one, an altered one, or one used with other filters is refused. Isolation does not rest on this: the
query behind a cursor is always limited to the caller's own merchant.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from payflow.domain.errors import InvalidRequest
from payflow.domain.ids import derived_id, same_secret

CURSOR_LENGTH_MAX: Final = 512
_DIGEST_LENGTH: Final = 16


def encode_cursor(position: str | None, *scope: str) -> str | None:
    """A cursor to `position` in the list that `scope` names; None stays None."""
    if position is None:
        return None
    return base64.urlsafe_b64encode(f"{_digest(position, scope)}{position}".encode()).decode()


def decode_cursor(cursor: str | None, *scope: str) -> str | None:
    """The position behind `cursor`; raises `InvalidRequest` for a foreign one."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor[:CURSOR_LENGTH_MAX], altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    position = text[_DIGEST_LENGTH:]
    if not same_secret(encode_cursor(position, *scope) or "", cursor):
        raise InvalidRequest("invalid_cursor", "Not a cursor of this list.", param="cursor")
    return position


def _digest(position: str, scope: tuple[str, ...]) -> str:
    return derived_id("", position, *scope)[1 : 1 + _DIGEST_LENGTH]
