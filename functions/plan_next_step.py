"""State `PlanNextStep`: record the last answer, decide and write down what comes next."""

from __future__ import annotations

from typing import Any

from payflow import wiring
from payflow.aws.observability import logger


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"payment_id", "answer"?: {"result": …}}` to the same payment with its next `step`."""
    payment_id = event["payment_id"]
    answer = event.get("answer")
    planned = wiring.plan_next_step()(payment_id, answer["result"] if answer else None)
    if planned.late_approval is not None:
        logger().error(
            "late approval",
            extra={"payment_id": payment_id, "attempt_number": planned.late_approval},
        )
    step = planned.step
    logger().info("next step planned", extra={"payment_id": payment_id, "step": step["action"]})
    return {"payment_id": payment_id, "merchant_id": event["merchant_id"], "step": step}
