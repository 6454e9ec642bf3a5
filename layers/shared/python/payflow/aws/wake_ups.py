"""The wake-up queue: a message holds a payment's id, and is held back until its time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from payflow.aws.clients import unavailable_on_failure
from payflow.domain.errors import Unavailable
from payflow.domain.ports import Clock

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

DELAY_S_MAX: Final = 900
"""SQS holds a message back no longer."""
BATCH_MAX: Final = 10

_PART: Final = "wake-up queue"


class SqsWakeUps:
    """`WakeUps` on one standard queue."""

    def __init__(self, sqs: SQSClient, queue_url: str, clock: Clock) -> None:
        """`queue_url` is a queue of its own; its consumer reads messages by `payment_of`."""
        self._sqs = sqs
        self._queue_url = queue_url
        self._clock = clock

    def wake(self, wake_ups: Sequence[tuple[str, datetime]]) -> None:
        """Send one message a wake-up, ten at once; raises `Unavailable`."""
        now = self._clock.now()
        entries = [
            _entry(number, payment_id, at, now) for number, (payment_id, at) in enumerate(wake_ups)
        ]
        for start in range(0, len(entries), BATCH_MAX):
            with unavailable_on_failure(_PART):
                answer = self._sqs.send_message_batch(
                    QueueUrl=self._queue_url, Entries=entries[start : start + BATCH_MAX]
                )
            if answer.get("Failed"):
                raise Unavailable("temporarily_unavailable", f"the {_PART} refused a message")


def payment_of(body: str) -> str:
    """The payment that a message names."""
    payment_id: str = json.loads(body)["payment_id"]
    return payment_id


def _entry(
    number: int, payment_id: str, at: datetime, now: datetime
) -> SendMessageBatchRequestEntryTypeDef:
    # Rounded up: a wake-up that comes too early has to be sent again.
    wait_s = -((now - at).total_seconds() // 1)
    return {
        "Id": str(number % BATCH_MAX),
        "MessageBody": json.dumps({"payment_id": payment_id}),
        "DelaySeconds": int(min(max(wait_s, 0), DELAY_S_MAX)),
    }
