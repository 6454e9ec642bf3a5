"""Secrets are found in whatever form they could be read back; what only looks like one is not."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest

from tools.doctor.secrecy import (
    Secrets,
    nothing_shows,
    passes_luhn,
    raw_bytes,
    vault_item_is_sealed,
)

KEY = "sk_test_8d12b26c32dac6dc6ec0ff590f3db454a07df89d"
NUMBER, OTHER_NUMBER = "4242424242424242", "4539578763621486"
SECRETS = Secrets([KEY])
SEALED = {"B": b"\x91" * 44}
IN_VAULT: dict[str, Any] = {
    "token": {"S": "tok_1"},
    "last4": {"S": "4242"},
    "card": SEALED,
    "card_key": SEALED,
    "cvc": SEALED,
    "cvc_key": SEALED,
    "expires_at": {"N": "1"},
}


def found(raw: bytes) -> list[str]:
    return [problem.text for problem in nothing_shows(SECRETS, "somewhere", raw)]


@pytest.mark.parametrize(
    "raw",
    [
        NUMBER.encode(),
        f"x{NUMBER}y".encode(),
        NUMBER[::-1].encode(),
        bytes.fromhex(NUMBER),
        NUMBER.encode().hex().encode(),
        base64.b64encode(b'{"n":"' + NUMBER.encode() + b'"}'),
        base64.b64encode(b"{'n':'" + b"a" + NUMBER.encode() + b"'}"),
    ],
)
def test_a_test_card_is_found_in_every_form(raw: bytes) -> None:
    assert "shows a card number ending in 4242" in found(raw)


def test_any_other_card_number_is_found_as_text() -> None:
    assert found(f'{{"card": "{OTHER_NUMBER}"}}'.encode()) == ["shows a card number ending in 1486"]


@pytest.mark.parametrize(
    "harmless",
    [
        "4539578763621487",  # the check digit is wrong
        "1795626984818",  # a time in milliseconds
        f"a{OTHER_NUMBER}",  # a part of some digest
        "510510******5100",
        "pay_4539578763621486ab",
        "sk_test_8d12…",
    ],
)
def test_what_only_looks_like_a_secret_is_none(harmless: str) -> None:
    assert found(harmless.encode()) == []


def test_keys_in_use_and_any_others_are_found_and_not_repeated() -> None:
    told = found(f"Bearer {KEY}".encode()) + found(b"ok_0123456789abcdef0123456789abcdef")

    assert "shows a key (sk_\N{HORIZONTAL ELLIPSIS})" in told
    assert "shows a key (ok_\N{HORIZONTAL ELLIPSIS})" in told
    assert KEY not in "".join(told)


def test_an_item_is_looked_through_to_its_last_nested_and_deflated_part() -> None:
    item = {
        "list": {"L": [{"M": {"deep": {"S": NUMBER}}}]},
        "answer": {"B": zlib.compress(f"frozen {OTHER_NUMBER}".encode())},
        "broken": {"B": b"\x78no deflated data"},
    }

    assert len(found(raw_bytes(item))) == 2


def test_luhn_knows_a_wrong_digit() -> None:
    assert passes_luhn(NUMBER)
    assert not passes_luhn("4242424242424241")


def test_a_sealed_vault_item_is_well() -> None:
    assert list(vault_item_is_sealed("tok_1", IN_VAULT)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"card": {"S": NUMBER}}, "card is not sealed"),
        ({"cvc": {"B": b"123"}}, "cvc is not sealed"),
        ({"card_key": None}, "are not together"),
        ({"expires_at": None}, "holds a CVC for ever"),
    ],
)
def test_an_open_vault_item_is_told(change: dict[str, Any], told: str) -> None:
    item = {name: value for name, value in (IN_VAULT | change).items() if value is not None}

    assert any(told in problem.text for problem in vault_item_is_sealed("tok_1", item))
