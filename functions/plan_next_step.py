"""State `PlanNextStep`: record the last answer, decide and write down what comes next."""

from __future__ import annotations

from typing import Any

from payflow import wiring
from payflow.aws.observability import logger


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"payment_id", "answer"?: {"result": …}}` to the same payment with its next `step`."""
    payment_id = event["payment_id"]
    answer = event.get("answer")
    step = wiring.plan_next_step()(payment_id, answer["result"] if answer else None)
    logger().info("next step planned", extra={"payment_id": payment_id, "step": step["action"]})
    return {"payment_id": payment_id, "merchant_id": event["merchant_id"], "step": step}
