"""Payments that a person has to look at: list them, and take an operator's decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from payflow.domain.answer import revised
from payflow.domain.errors import Conflict, NotFound
from payflow.domain.payment import Payment
from payflow.domain.plan import advanced
from payflow.domain.ports import (
    Clock,
    MarketSource,
    PaymentRepository,
    Randomness,
    WorkflowStarter,
)
from payflow.domain.reviews import Decision, resolved
from payflow.domain.step import ProviderFunctions
from payflow.services.contention import decided_anew
from payflow.services.run_payment import RunPayment

LISTED_MAX: Final = 100
"""How many payments a listing shows: those that have waited longest."""


@dataclass(frozen=True, slots=True)
class ReviewPayments:
    """The use cases behind `GET /internal/reviews` and `POST /internal/payments/{id}/resolve`."""

    payments: PaymentRepository
    market: MarketSource
    workflow: WorkflowStarter
    clock: Clock
    randomness: Randomness
    functions: ProviderFunctions

    def list(self) -> Sequence[Payment]:
        """The payments with an open review, the longest waiting first."""
        return self.payments.in_review(LISTED_MAX)

    def resolve(self, payment_id: str, decision: Decision) -> Payment:
        """The payment as it goes on after the operator's `decision`.

        Raises `NotFound`, and `Conflict` (`no_open_review`, `attempt_open`) with nothing changed.
        """

        def decide() -> Payment:
            return self._resolve(payment_id, decision)

        payment = decided_anew(decide, payment_id, self.clock, self.randomness)
        if payment.open_attempt is not None:
            # If it cannot be started now, the wake-up that follows every start resumes it.
            RunPayment(self.workflow, self.clock, self.functions).start(payment)
        return payment

    def _resolve(self, payment_id: str, decision: Decision) -> Payment:
        payment = self.payments.get(payment_id)
        if payment is None:
            raise NotFound("payment_not_found", "There is no such payment.")
        review = payment.open_review
        if review is None:
            raise Conflict("no_open_review", "The payment is not flagged for review.")
        now = self.clock.now()
        after = advanced(
            resolved(payment, review, decision, now),
            self.market.snapshot(),
            now=now,
            randomness=self.randomness,
        )
        after = revised(payment, after, now)
        self.payments.save(after)
        return after
