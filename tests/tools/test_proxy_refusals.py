"""What the plain origin answers by itself: always in the API's one error shape."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from payflow.api.docs_page import docs_page
from payflow.api.openapi import openapi_document
from tests.support.plain_origin import RawAnswer, ask, at_the_proxy, send
from tools.embedded import origin
from tools.embedded.origin import BODY_BYTES_MAX, HEAD_BYTES_MAX, serve_origin
from tools.embedded.ports import HOST
from tools.embedded.proxy import Upstream, serve_proxy


class _Emulator:
    """Remembers what reached it."""

    def __init__(self) -> None:
        self.targets: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.targets.append(request.raw_path)
        return web.Response()


def _refused(line: str, *headers: str, body: str = "") -> RawAnswer:
    """The answer to a request, checked not to come from the emulator."""
    emulator = _Emulator()
    answers = []

    async def check(port: int) -> None:
        answers.append(await ask(port, line, *headers, body=body))

    at_the_proxy(check, handler=emulator.answer)
    assert emulator.targets == []
    return answers[0]


@pytest.mark.parametrize("value", ["caf\xe9", "caf\xe8", "\xff", "caf\xc3"])
@pytest.mark.parametrize("name", ["Idempotency-Key", "Authorization", "X-Other"])
def test_a_header_that_is_not_utf_8_is_refused_by_its_name(name: str, value: str) -> None:
    answer = _refused("POST /api/v1/payments", f"{name}: {value}")

    assert answer.status == 400
    assert answer.error()["code"] == "malformed_request"
    assert answer.error()["param"] == name


def test_a_card_number_as_a_headers_name_is_not_said_back() -> None:
    answer = _refused("GET /api/v1/payments", "4242424242424242: \xe9")

    assert answer.status == 400
    assert answer.error()["param"] == "…"


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x1b", "\x7f"])
def test_a_control_character_in_a_header_is_refused(character: str) -> None:
    answer = _refused("GET /api/v1/payments", f"X-Name: a{character}b")

    assert answer.status == 400
    assert answer.error()["code"] == "malformed_request"


@pytest.mark.parametrize(
    "path",
    [
        "/health",
        "/_localstack/health",
        "/_ministack/config",
        "/_ministack/reset",
        "/%68ealth",
        "/%5fministack/reset",
        "//health",
        "//_ministack/reset",
        "/api/../health",
        "/api/..%2f_ministack/reset",
        "/api/%2e%2e/_ministack/reset",
        "/api/..%5c_ministack/reset",
        "/api/./v1/payments",
        "/api//v1/payments",
        "//api/v1/payments",
        "/docs/../health",
        "/docs/x",
        "/api",
        "/internal",
        "/apis/x",
        "/iceberg/v1/config",
        "http://a.example/_ministack/reset",
        "http://a.example//_ministack/reset",
        "ftp://a.example/api/v1/payments",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_but_the_api_is_reached(method: str, path: str) -> None:
    answer = _refused(f"{method} {path}", body="{}")

    assert answer.status == 404
    assert answer.error()["code"] == "route_not_found"


@pytest.mark.parametrize(
    "path", ["/api/v1/payments", "/internal/health", "/docs", "/api/x/", "/approve/pay_1?t=x"]
)
def test_the_apis_paths_are_forwarded(path: str) -> None:
    emulator = _Emulator()

    async def check(port: int) -> None:
        assert (await ask(port, f"GET {path}")).status == 200

    at_the_proxy(check, handler=emulator.answer)

    assert emulator.targets == [path]


@pytest.mark.parametrize("path", ["/api/\xe9", "/api/x#y", "/api/%zz", "/api/%e9", "/api/x%"])
def test_a_target_that_can_be_read_in_two_ways_is_malformed(path: str) -> None:
    answer = _refused(f"GET {path}")

    assert answer.status == 400
    assert answer.error()["code"] == "malformed_request"


@pytest.mark.parametrize(
    ("line", "allow"),
    [
        ("OPTIONS /api/v1/payments", "GET, POST"),
        ("OPTIONS /internal/merchants/mer_1", "GET, PATCH"),
        ("OPTIONS /docs", "GET"),
        ("OPTIONS /", "GET, HEAD"),
        ("OPTIONS *", "DELETE, GET, HEAD, PATCH, POST, PUT"),
        ("CONNECT a.example:443", "DELETE, GET, HEAD, PATCH, POST, PUT"),
        ("TRACE /api/v1/payments", "GET, POST"),
        ("PROPFIND /api/v1/payments", "GET, POST"),
        ("POST /", "GET, HEAD"),
    ],
)
def test_a_method_that_nothing_takes_gets_405_with_those_that_are_taken(
    line: str, allow: str
) -> None:
    answer = _refused(line, "Origin: http://a.example")

    assert answer.status == 405
    assert answer.error()["code"] == "method_not_allowed"
    assert answer.headers["Allow"] == allow


def test_a_preflight_for_a_path_that_does_not_exist_gets_404() -> None:
    answer = _refused("OPTIONS /api/v1/nothing")

    assert answer.status == 404
    assert answer.error()["code"] == "route_not_found"


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        (f"GET /api/x?{'a' * HEAD_BYTES_MAX}", []),
        ("GET /api/x", [f"X-Name: {'a' * HEAD_BYTES_MAX}"]),
        ("GET /api/x", [f"{'a' * HEAD_BYTES_MAX}: x"]),
        ("GET /api/x", [f"X-{n}: {'a' * (HEAD_BYTES_MAX // 4)}" for n in range(4)]),
    ],
    ids=["target", "value", "name", "together"],
)
def test_a_head_that_is_too_long_gets_431(line: str, headers: list[str]) -> None:
    answer = _refused(line, *headers)

    assert answer.status == 431
    assert answer.error()["code"] == "head_too_large"


def test_a_head_within_the_limit_is_the_apis_to_judge() -> None:
    emulator = _Emulator()

    async def check(port: int) -> None:
        assert (await ask(port, f"GET /api/{'a' * 8000}", f"X-Name: {'a' * 8000}")).status == 200

    at_the_proxy(check, handler=emulator.answer)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"FETCH /api/x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"get /api/x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/x HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /api/x HTTP/1.1\r\n\r\n",
        b"GET mailto:x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_not_http_gets_400(request_bytes: bytes) -> None:
    async def check(port: int) -> None:
        answer = await send(port, request_bytes)

        assert answer.status == 400
        assert answer.error()["code"] == "malformed_request"
        assert answer.headers["Server"] == "PayFlow"

    at_the_proxy(check)


@pytest.mark.parametrize("rest", [b"", b"zz\r\n"], ids=["stops", "breaks"])
def test_a_body_that_does_not_end_gets_408(monkeypatch: pytest.MonkeyPatch, rest: bytes) -> None:
    monkeypatch.setattr(origin, "BODY_TIMEOUT_S", 0.2)
    monkeypatch.setitem(origin.CONNECTION_SETTINGS, "lingering_time", 0.1)

    async def check(port: int) -> None:
        head = b"POST /api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"

        answer = await send(port, head, rest)

        assert answer.status == 408
        assert answer.error()["code"] == "request_timeout"

    at_the_proxy(check)


def test_a_body_of_any_reasonable_size_is_the_apis_to_judge() -> None:
    async def check(port: int) -> None:
        fitting = await ask(port, "POST /api/x", body="a" * (65 << 10))
        assert fitting.status == 207

        too_large = await ask(port, "POST /api/x", body="a" * (BODY_BYTES_MAX + 1))
        assert too_large.status == 413
        assert too_large.error()["code"] == "body_too_large"

    at_the_proxy(check)


def test_an_emulator_that_is_gone_gives_502() -> None:
    async def run() -> None:
        upstream = Upstream(f"http://{HOST}:{unused_port()}", "ab12")
        async with serve_proxy(upstream, HOST, 0) as port:
            answer = await ask(port, "GET /api/x")

        assert answer.status == 502
        assert answer.error()["code"] == "upstream_unavailable"
        assert answer.error()["retryable"]

    asyncio.run(run())


def test_an_emulator_that_hangs_gives_504() -> None:
    async def hang(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    async def check(port: int) -> None:
        answer = await ask(port, "GET /api/x")

        assert answer.status == 504
        assert answer.error()["code"] == "upstream_timeout"

    at_the_proxy(check, handler=hang, timeout_s=0.1)


def test_an_emulator_that_fails_in_its_own_words_gives_502() -> None:
    async def fail(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"message": "Internal Server Error"}, status=500)

    async def check(port: int) -> None:
        answer = await ask(port, "GET /api/x")

        assert answer.status == 502
        assert answer.error()["code"] == "upstream_unavailable"

    at_the_proxy(check, handler=fail)


def test_the_apis_own_500_passes_as_it_is() -> None:
    async def fail(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=500, text="of the API", headers={"X-Request-Id": "req_1"})

    async def check(port: int) -> None:
        answer = await ask(port, "GET /api/x")

        assert (answer.status, answer.body) == (500, b"of the API")

    at_the_proxy(check, handler=fail)


def test_a_full_queue_refuses_with_503_and_says_when_to_come_back() -> None:
    async def slow(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return web.Response()

    async def check(port: int) -> None:
        running = [asyncio.create_task(ask(port, "GET /api/x")) for _ in range(2)]
        await asyncio.sleep(0.05)

        refused = await ask(port, "GET /api/x")

        assert refused.status == 503
        assert refused.error()["code"] == "overloaded"
        assert refused.headers["Retry-After"] == "1"
        assert [(await one).status for one in running] == [200, 200]

    at_the_proxy(check, handler=slow, in_flight_max=1, queued_max=1)


def test_an_unexpected_failure_gives_500_and_tells_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail(_request: web.BaseRequest) -> web.StreamResponse:
        raise RuntimeError("secret")

    async def run() -> None:
        async with serve_origin(fail, HOST, 0) as port:
            answer = await ask(port, "GET /")

        assert answer.status == 500
        assert answer.error()["code"] == "internal_error"
        assert b"secret" not in answer.body

    asyncio.run(run())

    assert "the origin failed to answer" in caplog.text


@pytest.mark.parametrize("line", ["GET /nowhere", "GET /api/%zz", "OPTIONS /docs"])
def test_an_errors_documentation_exists(line: str) -> None:
    page = docs_page(openapi_document())

    anchor = _refused(line).error()["doc_url"].removeprefix("/docs#")

    assert f'id="{anchor}"' in page
