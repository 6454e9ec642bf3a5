"""Start the workflow for a payment, and start it again where nobody works on it any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from payflow.domain.errors import Unavailable
from payflow.domain.payment import Payment
from payflow.domain.ports import Clock, WorkflowStarter
from payflow.domain.step import ProviderFunctions, step_document

RESUMED_AFTER: Final = timedelta(seconds=60)
"""Longer than a running execution can leave a payment unwritten: one pause and one call."""


@dataclass(frozen=True, slots=True)
class RunPayment:
    """Begins executions at the payment's own next step."""

    workflow: WorkflowStarter
    clock: Clock
    functions: ProviderFunctions

    def start(self, payment: Payment, *, resumption: int = 0) -> bool:
        """Begin an execution for this version; False if that is not possible now."""
        step = step_document(payment, self.functions, self.clock.now())
        try:
            self.workflow.start(payment, step, resumption=resumption)
        except Unavailable:
            return False
        return True

    def must_start(self, payment: Payment, *, resumed: bool = False) -> None:
        """Begin an execution for this version; raises `Unavailable` if that is not possible now.

        `resumed`: one was begun for the same version before.
        """
        now = self.clock.now()
        resumption = (now - payment.updated_at) // RESUMED_AFTER if resumed else 0
        step = step_document(payment, self.functions, now)
        self.workflow.start(payment, step, resumption=resumption)

    def resume(self, payment: Payment) -> bool:
        """Start again what nobody works on; False if that was due and is not possible now.

        Harmless where somebody does after all: no attempt's call is ever made twice.
        """
        has_work = payment.open_attempt is not None or not payment.is_settled
        if not has_work or not self.has_rested(payment):
            return True
        rested = self.clock.now() - payment.updated_at
        return self.start(payment, resumption=rested // RESUMED_AFTER)

    def has_rested(self, payment: Payment) -> bool:
        """Whether the payment is as it was for longer than a running execution leaves it."""
        return self.clock.now() - payment.updated_at >= RESUMED_AFTER
