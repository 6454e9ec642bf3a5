"""Once a day: pay merchants out what is available."""

from __future__ import annotations

from typing import Any

from payflow import wiring
from payflow.aws.observability import logger


def handler(_event: dict[str, Any], _context: object) -> None:
    """One run for today; what is raised has it repeated, and then told to the dead-letter queue."""
    payouts = wiring.pay_out_merchants()()
    for payout in payouts:
        logger().info("paid out", extra={"payout_id": payout.id, "merchant_id": payout.merchant_id})
    logger().info("payouts of the day", extra={"payouts": len(payouts)})
