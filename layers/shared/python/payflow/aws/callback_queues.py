"""The queues on both sides of the wire: callbacks to be sent, and callbacks to be dealt with."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.clients import unavailable_on_failure
from payflow.domain.callback_document import callback_from_document, callback_to_document
from payflow.domain.ports import Clock
from payflow.domain.provider_callback import ProviderCallback
from payflow.domain.timestamps import parse_rfc3339, rfc3339

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

DELAY_S_MAX: Final = 900
"""As long as SQS delays a message; what is due later is sent off again when it arrives."""


class SqsOutbox:
    """The simulated providers' `CallbackSender`: a message that appears when it is due."""

    def __init__(self, client: SQSClient, queue_url: str, clock: Clock) -> None:
        """`queue_url` is read by the function that delivers."""
        self._client = client
        self._queue_url = queue_url
        self._clock = clock

    def send(self, callback: ProviderCallback, delay_ms: int) -> None:
        """Have `callback` delivered `delay_ms` from now; SQS counts in whole seconds."""
        due_at = self._clock.now() + timedelta(milliseconds=delay_ms)
        message = {"due_at": rfc3339(due_at), "callback": callback_to_document(callback)}
        with unavailable_on_failure("provider outbox"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=json.dumps(message),
                DelaySeconds=min(DELAY_S_MAX, -(-delay_ms // 1000)),
            )


class SqsInbox:
    """`CallbackInbox` on a queue; a callback is kept once SQS has said so."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        """`queue_url` is read by the function that deals with callbacks."""
        self._client = client
        self._queue_url = queue_url

    def put(self, callback: ProviderCallback) -> None:
        """Keep `callback`; raises `Unavailable`, and then it may have been kept all the same."""
        with unavailable_on_failure("callback inbox"):
            self._client.send_message(
                QueueUrl=self._queue_url, MessageBody=json.dumps(callback_to_document(callback))
            )


def callback_to_send(body: str) -> tuple[ProviderCallback, datetime]:
    """The callback in a message of the outbox, and when it is due."""
    message: dict[str, Any] = json.loads(body)
    return callback_from_document(message["callback"]), parse_rfc3339(message["due_at"])


def kept_callback(body: str) -> ProviderCallback:
    """The callback in a message of the inbox."""
    return callback_from_document(json.loads(body))
