"""The simulated providers' HTTP client: one POST to our own public API, over the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CONNECT_TIMEOUT_S: Final = 2
READ_TIMEOUT_S: Final = 10
"""Longer than the API takes at its worst: what it has not taken by then is sent again."""


class HttpCallbackLine:
    """`CallbackLine` over HTTP. Redirects are not followed, and nothing is tried twice."""

    def __init__(self, api_url: str) -> None:
        """`api_url` is what every path of the API is below."""
        from botocore.httpsession import URLLib3Session

        self._api_url = api_url.rstrip("/")
        # The stubs know of one time-out only; botocore takes the pair.
        timeouts = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        self._session = URLLib3Session(timeout=timeouts)  # type: ignore[arg-type]

    def post(self, provider: str, headers: Mapping[str, str], body: bytes) -> int | None:
        """The status of the answer; None if none came in time."""
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import ConnectionError, HTTPClientError

        request = AWSRequest(
            method="POST",
            url=f"{self._api_url}/internal/providers/{provider}/callback",
            headers={"Content-Type": "application/json", **headers},
            data=body,
        )
        try:
            answer = self._session.send(request.prepare())
        except (ConnectionError, HTTPClientError):
            return None
        return int(answer.status_code)
