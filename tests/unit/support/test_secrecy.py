"""The search for secrets finds each form that it claims to find."""

from __future__ import annotations

import base64

import pytest

from tests.support.secrecy import raw_bytes, shows

NUMBER = "5105105105105100"


@pytest.mark.parametrize(
    "raw",
    [
        NUMBER.encode(),
        b"card " + NUMBER.encode() + b".",
        NUMBER[::-1].encode(),
        NUMBER.encode().hex().encode(),
        bytes.fromhex(NUMBER),
        *(base64.b64encode(b"x" * n + NUMBER.encode() + b"tail") for n in range(4)),
    ],
)
def test_a_number_is_found(raw: bytes) -> None:
    assert shows(b"before" + raw, NUMBER)


def test_another_number_is_not() -> None:
    assert not shows(b"4242424242424242 and 5105 1051", NUMBER)


def test_nested_values_are_looked_into() -> None:
    value = {"M": {"a": {"L": [{"S": "x"}, {"B": NUMBER.encode()}]}}}

    assert shows(raw_bytes(value), NUMBER)
