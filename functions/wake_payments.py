"""The wake-up queue: look at payments that are due, or that nobody works on any more."""

from __future__ import annotations

from typing import Any

from payflow import wiring
from payflow.aws.observability import logger
from payflow.aws.wake_ups import payment_ids
from payflow.domain.errors import Unavailable


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One batch; the messages that could not be acted on come again, the others do not."""
    failed: list[str] = []
    for message_id, payment_id in payment_ids(event["Records"]):
        try:
            woken = wiring.wake_payment()(payment_id)
        except Unavailable as error:
            logger().warning("not woken", extra={"payment_id": payment_id, "code": error.code})
            failed.append(message_id)
        else:
            logger().info("woken", extra={"payment_id": payment_id, "result": woken.value})
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
