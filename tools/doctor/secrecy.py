"""Invariant 32: nowhere a full card number, a CVC or a key that could be read back.

Test instruments and the keys in use are looked for in every form in which they could be read back;
any other card number as a run of digits with a valid check digit, in the ranges of the networks.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from payflow.aws.attributes import Item
from payflow.domain.payment import Status
from payflow.providers.simulated.instruments import CARDS
from tools.doctor.charging import PaymentCheck
from tools.doctor.facts import PaymentFacts, Terms
from tools.doctor.findings import Problem

ALIGNMENTS: Final = 3
"""Base 64 packs three bytes at a time, so a text in it has three appearances."""

INFLATED_BYTES_MAX: Final = 1 << 20
ZLIB_MARK: Final = b"\x78"
SHOWN_OF_A_NUMBER: Final = 4

CARD_NUMBER: Final = re.compile(
    rb"(?<![0-9A-Za-z.])(?:4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6\d{15,18})(?![0-9A-Za-z])"
)
KEY: Final = re.compile(rb"\b(?:sk_test|pk_test|ok|whsec)_[0-9A-Za-z+/=]{24,}")
SEALED_BYTES_MIN: Final = 28
"""A nonce of 12 bytes and a tag of 16 (NIST SP 800-38D) stand beside whatever is sealed."""

VAULT_SEALED: Final = ("card", "card_key", "cvc", "cvc_key")


class Secrets:
    """What must not be found anywhere."""

    def __init__(self, keys: Iterable[str]) -> None:
        """`keys` are API keys in use."""
        self._names: dict[bytes, str] = {}
        for number in CARDS:
            for form in _forms(number):
                self._names[form] = f"a card number ending in {number[-SHOWN_OF_A_NUMBER:]}"
        for key in keys:
            self._names[key.encode()] = f"a key ({key.partition('_')[0]}_…)"
        self._known = re.compile(b"|".join(map(re.escape, self._names)))

    def found_in(self, raw: bytes) -> set[str]:
        """What of it `raw` shows, in words that do not show it."""
        found = {self._names[match] for match in self._known.findall(raw)}
        for number in CARD_NUMBER.findall(raw):
            if passes_luhn(number.decode()):
                found.add(f"a card number ending in {number[-SHOWN_OF_A_NUMBER:].decode()}")
        for key in KEY.findall(raw):
            found.add(f"a key ({key.partition(b'_')[0].decode()}_…)")
        return found


def _forms(digits: str) -> Iterator[bytes]:
    """As text, reversed, as packed decimal, in hexadecimal and in base 64."""
    plain = digits.encode()
    yield from (plain, plain[::-1], bytes.fromhex(digits + "0" * (len(digits) % 2)))
    yield plain.hex().encode()
    for offset in range(ALIGNMENTS):
        # The ends also depend on what stands before and after.
        yield base64.b64encode(b"x" * offset + plain)[4:-4]


def passes_luhn(digits: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1, annex B)."""
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    total = sum(n // 10 + n % 10 for n in doubled) + sum(int(digit) for digit in digits[-1::-2])
    return total % 10 == 0


def nothing_shows(secrets: Secrets, where: str, raw: bytes) -> Iterator[Problem]:
    """32: `raw`, which is stored at `where`, shows none of the secrets."""
    for found in sorted(secrets.found_in(raw)):
        yield Problem(32, where, f"shows {found}")


def raw_bytes(item: Item) -> bytes:
    """All that an item holds: names, nested values, and what was deflated."""
    return b"\n".join(_flat(value, name) for name, value in item.items())


def _flat(value: Mapping[str, Any], name: str = "") -> bytes:
    ((_, content),) = value.items()
    return name.encode() + b" " + _content(content)


def _content(content: Any) -> bytes:
    match content:
        case Mapping():
            return b"\n".join(_flat(part, name) for name, part in content.items())
        case list():
            return b"\n".join(
                _flat(part) if isinstance(part, Mapping) else _content(part) for part in content
            )
        case bytes() if content.startswith(ZLIB_MARK):
            return content + b"\n" + _inflated(content)
        case bytes():
            return content
        case _:
            return str(content).encode()


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(content, INFLATED_BYTES_MAX)
    except zlib.error:
        return b""


def vault_item_is_sealed(token: str, item: Item) -> Iterator[Problem]:
    """32: the vault's secrets are ciphertext beside a wrapped key, and a CVC has an end."""
    for name in VAULT_SEALED:
        if name in item:
            sealed = item[name].get("B")
            if not isinstance(sealed, bytes) or len(sealed) < SEALED_BYTES_MIN:
                yield Problem(32, token, f"{name} is not sealed")
    if ("card" in item) != ("card_key" in item) or ("cvc" in item) != ("cvc_key" in item):
        yield Problem(32, token, "a secret and its wrapped key are not together")
    if "cvc" in item and "expires_at" not in item:
        yield Problem(32, token, "holds a CVC for ever")


def cvc_is_gone(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """32: a CVC waits only until the authorisation has answered."""
    waiting = (Status.PENDING, Status.PROCESSING, Status.REQUIRES_ACTION)
    if facts.has_cvc and facts.payment.status not in waiting:
        text = f"is {facts.payment.status}, and the vault still holds its CVC"
        yield Problem(32, facts.payment.id, text)


SECRECY: Final[tuple[tuple[int, PaymentCheck], ...]] = ((32, cvc_is_gone),)
