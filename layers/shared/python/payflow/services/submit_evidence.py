"""Take a merchant's evidence for a dispute and hand it to the provider.

It is written down before it is sent, like every call to a provider, and marked as delivered after:
a crash between leaves evidence that the same request, repeated, delivers. The dispute is under
review once the provider has it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from payflow.domain.answer import revised
from payflow.domain.dispute import Dispute, Evidence
from payflow.domain.disputes import evidence_delivered, evidence_recorded
from payflow.domain.errors import NotFound
from payflow.domain.instruction import payment_of
from payflow.domain.payment import Payment
from payflow.domain.ports import Clock, DisputeDesk, PaymentRepository, Randomness
from payflow.services.contention import decided_anew

Change = Callable[[Payment, Dispute], Payment]


@dataclass(frozen=True, slots=True)
class SubmitEvidence:
    """The use case behind `POST /api/v1/disputes/{id}/evidence`."""

    payments: PaymentRepository
    desk: DisputeDesk
    clock: Clock
    randomness: Randomness

    def __call__(
        self, dispute_id: str, merchant_id: str, text: str, files: tuple[str, ...]
    ) -> tuple[Payment, Dispute]:
        """The dispute with its evidence at the provider, and its payment.

        Repeated with the same evidence it does what is left to do. Raises `NotFound`, the same for
        another merchant's dispute as for none (invariant 31); `Conflict` if there is other evidence
        already, or it comes too late; `Unavailable` if the provider could not be told: repeat it.
        """

        def record(payment: Payment, dispute: Dispute) -> Payment:
            evidence = Evidence(text, self.clock.now(), files)
            return evidence_recorded(payment, dispute, evidence, evidence.submitted_at)

        def deliver(payment: Payment, dispute: Dispute) -> Payment:
            return evidence_delivered(payment, dispute, self.clock.now())

        payment, dispute = self._change(dispute_id, merchant_id, record)
        evidence, provider = dispute.evidence, payment.provider
        assert evidence is not None  # it has just been recorded
        assert provider is not None  # it has opened the dispute
        if evidence.delivered_at is not None:
            return payment, dispute
        self.desk.submit(provider, dispute.reference, payment.id, evidence)
        return self._change(dispute_id, merchant_id, deliver)

    def _change(self, dispute_id: str, merchant_id: str, change: Change) -> tuple[Payment, Dispute]:
        def decide() -> tuple[Payment, Dispute]:
            return self._changed(dispute_id, merchant_id, change)

        return decided_anew(decide, dispute_id, self.clock, self.randomness)

    def _changed(
        self, dispute_id: str, merchant_id: str, change: Change
    ) -> tuple[Payment, Dispute]:
        payment = self.payments.get(payment_of(dispute_id))
        dispute = payment.dispute(dispute_id) if payment else None
        if payment is None or dispute is None or payment.merchant_id != merchant_id:
            raise NotFound("dispute_not_found", "There is no such dispute.")
        after = change(payment, dispute)
        if after != payment:
            after = revised(payment, after, self.clock.now())
            self.payments.save(after)
        return after, after.dispute(dispute_id) or dispute
