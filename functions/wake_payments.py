"""The wake-up queue: look at payments that are due, or that nobody works on any more."""

from __future__ import annotations

from payflow import wiring
from payflow.aws.observability import logger
from payflow.aws.queue_batch import queue_handler
from payflow.aws.wake_ups import payment_of


def wake(body: str) -> None:
    """One payment; what cannot be looked at now stays in the queue."""
    payment_id = payment_of(body)
    woken = wiring.wake_payment()(payment_id)
    logger().info("woken", extra={"payment_id": payment_id, "result": woken.value})


handler = queue_handler(wake)
