"""`Idempotency-Key` and `Prefer`."""

from __future__ import annotations

import pytest

from payflow.api.headers import idempotency_key, preference_applied, preferred_wait_s
from payflow.domain.errors import MalformedRequest


class TestIdempotencyKey:
    @pytest.mark.parametrize("key", ["a", "x" * 255, "order 17 / try ~!"])
    def test_any_printable_ascii_is_a_key(self, key: str) -> None:
        assert idempotency_key({"idempotency-key": key}) == key

    @pytest.mark.parametrize("headers", [{}, {"idempotency-key": ""}, {"idempotency-key": "  "}])
    def test_none_is_an_error(self, headers: dict[str, str]) -> None:
        with pytest.raises(MalformedRequest) as caught:
            idempotency_key(headers)

        assert caught.value.code == "idempotency_key_required"

    @pytest.mark.parametrize(
        "key", ["x" * 256, "a\tb", "clé", "a\nb", "\x7f", "caf\u00a0", "caf\u0085"]
    )
    def test_anything_else_is_malformed(self, key: str) -> None:
        with pytest.raises(MalformedRequest) as caught:
            idempotency_key({"idempotency-key": key})

        assert caught.value.code == "idempotency_key_malformed"


class TestPrefer:
    @pytest.mark.parametrize(
        ("prefer", "wait_s"),
        [
            ("wait=10", 10),
            ("wait=0", 0),
            ("Wait = 7", 7),
            ('wait="5"', 5),
            ("respond-async, wait=3", 3),
            ("wait=3, wait=9", 3),
            ("wait=3; foo=bar", 3),
            ("wait=25", 25),
            ("wait=3600", 25),
        ],
    )
    def test_a_wait_is_honoured_up_to_25_seconds(self, prefer: str, wait_s: int) -> None:
        assert preferred_wait_s({"prefer": prefer}) == wait_s
        assert preference_applied(wait_s) == {"Preference-Applied": f"wait={wait_s}"}

    @pytest.mark.parametrize(
        "prefer", ["", "wait", "wait=", "wait=-1", "wait=soon", "wait=1.5", "await=3", "wait=1e1"]
    )
    def test_what_is_malformed_is_ignored(self, prefer: str) -> None:
        assert preferred_wait_s({"prefer": prefer}) is None
        assert preference_applied(None) == {}

    def test_without_the_header_there_is_no_wait(self) -> None:
        assert preferred_wait_s({}) is None
