"""Every minute: have payments woken that are due and that no wake-up has reached."""

from __future__ import annotations

from typing import Any

from payflow import wiring
from payflow.aws.observability import logger


def handler(_event: dict[str, Any], _context: object) -> dict[str, int]:
    """How many payments were due; a failed sweep is made up for by the next one."""
    due = wiring.sweep_payments()()
    logger().info("payments swept", extra={"due": due})
    return {"due": due}
