"""Stands in for the state machine: an execution runs to its end inside `start`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from payflow import wiring
from payflow.domain.payment import Payment
from payflow.domain.step import Action
from payflow.domain.timestamps import parse_rfc3339

STATES_MAX = 200


@dataclass
class ImmediateWorkflow:
    """`WorkflowStarter` that does what the definition says, with the parts that the wiring makes.

    While `held`, executions are only remembered.
    """

    held: bool = False
    waiting: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def start(self, payment: Payment, step: dict[str, Any], *, resumption: int = 0) -> None:
        self.waiting.append((payment.id, step))
        if not self.held:
            self.run()

    def run(self) -> None:
        """What was held back, to its end."""
        while self.waiting:
            self._execute(*self.waiting.pop(0))

    def _execute(self, payment_id: str, step: dict[str, Any]) -> None:
        for _ in range(STATES_MAX):
            if step["action"] == Action.FINISHED:
                return
            answer = None
            if step["action"] == Action.BACK_OFF:
                pause = parse_rfc3339(step["not_before"]) - wiring.clock().now()
                wiring.clock().sleep_ms(max(0, round(pause.total_seconds() * 1000)))
            else:
                answer = wiring.call_provider()(step["call"])
            step = wiring.plan_next_step()(payment_id, answer).step
        raise AssertionError("an execution does not end")
