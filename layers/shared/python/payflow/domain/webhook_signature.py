"""Signing and verifying webhooks in both directions, by the Standard Webhooks scheme.

What is signed is `id.timestamp.body`, byte for byte as it is on the wire, with HMAC-SHA256. While a
secret is being replaced, the sender signs with both and the receiver accepts either. Source: the
Standard Webhooks specification, 1.0.0 (symmetric signatures).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
SECRET_PREFIX: Final = "whsec_"
TOLERANCE: Final = timedelta(seconds=300)
"""How far the sender's clock may be from ours, and how long a recorded message stays good."""

SIGNATURES_MAX: Final = 8
"""How many signatures of one message are looked at."""

_VERSION: Final = "v1,"
# Without full stops, which separate the signed parts.
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")


def signed_headers(
    secrets: Sequence[bytes], *, message_id: str, sent_at: datetime, body: bytes
) -> dict[str, str]:
    """The three headers that make `body` the message `message_id`, signed with each of `secrets`.

    `message_id` stays the same in every repetition; `sent_at` is the time of this one.
    """
    timestamp = str(int(sent_at.timestamp()))
    signatures = [_signature(secret, message_id, timestamp, body) for secret in secrets]
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: " ".join(signatures),
    }


def verified_id(
    secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime
) -> str | None:
    """The id of the message, if one of `secrets` signed it within `TOLERANCE` of `now`; else None.

    `headers` have lower-case names. Every signature is compared with every secret, each comparison
    in constant time.
    """
    message_id = headers.get(ID_HEADER, "")
    timestamp = headers.get(TIMESTAMP_HEADER, "")
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        return None
    if abs(now.astimezone(UTC).timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return None
    given = headers.get(SIGNATURE_HEADER, "").split(" ")[:SIGNATURES_MAX]
    matches = [
        hmac.compare_digest(one.encode(), _signature(secret, message_id, timestamp, body).encode())
        for secret in secrets
        for one in given
    ]
    return message_id if any(matches) else None


def signing_key(secret: str) -> bytes:
    """The key that a secret stands for: what `whsec_` encodes in base64, else the text itself.

    Raises `ValueError` for one that encodes nothing: an empty key would accept anybody.
    """
    if not secret.startswith(SECRET_PREFIX):
        key = secret.encode()
    else:
        encoded = secret.removeprefix(SECRET_PREFIX)
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except binascii.Error:
            raise ValueError("a webhook secret is not base64") from None
    if not key:
        raise ValueError("a webhook secret is empty")
    return key


def _signature(secret: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    digest = hmac.new(secret, content, hashlib.sha256).digest()
    return _VERSION + base64.b64encode(digest).decode()
