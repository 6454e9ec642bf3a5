"""Identifiers: a prefix that tells the type, then 26 characters of Crockford's base 32.

Two kinds share the form. *Fresh* ids start with the time in milliseconds, so that they sort by
creation (the layout of ULID, 48 bits of time and 80 of randomness). *Derived* ids are a function of
what they stand for, so that a repeated request or a resumed workflow names the same object again.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Final

from payflow.domain.ports import Clock, Randomness

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH: Final = 26
_RANDOM_BYTES: Final = 10
# Two characters at a time: ids are made some twenty times in a payment's life.
_PAIRS: Final = [first + second for first in _ALPHABET for second in _ALPHABET]
_PAIR_SHIFTS: Final = range(5 * (_LENGTH - 2), -1, -10)


class Ids:
    """Makes fresh ids from the clock and randomness that are passed in."""

    def __init__(self, clock: Clock, randomness: Randomness) -> None:
        """Keep both ports; neither is called before `fresh`."""
        self._clock = clock
        self._randomness = randomness

    def fresh(self, prefix: str) -> str:
        """A new id such as `mer_01jd…`, sortable by creation time in milliseconds."""
        return f"{prefix}_{_base32(_ulid_bits(self._clock.now(), self._randomness))}"

    def secret(self, prefix: str) -> str:
        """An unguessable key such as `sk_test_…` with 160 bits of randomness."""
        return f"{prefix}_{self._randomness.randbytes(20).hex()}"


def derived_id(prefix: str, *parts: str) -> str:
    """The id that `parts` always give: 130 bits of SHA-256 over the length-prefixed parts.

    Length prefixes keep ("ab", "c") and ("a", "bc") apart, so keys never collide across
    merchants or paths (invariant 23).
    """
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return f"{prefix}_{_base32(int.from_bytes(digest.digest()[:17], 'big') >> 6)}"


def secret_hash(secret: str) -> str:
    """Hex SHA-256 of a key with at least 128 bits of entropy, for which no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same_secret(left: str, right: str) -> bool:
    """Compare two secrets or digests in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def _ulid_bits(now: datetime, randomness: Randomness) -> int:
    milliseconds = int(now.timestamp() * 1000)
    return (milliseconds << 80) | int.from_bytes(randomness.randbytes(_RANDOM_BYTES), "big")


def _base32(bits: int) -> str:
    return "".join([_PAIRS[(bits >> shift) & 1023] for shift in _PAIR_SHIFTS])
