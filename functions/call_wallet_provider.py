"""Every state that calls a wallet provider: one call of one operation."""

from __future__ import annotations

from typing import Any

from payflow import wiring
from payflow.aws.observability import logger


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A provider call document to its result document; a decline is data, never an exception."""
    result = wiring.call_provider()(event)
    logger().info(
        "provider answered",
        extra={
            "payment_id": event["payment_id"],
            "provider": event["provider"],
            "operation": event["operation"],
            "outcome": result["outcome"],
            "code": result["code"],
            "latency_ms": result["latency_ms"],
        },
    )
    return result
