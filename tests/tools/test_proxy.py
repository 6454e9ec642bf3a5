"""The plain origin in front of the emulated API Gateway."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port
from yarl import URL

from tools.embedded import proxy
from tools.embedded.proxy import Upstream, make_proxy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Check = Callable[[ClientSession, str], Awaitable[None]]


async def _echo(request: web.Request) -> web.StreamResponse:
    seen = {
        "method": request.method,
        "target": request.raw_path,
        "headers": [[name.lower(), value] for name, value in request.headers.items()],
        "body": (await request.read()).decode(),
    }
    answer = web.json_response(seen, status=207, headers={"X-Request-Id": "req_1"})
    answer.headers.add("Set-Cookie", "a=1")
    answer.headers.add("Set-Cookie", "b=2")
    answer.headers["Keep-Alive"] = "timeout=5"
    return answer


@asynccontextmanager
async def _upstream(handler: Handler) -> AsyncIterator[str]:
    app = web.Application(client_max_size=8 << 20)
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}"


def _through_proxy(
    check: Check, *, handler: Handler = _echo, path_prefix: str = "", **limits: Any
) -> None:
    """Run `check` with a client and the proxy's address, `handler` being the emulator."""

    async def run() -> None:
        async with _upstream(handler) as upstream_url:
            upstream = Upstream(upstream_url, "ab12.execute-api.localhost:4566", path_prefix)
            app = make_proxy(upstream, demo_key="sk_test_demo", **limits)
            async with TestServer(app) as server, ClientSession() as session:
                await check(session, f"http://127.0.0.1:{server.port}")

    asyncio.run(run())


def _headers(seen: dict[str, Any]) -> dict[str, str]:
    return dict(seen["headers"])


def test_a_request_reaches_the_api_by_its_name_and_otherwise_as_it_was_sent() -> None:
    async def check(session: ClientSession, url: str) -> None:
        target = URL(f"{url}/api/v1/payments/pay%2F1?status=a%20b&x=1", encoded=True)
        headers = {"Authorization": "Bearer sk", "Idempotency-Key": "k"}
        async with session.patch(target, data=b'{"a": 1}', headers=headers) as answer:
            seen = await answer.json()

        assert seen["method"] == "PATCH"
        assert seen["target"] == "/api/v1/payments/pay%2F1?status=a%20b&x=1"
        assert seen["body"] == '{"a": 1}'
        assert _headers(seen)["host"] == "ab12.execute-api.localhost:4566"
        assert _headers(seen)["authorization"] == "Bearer sk"
        assert _headers(seen)["idempotency-key"] == "k"

    _through_proxy(check)


def test_the_answer_comes_back_as_the_api_gave_it() -> None:
    async def check(session: ClientSession, url: str) -> None:
        async with session.get(f"{url}/api/v1/payments") as answer:
            assert answer.status == 207
            assert answer.headers["X-Request-Id"] == "req_1"
            assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]

    _through_proxy(check)


def test_headers_of_one_connection_are_not_passed_on() -> None:
    async def check(session: ClientSession, url: str) -> None:
        headers = {"Connection": "X-Local", "X-Local": "1", "TE": "trailers", "X-Kept": "1"}
        async with session.get(f"{url}/x", headers=headers) as answer:
            seen = _headers(await answer.json())

            assert "Keep-Alive" not in answer.headers
        assert "x-local" not in seen
        assert "te" not in seen
        assert seen["x-kept"] == "1"

    _through_proxy(check)


def test_a_rest_api_is_reached_below_its_stage() -> None:
    async def check(session: ClientSession, url: str) -> None:
        async with session.get(f"{url}/internal/health?a=1") as answer:
            assert (await answer.json())["target"] == "/dev/internal/health?a=1"

    _through_proxy(check, path_prefix="/dev")


@pytest.mark.parametrize(
    ("outputs", "prefix"),
    [
        ({"ApiId": "ab12", "ApiKind": "http", "ApiStage": "$default"}, ""),
        ({"ApiId": "ab12", "ApiKind": "rest", "ApiStage": "dev"}, "/dev"),
    ],
)
def test_the_api_is_found_by_the_stacks_outputs(outputs: dict[str, str], prefix: str) -> None:
    upstream = Upstream.from_outputs("http://127.0.0.1:4566", outputs)

    assert upstream.host == "ab12.execute-api.localhost:4566"
    assert upstream.path_prefix == prefix


def test_the_root_is_a_page_with_a_request_to_copy() -> None:
    async def check(session: ClientSession, url: str) -> None:
        async with session.get(f"{url}/") as answer:
            page = await answer.text()

        assert answer.content_type == "text/html"
        assert "sk_test_demo" in page
        assert '"Idempotency-Key: $(date +%s)"' in page

    _through_proxy(check)


async def _assert_error(answer: Any, status: int, code: str) -> None:
    assert answer.status == status
    error = json.loads(await answer.text())["error"]
    assert error["code"] == code
    assert set(error) == {
        "type",
        "code",
        "message",
        "param",
        "request_id",
        "doc_url",
        "retryable",
    }
    assert error["request_id"] == answer.headers["X-Request-Id"]


def test_an_emulator_that_is_gone_gives_502_in_the_apis_shape() -> None:
    async def run() -> None:
        app = make_proxy(Upstream(f"http://127.0.0.1:{unused_port()}", "ab12"))
        async with (
            TestServer(app) as server,
            ClientSession() as session,
            session.get(f"http://127.0.0.1:{server.port}/x") as answer,
        ):
            await _assert_error(answer, 502, "upstream_unavailable")

    asyncio.run(run())


def test_an_emulator_that_hangs_gives_504() -> None:
    async def hang(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    async def check(session: ClientSession, url: str) -> None:
        async with session.get(f"{url}/x") as answer:
            await _assert_error(answer, 504, "upstream_timeout")

    _through_proxy(check, handler=hang, timeout_s=0.1)


def test_a_body_of_any_reasonable_size_is_the_apis_to_judge() -> None:
    async def check(session: ClientSession, url: str) -> None:
        async with session.post(f"{url}/x", data=b"a" * (65 << 10)) as answer:
            assert answer.status == 207

        too_large = io.BytesIO(b"a" * (proxy.BODY_BYTES_MAX + 1))
        async with session.post(f"{url}/x", data=too_large) as answer:
            await _assert_error(answer, 413, "body_too_large")

    _through_proxy(check)


class _Counting:
    """An emulator that remembers how many requests it had at once."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0

    async def answer(self, _request: web.Request) -> web.StreamResponse:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.05)
        self.now -= 1
        return web.Response()


async def _statuses(session: ClientSession, url: str, requests: int) -> list[int]:
    async def status() -> int:
        async with session.get(f"{url}/x") as answer:
            return answer.status

    return await asyncio.gather(*(status() for _ in range(requests)))


def test_no_more_requests_than_allowed_are_in_flight_and_the_others_wait() -> None:
    emulator = _Counting()

    async def check(session: ClientSession, url: str) -> None:
        assert await _statuses(session, url, 12) == [200] * 12

    _through_proxy(check, handler=emulator.answer, in_flight_max=3)

    assert emulator.most == 3


def test_a_full_queue_refuses_with_503_and_says_when_to_come_back() -> None:
    async def check(session: ClientSession, url: str) -> None:
        running = asyncio.create_task(_statuses(session, url, 2))
        await asyncio.sleep(0.02)
        async with session.get(f"{url}/x") as answer:
            await _assert_error(answer, 503, "overloaded")
            assert answer.headers["Retry-After"] == "1"
        assert await running == [200, 200]

    _through_proxy(check, handler=_Counting().answer, in_flight_max=1, queued_max=1)
