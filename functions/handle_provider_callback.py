"""The inbox's queue: ask back what providers tell by themselves, and let the plan decide."""

from __future__ import annotations

from payflow import wiring
from payflow.aws.callback_queues import kept_callback
from payflow.aws.observability import logger
from payflow.aws.queue_batch import queue_handler


def handle(body: str) -> None:
    """One callback; what could not be dealt with stays in the queue."""
    callback = kept_callback(body)
    came_of_it = wiring.handle_callback()(callback)
    logger().info(
        "callback handled",
        extra={
            "came_of_it": came_of_it,
            "type": callback.type.value,
            "provider": callback.provider,
            "payment_id": callback.payment_id,
        },
    )


handler = queue_handler(handle)
