"""The proxy between a test and an emulator that the test plays."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict

from tools.embedded.ports import HOST
from tools.embedded.proxy import Limits, Upstream, serve_proxy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Check = Callable[[ClientSession, str], Awaitable[None]]
RawCheck = Callable[[int], Awaitable[None]]

ERROR_FIELDS = ["type", "code", "message", "param", "request_id", "doc_url", "retryable"]
ANSWER_TIMEOUT_S = 5


async def echo(request: web.Request) -> web.StreamResponse:
    """Answers with what it was sent."""
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


def through_proxy(
    check: Check, *, handler: Handler = echo, path_prefix: str = "", **limits: Any
) -> None:
    """Run `check` with a client and the proxy's address, `handler` being the emulator."""

    async def with_client(port: int) -> None:
        async with ClientSession() as session:
            await check(session, f"http://{HOST}:{port}")

    at_the_proxy(with_client, handler=handler, path_prefix=path_prefix, **limits)


def at_the_proxy(
    check: RawCheck, *, handler: Handler = echo, path_prefix: str = "", **limits: Any
) -> None:
    """Run `check` with the proxy's port, `handler` being the emulator."""

    async def run() -> None:
        app = web.Application(client_max_size=8 << 20)
        app.router.add_route("*", "/{path:.*}", handler)
        server = TestServer(app)
        # The emulator is to see what was sent.
        await server.start_server(auto_decompress=False)
        upstream = Upstream(
            f"http://{HOST}:{server.port}", "ab12.execute-api.localhost:4566", path_prefix
        )
        proxy = serve_proxy(upstream, HOST, 0, demo_key="sk_test_demo", limits=Limits(**limits))
        try:
            async with proxy as port:
                await check(port)
        finally:
            await server.close()

    asyncio.run(run())


@dataclass(frozen=True)
class RawAnswer:
    """An answer as it came over the wire."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    def error(self) -> dict[str, Any]:
        """The error in the one shape, checked to be in it."""
        error: dict[str, Any] = json.loads(self.body)["error"]
        assert list(error) == ERROR_FIELDS
        assert error["request_id"] == self.headers["X-Request-Id"]
        return error


async def ask(port: int, line: str, *headers: str, body: str = "") -> RawAnswer:
    """Send one HTTP/1.1 request, each character one byte."""
    fields = ["Host: a.example", *headers]
    if body:
        fields.append(f"Content-Length: {len(body)}")
    head = "".join(f"{one}\r\n" for one in (f"{line} HTTP/1.1", *fields))
    return await send(port, f"{head}\r\n{body}".encode("latin-1"))


async def send(port: int, *parts: bytes) -> RawAnswer:
    """Send bytes, part after part, and read one answer."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        for part in parts:
            writer.write(part)
            # The next part is to arrive by itself.
            await asyncio.sleep(0.02 if len(parts) > 1 else 0)
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            fields = (line.partition(": ") for line in head[1:-1])
            headers = CIMultiDict((name, value) for name, _, value in fields)
            body = await reader.readexactly(int(headers["Content-Length"]))
    finally:
        writer.close()
    return RawAnswer(int(head[0].split()[1]), headers, body)
