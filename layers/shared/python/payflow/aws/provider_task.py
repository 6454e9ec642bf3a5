"""The Lambda handler behind the states that call a provider, whichever method it serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payflow.aws.observability import logger

UseCase = Callable[[dict[str, Any]], dict[str, Any]]
TaskHandler = Callable[[dict[str, Any], object], dict[str, Any]]


def provider_task(use_case: Callable[[], UseCase]) -> TaskHandler:
    """A handler from call document to result document; a decline is data, not an error."""

    def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
        result = use_case()(event)
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

    return handle
