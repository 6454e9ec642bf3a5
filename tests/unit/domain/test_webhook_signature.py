"""Signatures by the Standard Webhooks scheme, held against its reference implementation."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from payflow.domain.webhook_signature import (
    ID_HEADER,
    SIGNATURE_HEADER,
    SIGNATURES_MAX,
    TIMESTAMP_HEADER,
    TOLERANCE,
    signed_headers,
    signing_key,
    verified_id,
)
from tests.support.builders import NOON

OLD, NEW = b"the secret before", b"the secret after"
BODY = b'{"type":"payment.updated","note":"\xe2\x82\xb9 1,250"}'
SECOND = timedelta(seconds=1)

secrets = st.binary(min_size=1, max_size=64)
bodies = st.text().map(str.encode)
message_ids = st.from_regex(r"[A-Za-z0-9_-]{1,128}", fullmatch=True)


def signed(*keys: bytes, body: bytes = BODY, sent_at: datetime = NOON) -> dict[str, str]:
    return signed_headers(keys or (NEW,), message_id="cb_1", sent_at=sent_at, body=body)


def flipped(text: bytes, bit: int) -> bytes:
    """`text` with one bit changed."""
    place = bit % (8 * len(text))
    changed = bytearray(text)
    changed[place // 8] ^= 1 << (place % 8)
    return bytes(changed)


@given(secrets, message_ids, bodies)
def test_the_reference_accepts_what_we_sign(key: bytes, message_id: str, body: bytes) -> None:
    now = datetime.now(UTC)

    headers = signed_headers([key], message_id=message_id, sent_at=now, body=body)

    Webhook(key).verify(body, headers, json_parse=False)


@given(secrets, message_ids, bodies)
def test_we_accept_what_the_reference_signs(key: bytes, message_id: str, body: bytes) -> None:
    headers = {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: str(int(NOON.timestamp())),
        SIGNATURE_HEADER: Webhook(key).sign(message_id, NOON, body.decode()),
    }

    assert verified_id([key], headers, body, NOON) == message_id


def test_the_reference_refuses_another_key_as_we_do() -> None:
    headers = signed(OLD, sent_at=datetime.now(UTC))

    assert verified_id([NEW], headers, BODY, datetime.now(UTC)) is None
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY, headers, json_parse=False)


@given(st.integers(min_value=0))
def test_any_flipped_bit_of_the_body_is_noticed(bit: int) -> None:
    assert verified_id([NEW], signed(), flipped(BODY, bit), NOON) is None


@given(st.sampled_from([ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER]), st.integers(min_value=0))
def test_any_flipped_bit_of_a_header_is_noticed(name: str, bit: int) -> None:
    headers = signed()
    headers[name] = flipped(headers[name].encode(), bit).decode("latin-1")

    assert verified_id([NEW], headers, BODY, NOON) is None


@pytest.mark.parametrize("off", [TOLERANCE, -TOLERANCE, timedelta(0)])
def test_a_clock_may_be_off_by_300_s(off: timedelta) -> None:
    assert verified_id([NEW], signed(sent_at=NOON + off), BODY, NOON) == "cb_1"


@pytest.mark.parametrize("off", [TOLERANCE + SECOND, -TOLERANCE - SECOND, timedelta(days=365)])
def test_but_no_further(off: timedelta) -> None:
    assert verified_id([NEW], signed(sent_at=NOON + off), BODY, NOON) is None


def test_while_a_secret_is_replaced_either_one_verifies_what_both_have_signed() -> None:
    headers = signed(NEW, OLD)

    assert [verified_id([key], headers, BODY, NOON) for key in (OLD, NEW)] == ["cb_1", "cb_1"]
    Webhook(OLD).verify(BODY, signed(NEW, OLD, sent_at=datetime.now(UTC)), json_parse=False)


def test_a_receiver_accepts_the_old_one_for_as_long_as_it_keeps_it() -> None:
    headers = signed(OLD)

    assert verified_id([NEW, OLD], headers, BODY, NOON) == "cb_1"
    assert verified_id([NEW], headers, BODY, NOON) is None


@pytest.mark.parametrize(
    "changed",
    [
        {ID_HEADER: ""},
        {ID_HEADER: "cb.1"},
        {ID_HEADER: "c" * 129},
        {TIMESTAMP_HEADER: ""},
        {TIMESTAMP_HEADER: "soon"},
        {TIMESTAMP_HEADER: "-5"},
        {TIMESTAMP_HEADER: "9" * 300},
        {TIMESTAMP_HEADER: str(NOON.timestamp())},
        {SIGNATURE_HEADER: ""},
        {SIGNATURE_HEADER: "v1,"},
        {SIGNATURE_HEADER: "v1a,AAAA v2,AAAA"},
        {SIGNATURE_HEADER: "\u0131 \u00e9"},
    ],
    ids=str,
)
def test_malformed_headers_are_refused(changed: dict[str, Any]) -> None:
    assert verified_id([NEW], {**signed(), **changed}, BODY, NOON) is None


def test_a_missing_header_is_refused() -> None:
    for name in signed():
        headers = signed()
        del headers[name]

        assert verified_id([NEW], headers, BODY, NOON) is None


def test_a_flood_of_signatures_is_not_looked_through() -> None:
    headers = signed()
    headers[SIGNATURE_HEADER] = "v1,AAAA " * SIGNATURES_MAX + headers[SIGNATURE_HEADER]

    assert verified_id([NEW], headers, BODY, NOON) is None


def test_without_a_key_nobody_is_accepted() -> None:
    assert verified_id([], signed(b""), BODY, NOON) is None


def test_a_published_secret_stands_for_the_bytes_that_it_encodes() -> None:
    encoded = base64.b64encode(NEW).decode()

    assert signing_key(f"whsec_{encoded}") == signing_key(f"whsec_{encoded.rstrip('=')}") == NEW
    assert signing_key("a plain one") == b"a plain one"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="webhook secret"):
        signing_key(secret)
