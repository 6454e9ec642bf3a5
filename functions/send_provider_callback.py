"""The outbox's queue: the simulated providers' callbacks, over HTTP to our own public API."""

from __future__ import annotations

from payflow import wiring
from payflow.aws.callback_queues import callback_to_send
from payflow.aws.observability import logger
from payflow.aws.queue_batch import queue_handler


def send(body: str) -> None:
    """One attempt; what was not taken stays in the queue."""
    callback, due_at = callback_to_send(body)
    delivery = wiring.deliver_callback()(callback, due_at)
    logger().info(
        "callback sent",
        extra={
            "delivery": delivery.value,
            "type": callback.type.value,
            "provider": callback.provider,
            "payment_id": callback.payment_id,
        },
    )


handler = queue_handler(send)
