"""One plain origin in front of the emulated API Gateway.

The emulator finds an API by the request's Host header (and a REST API by its stage's path too),
which most HTTP clients cannot be told to send. This proxy adds both and changes nothing else: no
header of the API's is invented here, and its status and body pass through as they are.

Every request that a function works on costs the emulator a Python interpreter, so only so many
pass at once; the others wait in a queue with an end.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    web,
)
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from tools.embedded.landing import landing_page

IN_FLIGHT_MAX = 12
QUEUED_MAX = 1000
# Far over the API's own limit of 64 KiB, which the API is to answer for itself.
BODY_BYTES_MAX = 1 << 20
# API Gateway gives an integration 30 s; this only catches an emulator that hangs.
UPSTREAM_TIMEOUT_S = 40
RETRY_AFTER_S = 1
# RFC 9110, section 7.6.1: these concern one connection, not the message.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True)
class Upstream:
    """The API on the emulator: its address, its name there, and the path before every route."""

    url: str
    host: str
    path_prefix: str = ""

    @classmethod
    def from_outputs(cls, emulator_url: str, outputs: dict[str, str]) -> Upstream:
        """The API that the stack's outputs name."""
        port = URL(emulator_url).port
        is_rest = outputs["ApiKind"] == "rest"
        return cls(
            url=emulator_url,
            host=f"{outputs['ApiId']}.execute-api.localhost:{port}",
            path_prefix=f"/{outputs['ApiStage']}" if is_rest else "",
        )


class QueueFullError(Exception):
    """More requests wait than may."""


class Gate:
    """Lets `in_flight_max` through at once and `queued_max` wait, in order."""

    def __init__(self, in_flight_max: int, queued_max: int) -> None:
        self._slots = asyncio.Semaphore(in_flight_max)
        self._queued_max = queued_max
        self._queued = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the places, waiting for it if need be.

        Raises:
            QueueFullError: as many wait already as may.
        """
        if self._slots.locked() and self._queued >= self._queued_max:
            raise QueueFullError
        self._queued += 1
        try:
            await self._slots.acquire()
        finally:
            self._queued -= 1
        try:
            yield
        finally:
            self._slots.release()


UPSTREAM = web.AppKey("upstream", Upstream)
GATE = web.AppKey("gate", Gate)
SESSION = web.AppKey("session", ClientSession)
TIMEOUT = web.AppKey("timeout", ClientTimeout)
LANDING = web.AppKey("landing", str)


def make_proxy(
    upstream: Upstream,
    *,
    demo_key: str = "",
    in_flight_max: int = IN_FLIGHT_MAX,
    queued_max: int = QUEUED_MAX,
    timeout_s: float = UPSTREAM_TIMEOUT_S,
) -> web.Application:
    """The proxy as an application; `demo_key` appears in the landing page's example."""
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    app[UPSTREAM] = upstream
    app[GATE] = Gate(in_flight_max, queued_max)
    app[LANDING] = landing_page(demo_key)
    app[TIMEOUT] = ClientTimeout(total=timeout_s)
    app.cleanup_ctx.append(_client_session)
    app.router.add_get("/", _landing)
    app.router.add_route("*", "/{path:.*}", _forward)
    return app


async def _client_session(app: web.Application) -> AsyncIterator[None]:
    async with ClientSession(
        connector=TCPConnector(limit=0),
        timeout=app[TIMEOUT],
        auto_decompress=False,
        cookie_jar=DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
    ) as session:
        app[SESSION] = session
        yield


async def _landing(request: web.Request) -> web.Response:
    return web.Response(text=request.app[LANDING], content_type="text/html")


async def _forward(request: web.Request) -> web.Response:
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return _error(413, "invalid_request", "body_too_large", "The request body is too large.")
    try:
        async with request.app[GATE].slot():
            return await _ask(request, body)
    except QueueFullError:
        answer = _error(503, "internal", "overloaded", "Too many requests wait.", retryable=True)
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
        return answer
    except TimeoutError:
        message = "The API gave no answer in time."
        return _error(504, "internal", "upstream_timeout", message, retryable=True)
    except ClientError:
        message = "The API did not answer."
        return _error(502, "internal", "upstream_unavailable", message, retryable=True)


async def _ask(request: web.Request, body: bytes) -> web.Response:
    upstream = request.app[UPSTREAM]
    headers = end_to_end(request.headers)
    headers["Host"] = upstream.host
    # As it was written: an encoded character in a path or query stays encoded.
    url = URL(upstream.url + upstream.path_prefix + request.raw_path, encoded=True)
    async with request.app[SESSION].request(
        request.method, url, headers=headers, data=body or None, allow_redirects=False
    ) as answer:
        content = await answer.read()
        return web.Response(
            status=answer.status,
            reason=answer.reason,
            body=content,
            headers=end_to_end(answer.headers),
        )


def end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The headers that belong to the message: without hop-by-hop ones and its old length."""
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    dropped = HOP_BY_HOP | named | {"content-length", "host"}
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in dropped
    )


def _error(
    status: int, kind: str, code: str, message: str, *, retryable: bool = False
) -> web.Response:
    """An error of the proxy's own, in the API's one shape."""
    request_id = f"req_{secrets.token_hex(12)}"
    error = {
        "type": kind,
        "code": code,
        "message": message,
        "param": None,
        "request_id": request_id,
        "doc_url": f"/docs#error-{code}",
        "retryable": retryable,
    }
    return web.Response(
        status=status,
        text=json.dumps({"error": error}),
        content_type="application/json",
        headers={"X-Request-Id": request_id},
    )
