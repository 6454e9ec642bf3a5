"""Request bodies: one plain JSON object, or a refusal."""

from __future__ import annotations

import base64
import json

import pytest

from payflow.api.routes import matching
from payflow.aws.http import http_handler
from tests.support.endpoint_calls import (
    JSON_TYPE,
    MERCHANT,
    Build,
    Spy,
    ask,
    by_gateway,
    reads_json,
)

BAD_BODIES: list[tuple[str, str | bytes, int, str]] = [
    ("nothing", "", 400, "invalid_json"),
    ("not JSON", "{amount: 1}", 400, "invalid_json"),
    ("cut off", '{"amount": 1', 400, "invalid_json"),
    ("two documents", "{} {}", 400, "invalid_json"),
    ("a list", "[]", 400, "invalid_json"),
    ("a string", '"x"', 400, "invalid_json"),
    ("null", "null", 400, "invalid_json"),
    ("a repeated key", '{"a": 1, "a": 2}', 400, "invalid_json"),
    ("a repeated key inside", '{"m": {"a": 1, "a": 2}}', 400, "invalid_json"),
    ("NaN", '{"a": NaN}', 400, "invalid_json"),
    ("infinity", '{"a": -Infinity}', 400, "invalid_json"),
    ("half a surrogate pair", '{"a": ["\\ud800"]}', 400, "invalid_json"),
    ("too deep", '{"a": ' + "[" * 20 + "]" * 20 + "}", 400, "invalid_json"),
    ("far too deep", "[" * 60_000, 400, "invalid_json"),
    ("no UTF-8", b'{"a": "\xff"}', 400, "invalid_json"),
    ("UTF-16", '{"a": 1}'.encode("utf-16"), 400, "invalid_json"),
    ("bytes that the gateway replaced", '{"a": "\ufffd"}', 400, "invalid_json"),
    ("too large", '{"a": "' + "x" * 65_536 + '"}', 413, "body_too_large"),
]


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [one[1:] for one in BAD_BODIES],
        ids=[one[0] for one in BAD_BODIES],
    )
    def test_that_are_not_one_plain_json_object_are_refused(
        self, build: Build, body: str | bytes, status: int, code: str
    ) -> None:
        event = build(
            "POST",
            "/api/v1/tokens",
            route=matching("/api/v1/tokens")[0][0],
            headers=JSON_TYPE,
            body=base64.b64encode(body).decode() if isinstance(body, bytes) else body,
            identity=MERCHANT,
        )
        event["isBase64Encoded"] = isinstance(body, bytes)

        answer = http_handler({"POST /api/v1/tokens": Spy(reads_json)}, identify=by_gateway)(
            event, None
        )

        assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (status, code)

    @pytest.mark.parametrize(
        "content_type",
        [
            "application/json",
            "application/json; charset=utf-8",
            'Application/JSON;charset="UTF-8"',
            "application/vnd.api+json",
            None,
        ],
    )
    def test_may_be_declared_in_every_way_that_means_json(
        self, build: Build, content_type: str | None
    ) -> None:
        headers = {"Content-Type": content_type} if content_type else {}

        status, _, _ = ask(
            build, "POST", "/api/v1/tokens", endpoint=Spy(reads_json), headers=headers, body="{}"
        )

        assert status == 200

    @pytest.mark.parametrize(
        "content_type",
        ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1",
         "application/jsonx", "text/json"],
    )  # fmt: skip
    def test_declared_as_something_else_are_refused(self, build: Build, content_type: str) -> None:
        status, _, document = ask(
            build,
            "POST",
            "/api/v1/tokens",
            endpoint=Spy(reads_json),
            headers={"Content-Type": content_type},
            body="{}",
        )

        assert (status, document["error"]["code"]) == (415, "unsupported_media_type")

    def test_a_huge_integer_is_read_without_harm(self, build: Build) -> None:
        status, _, _ = ask(
            build,
            "POST",
            "/api/v1/tokens",
            endpoint=Spy(reads_json),
            headers=JSON_TYPE,
            body='{"a": ' + "9" * 60_000 + "}",
        )

        assert status == 200
