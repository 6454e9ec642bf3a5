"""Looking for a secret in stored data, in every form in which it could be read back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

_ALIGNMENTS = 3  # Base 64 packs three bytes at a time, so a text in it has three appearances.


def raw_bytes(value: Mapping[str, Any]) -> bytes:
    """All that a DynamoDB attribute value holds, nested values included."""
    ((_, content),) = value.items()
    return _flat(content)


def shows(raw: bytes, digits: str) -> bool:
    """Whether `raw` has `digits` as text, reversed, packed, in hexadecimal or in base 64."""
    plain = digits.encode()
    packed = bytes.fromhex(digits + "0" * (len(digits) % 2))
    forms = [plain, plain[::-1], packed, plain.hex().encode()]
    return any(form in raw for form in (*forms, *_in_base_64(plain)))


def _in_base_64(plain: bytes) -> list[bytes]:
    encoded = (base64.b64encode(b"x" * offset + plain) for offset in range(_ALIGNMENTS))
    # The ends also depend on what stands before and after.
    return [form[4:-4] for form in encoded]


def _flat(content: Any) -> bytes:
    if isinstance(content, Mapping):
        return b"\n".join(name.encode() + b" " + _flat(part) for name, part in content.items())
    if isinstance(content, list):
        return b"\n".join(map(_flat, content))
    return content if isinstance(content, bytes) else str(content).encode()
