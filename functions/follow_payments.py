"""The payments stream: learn how providers do, and see that no payment is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from payflow import wiring
from payflow.aws.observability import logger
from payflow.aws.payment_stream import payment_changes
from payflow.domain.payment import Payment
from payflow.services.update_health import observed
from payflow.services.wake_payment import wake_ups_after


def handler(event: dict[str, Any], _context: object) -> None:
    """One batch; raises `Unavailable`, and it comes again as a whole, which does no harm.

    A record that cannot be read is left out, so it never holds up its shard.
    """
    follow(list(payment_changes(event["Records"])))


def follow(changes: Sequence[tuple[Payment | None, Payment]]) -> None:
    """(before, after) of each change, in the order of the stream."""
    now = wiring.clock().now()
    wiring.wake_ups().wake(
        [wake_up for before, after in changes for wake_up in wake_ups_after(before, after, now)]
    )
    observations = [seen for before, after in changes for seen in observed(before, after)]
    health_changes = wiring.update_health()(observations)
    for change in health_changes:
        logger().warning(
            "provider health changed",
            extra={
                "event": change.event.value,
                "provider": change.provider,
                "success_rate": change.success_rate,
                "calls": change.calls,
            },
        )
    logger().info("payments followed", extra={"calls": len(observations)})
