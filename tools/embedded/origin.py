"""The HTTP server of the plain origin: whatever arrives, the answer has the API's manners.

It is aiohttp's server without a router. Its own plain-text answers (garbage, too long a header, an
unexpected exception) are replaced by ones in the API's error shape.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.http_parser import RawRequestMessage

from tools.embedded.refusal import Refusal, head_too_large, malformed, new_request_id

SHUTDOWN_S = 2.0
# Request line and headers together; the emulator takes hardly more.
HEAD_BYTES_MAX = 32 << 10
# Far over the API's own limit of 64 KiB, which the API is to answer for itself.
BODY_BYTES_MAX = 1 << 20
# Also the end of a chunked body that breaks midway, of which aiohttp does not tell its reader.
BODY_TIMEOUT_S = 20.0
CONNECTION_SETTINGS: dict[str, Any] = {
    "access_log": None,
    "auto_decompress": False,
    # How long the rest of a refused body is read, so that the client can read its answer.
    "lingering_time": 2.0,
    "max_line_size": HEAD_BYTES_MAX,
    "max_field_size": HEAD_BYTES_MAX,
}
# The names of software and their versions are nobody's business.
SERVER = "PayFlow"
# What RFC 9110, section 5.5 forbids, and bytes that are not UTF-8 (as aiohttp represents them):
# aiohttp's client would leave these out, and so make two values one.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_DIGITS = re.compile(r"\d+")
_PARAM_LENGTH_MAX = 100

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serve_origin(answer: Answer, host: str, port: int) -> AsyncIterator[int]:
    """Serve HTTP by `answer`, which may raise `Refusal`; gives the port (chosen, if it was 0)."""

    async def answered(request: web.BaseRequest) -> web.StreamResponse:
        try:
            _check_head(request)
            response = await answer(request)
        except Refusal as refusal:
            response = refusal.response()
        return _signed(response)

    server = _Server(answered, request_factory=_request)
    runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def read_body(request: web.BaseRequest) -> bytes:
    """All of the request's body.

    Raises:
        Refusal: it is too large, broken off, or too slow to arrive.
    """
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # It is not a part of the answer.
        request.writer.output_size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except TimeoutError:
        message = "The request body did not arrive in time."
        raise Refusal(408, "invalid_request", "request_timeout", message, retryable=True) from None
    except web.HTTPRequestEntityTooLarge:
        message = "The request body is too large."
        raise Refusal(413, "invalid_request", "body_too_large", message) from None
    except web.RequestPayloadError:
        raise malformed("The request body is not framed as its headers say.") from None


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(
        message, payload, protocol, writer, task, loop, client_max_size=BODY_BYTES_MAX
    )


def _check_head(request: web.BaseRequest) -> None:
    size = len(request.raw_path)
    for name, value in request.headers.items():
        if _FORBIDDEN.search(value):
            # Even a header's name may be a card number.
            param = _DIGITS.sub("…", name[:_PARAM_LENGTH_MAX])
            raise malformed("A header is UTF-8 without control characters.", param=param)
        size += len(name) + len(value)
    if size > HEAD_BYTES_MAX:
        raise head_too_large()


def _signed(response: web.StreamResponse) -> web.StreamResponse:
    """The answer with the headers that every answer has."""
    response.headers["Server"] = SERVER
    response.headers.setdefault("X-Request-Id", new_request_id())
    return response


class _Server(web.Server):
    """aiohttp's server with connections of our own."""

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), **CONNECTION_SETTINGS)


class _Connection(web.RequestHandler):
    """One client's connection; says in the API's shape what aiohttp says in plain text."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what could not be read, or failed unexpectedly; ends the connection.

        Raises:
            ConnectionError: there is nobody to answer, or half an answer is out already.
        """
        if request.writer.output_size > 0 or isinstance(exc, ConnectionError):
            raise ConnectionError from exc
        response = self._refusal(exc).response()
        response.force_close()
        return _signed(response)

    def _refusal(self, exc: BaseException | None) -> Refusal:
        if isinstance(exc, LineTooLong):
            return head_too_large()
        if isinstance(exc, HttpProcessingError):
            return malformed("The request is not well-formed HTTP/1.1.")
        self.log_exception("the origin failed to answer", exc_info=exc)
        failed = "PayFlow failed to answer. It is safe to try again."
        return Refusal(500, "internal", "internal_error", failed, retryable=True)
