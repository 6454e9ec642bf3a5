"""Keys that follow from one master key, so that each use has its own and only one is kept."""

from __future__ import annotations

import hashlib
import hmac


def derived_key(master: bytes, purpose: str, name: str) -> bytes:
    """The key of `name` for `purpose`: 256 bits that tell nothing of `master` or other keys.

    HMAC as a pseudorandom function of the length-prefixed context (NIST SP 800-108r1, 4.1, with
    one block of output).
    """
    context = b"".join(len(part).to_bytes(4, "big") + part for part in _encoded(purpose, name))
    return hmac.new(master, context, hashlib.sha256).digest()


def _encoded(*parts: str) -> tuple[bytes, ...]:
    return tuple(part.encode() for part in parts)
