"""The plain origin in front of the emulated API Gateway."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientSession, web
from yarl import URL

from tests.support.plain_origin import ask, at_the_proxy, through_proxy
from tools.embedded.proxy import Upstream


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

    through_proxy(check)


def test_the_answer_comes_back_as_the_api_gave_it() -> None:
    async def check(session: ClientSession, url: str) -> None:
        async with session.get(f"{url}/api/v1/payments") as answer:
            assert answer.status == 207
            assert answer.headers["X-Request-Id"] == "req_1"
            assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]

    through_proxy(check)


def test_headers_of_one_connection_are_not_passed_on() -> None:
    async def check(session: ClientSession, url: str) -> None:
        headers = {"Connection": "X-Local", "X-Local": "1", "TE": "trailers", "X-Kept": "1"}
        async with session.get(f"{url}/api/x", headers=headers) as answer:
            seen = _headers(await answer.json())

            assert "Keep-Alive" not in answer.headers
        assert "x-local" not in seen
        assert "te" not in seen
        assert seen["x-kept"] == "1"

    through_proxy(check)


def test_bytes_that_are_utf_8_pass_unchanged() -> None:
    async def check(session: ClientSession, url: str) -> None:
        async with session.get(f"{url}/api/x", headers={"X-Name": "café"}) as answer:
            assert _headers(await answer.json())["x-name"] == "café"

    through_proxy(check)


def test_a_compressed_body_stays_compressed() -> None:
    async def check(port: int) -> None:
        sent = "not gzip at all"

        answer = await ask(port, "POST /api/x", "Content-Encoding: gzip", body=sent)

        assert json.loads(answer.body)["body"] == sent

    at_the_proxy(check)


@pytest.mark.parametrize("name", ["Server", "Via", "X-Powered-By"])
def test_no_header_tells_the_software_or_its_version(name: str) -> None:
    async def check(session: ClientSession, url: str) -> None:
        for path in ("/", "/api/x", "/nowhere"):
            async with session.get(f"{url}{path}") as answer:
                assert answer.headers.get(name, "PayFlow") == "PayFlow"

    through_proxy(check)


def test_a_target_in_absolute_form_is_understood() -> None:
    async def check(port: int) -> None:
        target = f"http://127.0.0.1:{port}/api/v1/payments?limit=1&next=http://x/"

        answer = await ask(port, f"GET {target}")

        seen = json.loads(answer.body)
        assert seen["target"] == "/api/v1/payments?limit=1&next=http://x/"

    at_the_proxy(check)


def test_a_client_that_waits_for_100_continue_gets_it() -> None:
    async def check(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        expecting = "Host: x\r\nContent-Length: 2\r\nExpect: 100-continue"
        writer.write(f"POST /api/x HTTP/1.1\r\n{expecting}\r\n\r\n".encode())
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

        writer.write(b"{}")

        assert (await reader.readline()).startswith(b"HTTP/1.1 207 ")
        writer.close()

    at_the_proxy(check)


def test_a_rest_api_is_reached_below_its_stage() -> None:
    async def check(session: ClientSession, url: str) -> None:
        async with session.get(f"{url}/internal/health?a=1") as answer:
            assert (await answer.json())["target"] == "/dev/internal/health?a=1"

    through_proxy(check, path_prefix="/dev")


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
        assert answer.headers["X-Request-Id"].startswith("req_")
        assert "sk_test_demo" in page
        assert '"Idempotency-Key: $(date +%s)"' in page

    through_proxy(check)


class _Counting:
    """An emulator that remembers how many requests it had at once."""

    def __init__(self, status: int = 200) -> None:
        self._status = status
        self.now = 0
        self.most = 0

    async def answer(self, _request: web.Request) -> web.StreamResponse:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.05)
        self.now -= 1
        return web.Response(status=self._status, headers={"X-Request-Id": "req_1"})


async def _statuses(session: ClientSession, url: str, requests: int) -> list[int]:
    async def status() -> int:
        async with session.get(f"{url}/api/x") as answer:
            return answer.status

    return await asyncio.gather(*(status() for _ in range(requests)))


def test_no_more_requests_than_allowed_are_in_flight_and_the_others_wait() -> None:
    emulator = _Counting()

    async def check(session: ClientSession, url: str) -> None:
        assert await _statuses(session, url, 12) == [200] * 12

    through_proxy(check, handler=emulator.answer, in_flight_max=3)

    assert emulator.most == 3


def test_requests_that_ask_to_wait_do_not_hold_up_the_others() -> None:
    settled = asyncio.Event()

    async def wait_if_asked(request: web.Request) -> web.StreamResponse:
        if "Prefer" in request.headers:
            await settled.wait()
        return web.Response()

    async def check(port: int) -> None:
        wait = ("POST /api/v1/payments", "Prefer: respond-async", "Prefer: wait=25")
        waiting = [asyncio.create_task(ask(port, *wait)) for _ in range(3)]
        await asyncio.sleep(0.05)

        ordinary = await ask(port, "GET /api/v1/payments")

        assert ordinary.status == 200
        assert not any(one.done() for one in waiting)
        settled.set()
        assert [(await one).status for one in waiting] == [200] * 3

    at_the_proxy(check, handler=wait_if_asked, in_flight_max=1, waiting_max=2)


def test_more_of_those_that_ask_to_wait_pass_as_all_goes_well_up_to_a_limit() -> None:
    emulator = _Counting()

    async def check(port: int) -> None:
        wait = ("POST /api/v1/payments", "Prefer: wait=5")
        answers = await asyncio.gather(*(ask(port, *wait) for _ in range(16)))
        assert [one.status for one in answers] == [200] * 16

    at_the_proxy(check, handler=emulator.answer, in_flight_max=2, waiting_max=4)

    assert emulator.most == 4


def test_no_more_pass_while_the_emulator_fails() -> None:
    emulator = _Counting(status=503)

    async def check(port: int) -> None:
        wait = ("POST /api/v1/payments", "Prefer: wait=5")
        await asyncio.gather(*(ask(port, *wait) for _ in range(8)))

    at_the_proxy(check, handler=emulator.answer, in_flight_max=2, waiting_max=4)

    assert emulator.most == 2
