"""A client of DynamoDB Local that does little else than ask.

botocore takes several times as long for a call as DynamoDB Local does. This speaks the same JSON
protocol ("DynamoDB low-level API" in the Developer Guide), and raises botocore's own errors.
"""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

_TIMEOUT_S = 60


class LocalClient:
    """Has a method for every operation: `put_item` sends PutItem. One call at a time.

    Tables belong to an `account`, any letters: DynamoDB Local checks no signature.
    """

    def __init__(self, port: int, account: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), _TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        self._lock = threading.Lock()
        self._head = (
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"Authorization: AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/dynamodb"
            "/aws4_request, SignedHeaders=host, Signature=0\r\nX-Amz-Date: 20260101T000000Z\r\n"
        )

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The method that sends the operation of that name."""
        if name.startswith("_"):
            raise AttributeError(name)
        operation = "".join(word.capitalize() for word in name.split("_"))

        def call(**parameters: Any) -> Any:
            return self._call(operation, parameters)

        # Found at once from now on.
        setattr(self, name, call)
        return call

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        self._socket.close()

    def _call(self, operation: str, parameters: dict[str, Any]) -> Any:
        body = json.dumps(parameters, default=_base64).encode()
        target = f"X-Amz-Target: DynamoDB_20120810.{operation}\r\nContent-Length: {len(body)}"
        with self._lock:
            self._socket.sendall(f"{self._head}{target}\r\n\r\n".encode() + body)
            status, content = self._answer()
        answer = json.loads(content, object_hook=_with_bytes)
        if status == b"200":
            return answer
        code = answer.pop("__type").rpartition("#")[2]
        message = answer.get("message") or answer.get("Message", "")
        failure: Any = {"Error": {"Code": code, "Message": message}, **answer}
        raise ClientError(failure, operation)

    def _answer(self) -> tuple[bytes, bytes]:
        """Status and content of the next answer; DynamoDB Local always tells its length."""
        status = self._answers.readline().split()[1]
        length = None
        while line := self._answers.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length is not None
        return status, self._answers.read(length)


def _base64(value: object) -> str:
    assert isinstance(value, bytes)
    return base64.b64encode(value).decode()


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """A binary attribute value as its bytes; a map has no attribute value that is bare text."""
    content = value.get("B")
    if isinstance(content, str) and len(value) == 1:
        return {"B": base64.b64decode(content)}
    return value
