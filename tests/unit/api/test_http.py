"""The HTTP adapter: both kinds of event, who may come in, one shape for every error."""

from __future__ import annotations

import base64
import json
import logging

import pytest

from payflow.api.error_codes import ERROR_CODES
from payflow.api.routes import matching
from payflow.aws.http import Request, Response, http_handler
from payflow.aws.http.errors import error_response
from payflow.domain import errors
from payflow.domain.merchant import Caller, Principal
from tests.support.endpoint_calls import (
    JSON_TYPE,
    MERCHANT,
    Build,
    Spy,
    ask,
    by_gateway,
    reads_json,
)

PUBLISHABLE = {**MERCHANT, "principal": "publishable"}
OPERATOR = {"principal": "operator", "merchant_id": "", "key_id": "key_2"}
ERROR_FIELDS = {"type", "code", "message", "param", "request_id", "doc_url", "retryable"}


class TestARequestThatComesIn:
    def test_is_the_same_from_both_kinds_of_api(self, build: Build) -> None:
        spy = Spy()
        event = build(
            "GET",
            "/api/v1/ledger/accounts/merchant_payable%3Amer_1%3AINR/entries",
            route=matching("/api/v1/ledger/accounts/x/entries")[0][0],
            path_params={"id": "merchant_payable%3Amer_1%3AINR"},
            query="limit=5&cursor=a%2Bb",
            headers={"Prefer": "wait=1", "X-Request-Id": "mine-1"},
            identity=MERCHANT,
        )

        answer = http_handler(
            {"GET /api/v1/ledger/accounts/{id}/entries": spy}, identify=by_gateway
        )(event, None)

        assert answer["statusCode"] == 200
        assert spy.seen.path_params == {"id": "merchant_payable:mer_1:INR"}
        assert spy.seen.query == {"limit": "5", "cursor": "a+b"}
        assert spy.seen.headers["prefer"] == "wait=1"
        assert spy.seen.caller == Caller(Principal.MERCHANT, "key_1", "mer_1")

    def test_may_have_an_encoded_body(self, build: Build) -> None:
        event = build(
            "POST",
            "/api/v1/tokens",
            route=matching("/api/v1/tokens")[0][0],
            headers=JSON_TYPE,
            body=base64.b64encode(b'{"a": 1}').decode(),
            identity=MERCHANT,
        )

        handler = http_handler({"POST /api/v1/tokens": Spy(reads_json)}, identify=by_gateway)
        answer = handler({**event, "isBase64Encoded": True}, None)

        assert json.loads(answer["body"]) == {"read": {"a": 1}}

    def test_finds_its_endpoint_by_path_when_the_gateway_has_not_matched_it(
        self, build: Build
    ) -> None:
        spy = Spy()

        status, _, _ = ask(
            build, "GET", "/internal/merchants/mer_1", endpoint=spy, identity=OPERATOR,
            matched=False,
        )  # fmt: skip

        assert status == 200
        assert spy.seen.path_params == {"id": "mer_1"}


class TestRequestIds:
    @pytest.mark.parametrize("sent", ["mine-1", "a" * 128, "2f1c1a5e-9d0b-4a5f-8c39-0a4d2f9be001"])
    def test_a_sane_one_is_echoed(self, build: Build, sent: str) -> None:
        _, headers, _ = ask(build, "GET", "/api/v1/payments", headers={"X-Request-Id": sent})

        assert headers["X-Request-Id"] == sent

    @pytest.mark.parametrize(
        "sent",
        [
            None,
            "",
            "a" * 129,
            "two words",
            "<b>",
            "4242424242424242",
            "4242-4242-4242-4242",
            "sk_test_0123abcd",
        ],
    )
    def test_another_one_is_replaced(self, build: Build, sent: str | None) -> None:
        sent_headers = {} if sent is None else {"X-Request-Id": sent}

        _, headers, _ = ask(build, "GET", "/api/v1/payments", headers=sent_headers)

        assert headers["X-Request-Id"].startswith("req_")

    def test_an_error_carries_the_same_id_in_header_and_body(self, build: Build) -> None:
        _, headers, document = ask(build, "GET", "/api/v1/payments", identity=None)

        assert document["error"]["request_id"] == headers["X-Request-Id"]


class TestWhoMayComeIn:
    ROUTES = (
        ("POST", "/api/v1/payments", "merchant"),
        ("GET", "/api/v1/payments", "merchant operator"),
        ("GET", "/api/v1/payments/pay_1", "merchant operator"),
        ("GET", "/api/v1/ledger/trial-balance", "merchant operator"),
        ("POST", "/api/v1/tokens", "merchant publishable"),
        ("POST", "/internal/merchants", "operator"),
        ("GET", "/internal/merchants", "operator"),
        ("GET", "/internal/health", "operator"),
        ("DELETE", "/internal/providers/p/faults", "operator"),
        ("GET", "/docs", "merchant publishable operator"),
    )

    @pytest.mark.parametrize("identity", [MERCHANT, PUBLISHABLE, OPERATOR],
                             ids=lambda identity: identity["principal"])  # fmt: skip
    @pytest.mark.parametrize(("method", "path", "welcome"), ROUTES)
    def test_each_kind_of_key_opens_its_own_doors(
        self, build: Build, method: str, path: str, welcome: str, identity: dict[str, str]
    ) -> None:
        status, _, document = ask(build, method, path, identity=identity)

        if identity["principal"] in welcome.split():
            assert status == 200
        else:
            assert status == 403
            assert document["error"]["type"] == "permission"

    @pytest.mark.parametrize(
        "identity", [None, {}, {"principal": "anonymous"}, {"principal": "root"}]
    )
    @pytest.mark.parametrize(("method", "path"), [one[:2] for one in ROUTES if one[1] != "/docs"])
    def test_nobody_gets_in_without_a_known_key(
        self, build: Build, method: str, path: str, identity: dict[str, str] | None
    ) -> None:
        status, headers, document = ask(build, method, path, identity=identity)

        assert status == 401
        assert headers["WWW-Authenticate"] == 'Bearer realm="payflow"'
        assert document["error"]["code"] == "api_key_missing"
        assert document["error"]["type"] == "authentication"

    def test_a_key_that_was_sent_in_vain_is_called_invalid(self, build: Build) -> None:
        status, headers, document = ask(
            build,
            "GET",
            "/api/v1/payments",
            identity={"principal": "anonymous"},
            headers={"Authorization": "Bearer sk_test_x"},
        )

        assert (status, document["error"]["code"]) == (401, "api_key_invalid")
        assert 'error="invalid_token"' in headers["WWW-Authenticate"]

    def test_keys_that_cannot_be_checked_are_nobodys_fault(self, build: Build) -> None:
        status, headers, document = ask(
            build, "GET", "/api/v1/payments", identity={"principal": "unavailable"}
        )

        assert (status, document["error"]["retryable"]) == (503, True)
        assert headers["Retry-After"] == "1"

    def test_the_key_is_checked_before_anything_else(self, build: Build) -> None:
        status, _, _ = ask(build, "GET", "/api/v1/payments", identity=None, query="nonsense=1")

        assert status == 401


class TestQueryParameters:
    @pytest.mark.parametrize(
        ("query", "code", "param"),
        [
            ("colour=red", "unknown_parameter", "colour"),
            ("merchant_id=mer_2", "unknown_parameter", "merchant_id"),
            ("limit=1&limit=2", "repeated_parameter", "limit"),
            ("&".join(f"x{n}=1" for n in range(5000)), "unknown_parameter", "x0"),
        ],
    )
    def test_that_are_unknown_or_repeated_are_refused(
        self, build: Build, query: str, code: str, param: str
    ) -> None:
        status, _, document = ask(build, "GET", "/api/v1/payments", query=query)

        assert (status, document["error"]["code"], document["error"]["param"]) == (422, code, param)


class TestUnknownPlaces:
    @pytest.mark.parametrize("path", ["/", "/api/v1/payment", "/api/v1/payments/a/b", "/favicon"])
    def test_an_unknown_path_is_not_found(self, build: Build, path: str) -> None:
        status, _, document = ask(build, "GET", path, identity=None)

        assert (status, document["error"]["type"]) == (404, "not_found")

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("DELETE", "/api/v1/payments", "GET, POST"),
            ("PUT", "/api/v1/payments/pay_1", "GET"),
            ("HEAD", "/docs", "GET"),
            ("POST", "/internal/providers/p/faults", "DELETE, PUT"),
        ],
    )
    def test_a_known_path_with_another_method_says_which_it_takes(
        self, build: Build, method: str, path: str, allowed: str
    ) -> None:
        status, headers, document = ask(build, method, path, identity=None)

        assert status == 405
        assert headers["Allow"] == allowed
        assert document["error"]["type"] == "invalid_request"

    def test_a_name_beyond_all_reason_is_not_found(self, build: Build) -> None:
        status, _, _ = ask(build, "GET", f"/api/v1/payments/{'x' * 3000}")

        assert status == 404

    def test_an_endpoint_that_is_no_route_is_a_mistake_seen_at_import(self) -> None:
        with pytest.raises(KeyError):
            http_handler({"GET /nowhere": Spy()}, identify=by_gateway)


EVERY_ERROR = [
    (errors.MalformedRequest("invalid_json", "m"), 400),
    (errors.Unauthenticated("api_key_invalid", "m"), 401),
    (errors.Forbidden("key_not_permitted", "m"), 403),
    (errors.NotFound("payment_not_found", "m"), 404),
    (errors.Conflict("illegal_transition", "m"), 409),
    (errors.VersionConflict("pay_1"), 409),
    (errors.IdempotencyInProgress("idempotency_in_progress", "m", retry_after_s=3), 409),
    (errors.PayloadTooLarge("body_too_large", "m"), 413),
    (errors.UnsupportedMediaType("unsupported_media_type", "m"), 415),
    (errors.InvalidRequest("amount_too_small", "m", param="amount"), 422),
    (errors.IdempotencyKeyReused("idempotency_key_reused", "m"), 422),
    (errors.RateLimited("rate_limited", "m", retry_after_s=1), 429),
    (errors.CurrencyMismatch("INR", "USD"), 500),
    (errors.Unavailable("temporarily_unavailable", "m", retry_after_s=2), 503),
]


class TestErrors:
    @pytest.mark.parametrize(("error", "status"), EVERY_ERROR, ids=lambda value: str(value)[:20])
    def test_every_error_has_its_status_and_the_one_shape(
        self, build: Build, error: errors.PayFlowError, status: int
    ) -> None:
        def fail(_: Request) -> Response:
            raise error

        got, headers, document = ask(build, "GET", "/api/v1/payments", endpoint=Spy(fail))

        assert got == status
        assert set(document) == {"error"}
        assert set(document["error"]) == ERROR_FIELDS
        assert document["error"]["code"] in ERROR_CODES
        assert ERROR_CODES[document["error"]["code"]][0] == status
        assert headers["Content-Type"] == "application/json"
        if error.retry_after_s is not None:
            assert headers["Retry-After"] == str(error.retry_after_s)

    def test_every_error_class_has_a_status(self) -> None:
        classes = {type(error) for error, _ in EVERY_ERROR}
        published = {
            one
            for one in vars(errors).values()
            if isinstance(one, type) and issubclass(one, errors.PayFlowError)
        }

        assert published - {errors.PayFlowError} == classes

    def test_the_unexpected_says_nothing_and_logs_no_value(
        self, build: Build, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(_: Request) -> Response:
            raise LookupError("4242424242424242")

        with caplog.at_level(logging.INFO):
            status, _, document = ask(build, "GET", "/api/v1/payments", endpoint=Spy(fail))

        assert (status, document["error"]["code"]) == (500, "internal_error")
        assert "Lookup" not in json.dumps(document)
        logged = "".join(str(vars(record)) for record in caplog.records)
        logged += "".join(capsys.readouterr())
        assert "LookupError" in logged
        assert "4242424242424242" not in logged

    @pytest.mark.parametrize(
        "param", ["4242424242424242", "method.4242 4242 4242 4242", "m.4242-4242-4242-4242.x"]
    )
    def test_a_card_number_in_the_name_of_a_field_is_not_echoed(self, param: str) -> None:
        error = errors.InvalidRequest("unknown_field", f"no field {param}", param=param)

        body = error_response(error, "req_1").body

        assert "4242" not in body

    def test_an_endless_name_of_a_field_is_cut(self) -> None:
        error = errors.InvalidRequest("unknown_field", "m", param="x" * 60_000)

        assert len(error_response(error, "req_1").body) < 1000
