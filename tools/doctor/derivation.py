"""How identifiers follow from what they stand for, worked out a second time.

The product has its own function for this, which is what the checks are about.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
ID_BITS: Final = 130
BITS_PER_CHARACTER: Final = 5
LENGTH_BYTES: Final = 4


def expected_id(prefix: str, *parts: str) -> str:
    """The first 130 bits of SHA-256 over the parts, each after its length, in base 32."""
    framed = b"".join(
        len(part.encode()).to_bytes(LENGTH_BYTES, "big") + part.encode() for part in parts
    )
    bits = "".join(f"{byte:08b}" for byte in hashlib.sha256(framed).digest())[:ID_BITS]
    characters = (
        CROCKFORD[int(bits[start : start + BITS_PER_CHARACTER], 2)]
        for start in range(0, ID_BITS, BITS_PER_CHARACTER)
    )
    return f"{prefix}_{''.join(characters)}"


@lru_cache(maxsize=4096)
def expected_key(payment_id: str, attempt_number: int) -> str:
    """The provider key of that attempt."""
    return expected_id("pk", payment_id, str(attempt_number))
