"""One plain origin in front of the emulated API Gateway.

The emulator finds an API by the request's Host header (and a REST API by its stage's path too),
which most HTTP clients cannot be told to send. This proxy adds both and changes nothing else: no
header of the API's is invented here, and its status and body pass through as they are. Nothing of
the emulator but the API can be reached through it.

Every request that a function works on costs the emulator a Python interpreter, so only so many
pass at once; the others wait in a queue with an end. Those that ask to wait for their payment have
places of their own, and more: mostly they do nothing. These come one by one, because a machine
that has to start too many interpreters at once answers nobody in time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

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

from payflow.api.headers import preferred_wait_s
from payflow.api.routes import matching
from tools.embedded.dashboard import PREFIX, Dashboard
from tools.embedded.gate import Gate, QueueFullError
from tools.embedded.landing import landing_page
from tools.embedded.origin import read_body, serve_origin
from tools.embedded.refusal import method_not_allowed, no_such_path, unavailable
from tools.embedded.request_target import RequestTarget
from tools.paths import DASHBOARD_BUILT

IN_FLIGHT_MAX = 12
# An interpreter takes about 60 MB, and a request may wait for 25 s.
WAITING_MAX = 48
QUEUED_MAX = 1000
# API Gateway gives an integration 30 s; this only catches an emulator that hangs.
UPSTREAM_TIMEOUT_S = 40
FORWARDED_METHODS = frozenset({"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"})
LANDING_METHODS = frozenset({"GET", "HEAD"})
INTERNAL_ERROR_MIN = 500
# RFC 9110, section 7.6.1: these concern one connection, not the message; nor does `Expect`, once
# the body is here.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "expect",
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


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many requests pass at once, and how long they may take.

    Of those that ask to wait, as many pass at first, and up to `waiting_max` as all goes well.
    """

    in_flight_max: int = IN_FLIGHT_MAX
    waiting_max: int = WAITING_MAX
    queued_max: int = QUEUED_MAX
    timeout_s: float = UPSTREAM_TIMEOUT_S


@asynccontextmanager
async def serve_proxy(
    upstream: Upstream,
    host: str,
    port: int,
    *,
    demo_key: str = "",
    limits: Limits | None = None,
    built: Path = DASHBOARD_BUILT,
) -> AsyncIterator[int]:
    """Serve the proxy; gives its port.

    `demo_key` appears in the landing page's example and is offered by the dashboard in `built`.
    """
    limits = limits or Limits()
    async with ClientSession(
        connector=TCPConnector(limit=0),
        timeout=ClientTimeout(total=limits.timeout_s),
        auto_decompress=False,
        cookie_jar=DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
    ) as session:
        dashboard = Dashboard(built, demo_key)
        proxy = _Proxy(upstream, session, limits, landing_page(demo_key), dashboard)
        async with serve_origin(proxy.answer, host, port) as bound:
            yield bound


class _Proxy:
    """Decides who answers a request, and asks the API."""

    def __init__(
        self,
        upstream: Upstream,
        session: ClientSession,
        limits: Limits,
        landing: str,
        dashboard: Dashboard,
    ) -> None:
        self._upstream = upstream
        self._session = session
        self._landing = landing
        self._dashboard = dashboard
        self._gate = Gate(limits.in_flight_max, limits.queued_max)
        self._waiting_gate = Gate(
            limits.in_flight_max, limits.queued_max, in_flight_max=limits.waiting_max
        )

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """The landing page, the dashboard, or the API's answer.

        Raises:
            Refusal: the request is nobody's, or the API cannot answer.
        """
        # Of no resource, but of the server as a whole (RFC 9110, sections 9.3.6 and 9.3.7).
        if request.method == "CONNECT" or request.raw_path == "*":
            raise method_not_allowed(FORWARDED_METHODS)
        target = RequestTarget.parse(request.raw_path)
        if target.path == "/":
            if request.method not in LANDING_METHODS:
                raise method_not_allowed(LANDING_METHODS)
            return self._front(request)
        if self._dashboard.serves(target.path) and request.method in LANDING_METHODS:
            return self._dashboard.answer(target.path)
        target.must_be_the_apis()
        if request.method not in FORWARDED_METHODS:
            raise _not_forwarded(target)
        return await self._forwarded(request, target)

    def _front(self, request: web.BaseRequest) -> web.Response:
        """The dashboard for a browser, but for `/?start`; else the landing page."""
        browses = "text/html" in request.headers.get("Accept", "")
        if self._dashboard.is_there and browses and not request.query_string:
            return web.Response(status=303, headers={"Location": PREFIX, "Vary": "Accept"})
        return web.Response(text=self._landing, content_type="text/html")

    async def _forwarded(self, request: web.BaseRequest, target: RequestTarget) -> web.Response:
        body = await read_body(request)
        gate = self._waiting_gate if _asks_to_wait(request) else self._gate
        try:
            async with gate.slot() as slot:
                answer = await self._ask(request, target, body)
                slot.went_well = answer.status < INTERNAL_ERROR_MIN
                return answer
        except QueueFullError:
            raise unavailable(503, "overloaded", "Too many requests wait.") from None
        except TimeoutError:
            message = "The API gave no answer in time."
            raise unavailable(504, "upstream_timeout", message) from None
        except ClientError:
            raise _upstream_unavailable() from None

    async def _ask(
        self, request: web.BaseRequest, target: RequestTarget, body: bytes
    ) -> web.Response:
        headers = end_to_end(request.headers)
        headers["Host"] = self._upstream.host
        # As it was written: an encoded character in a path or query stays encoded.
        url = URL(self._upstream.url + self._upstream.path_prefix + target.raw, encoded=True)
        async with self._session.request(
            request.method, url, headers=headers, data=body or None, allow_redirects=False
        ) as answer:
            content = await answer.read()
            if answer.status >= INTERNAL_ERROR_MIN and "X-Request-Id" not in answer.headers:
                # The emulator's own failure: the API signs what it says.
                raise _upstream_unavailable()
            return web.Response(
                status=answer.status,
                reason=answer.reason,
                body=content,
                headers=end_to_end(answer.headers),
            )


def _not_forwarded(target: RequestTarget) -> Exception:
    """What the API would say to a method that API Gateway does not pass on to it."""
    allowed = {route.method for route, _ in matching(target.path)}
    return method_not_allowed(allowed) if allowed else no_such_path()


def _upstream_unavailable() -> Exception:
    return unavailable(502, "upstream_unavailable", "The API did not answer.")


def _asks_to_wait(request: web.BaseRequest) -> bool:
    preferences = ",".join(request.headers.getall("Prefer", ()))
    return bool(preferred_wait_s({"prefer": preferences}))


def end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The headers that belong to the message: without hop-by-hop ones and its old length."""
    listed = ",".join(headers.getall("Connection", ()))
    named = {name.strip().lower() for name in listed.split(",")}
    dropped = HOP_BY_HOP | named | {"content-length", "host"}
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in dropped
    )
