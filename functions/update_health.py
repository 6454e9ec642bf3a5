"""The payments stream: learn from every answered call how its provider is doing."""

from __future__ import annotations

from typing import Any

from payflow import wiring
from payflow.aws.observability import logger
from payflow.aws.payment_stream import payment_changes
from payflow.domain.errors import Unavailable
from payflow.services.update_health import observed


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One batch into the health book; the whole batch comes again if it could not be stored.

    A record that cannot be read is left out, so it never holds up its shard.
    """
    records = event["Records"]
    observations = [
        seen for before, after in payment_changes(records) for seen in observed(before, after)
    ]
    try:
        changes = wiring.update_health()(observations)
    except Unavailable as error:
        logger().warning("health not updated", extra={"code": error.code})
        first = records[0]["dynamodb"]["SequenceNumber"]
        return {"batchItemFailures": [{"itemIdentifier": first}]}
    for change in changes:
        logger().warning(
            "provider health changed",
            extra={
                "event": change.event.value,
                "provider": change.provider,
                "success_rate": change.success_rate,
                "calls": change.calls,
            },
        )
    logger().info("health updated", extra={"calls": len(observations)})
    return {"batchItemFailures": []}
