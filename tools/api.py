"""The HTTP API as a client of it: time-outs on every call, errors told as a person would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from tools.errors import ToolError

CONNECT_TIMEOUT_S = 5.0
# A `Prefer: wait` answer may take 25 s; API Gateway itself gives up after 30 s.
READ_TIMEOUT_S = 45.0

# A JSON object as the API sends it.
Json = dict[str, Any]


class Api:
    """Calls one deployment with one key."""

    def __init__(self, api_url: str, key: str) -> None:
        self._url = api_url.rstrip("/")
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        )

    def get(self, path: str) -> Json:
        """GET `path`; raises `ToolError` for any answer but success."""
        return self._call("GET", path)

    def post(self, path: str, body: Json, headers: Mapping[str, str] | None = None) -> Json:
        """POST `body` to `path`; raises `ToolError` for any answer but success."""
        return self._call("POST", path, body, headers)

    def status_of(self, path: str) -> int:
        """The status code that GET `path` answers with."""
        return self._send("GET", path, None, None).status_code

    def _call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        answer = self._send(method, path, body, headers)
        document = _json_object(answer)
        if answer.is_success and document is not None:
            return document
        raise ToolError(_refusal(method, path, answer.status_code, document))

    def _send(
        self, method: str, path: str, body: Json | None, headers: Mapping[str, str] | None
    ) -> httpx.Response:
        # Not httpx's base_url: its joining would rewrite a base that has a path of its own.
        url = self._url + path
        try:
            return self._client.request(method, url, json=body, headers=headers)
        except httpx.TimeoutException:
            raise ToolError(f"{method} {url}: no answer in time") from None
        except httpx.TransportError as error:
            raise ToolError(
                f"{method} {url}: {error}", hint="is it running? see: payflow status"
            ) from None


def _json_object(answer: httpx.Response) -> Json | None:
    try:
        document = answer.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _refusal(method: str, path: str, status: int, document: Json | None) -> str:
    error = (document or {}).get("error")
    if not isinstance(error, dict):
        return f"{method} {path} answered {status}"
    parameter = f" (at {error['param']})" if error.get("param") else ""
    return (
        f"{method} {path} answered {status} {error.get('code')}: {error.get('message')}{parameter}"
    )
