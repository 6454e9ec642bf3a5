"""Record what a provider says of a dispute, once, in whatever order its callbacks arrive."""

from __future__ import annotations

from dataclasses import dataclass

from payflow.domain.answer import revised
from payflow.domain.dispute import Dispute, dispute_id
from payflow.domain.disputes import (
    DISPUTES_MAX,
    dispute_closed,
    dispute_opened,
    is_captured_enough,
)
from payflow.domain.errors import Unavailable
from payflow.domain.payment import Payment
from payflow.domain.ports import Clock, PaymentRepository, Randomness
from payflow.domain.provider_callback import CallbackType, DisputeNotice, ProviderCallback
from payflow.services.contention import decided_anew


@dataclass(frozen=True, slots=True)
class DisputeRecorded:
    """What became of a callback; `ignored` says why it changed nothing, None that it did.

    `exceeds` flags a dispute of more than the payment had left: somebody has to look at it.
    """

    dispute_id: str | None = None
    ignored: str | None = None
    exceeds: bool = False

    @property
    def word(self) -> str:
        """What to log."""
        if self.ignored is not None:
            return f"dispute_ignored_{self.ignored}"
        return "dispute_recorded_in_part" if self.exceeds else "dispute_recorded"


@dataclass(frozen=True, slots=True)
class RecordDispute:
    """The use case behind a provider's authenticated callback about a dispute."""

    payments: PaymentRepository
    clock: Clock
    randomness: Randomness

    def __call__(self, callback: ProviderCallback) -> DisputeRecorded:
        """Open, win or lose the dispute; what is known already changes nothing.

        A decision that overtakes the opening opens and closes in one write. Raises `Unavailable`
        while the charge that is disputed is not written down yet (ask for the callback again), and
        when other writers kept winning.
        """

        def record() -> DisputeRecorded:
            return self._record(callback)

        return decided_anew(record, callback.payment_id, self.clock, self.randomness)

    def _record(self, callback: ProviderCallback) -> DisputeRecorded:
        payment, notice = self.payments.get(callback.payment_id), callback.dispute
        if payment is None:
            return DisputeRecorded(ignored="payment_not_found")
        if notice is None or notice.currency != payment.amount.currency or notice.amount_minor <= 0:
            return DisputeRecorded(ignored="not_a_dispute_of_this_payment")
        authorization = payment.last_authorization
        if authorization is None or authorization.provider != callback.provider:
            return DisputeRecorded(ignored="not_the_authorizer")
        known = payment.dispute(dispute_id(payment.id, callback.provider, notice.reference))
        if known is not None:
            return self._told_of(payment, known, callback.type)
        return self._new(payment, notice, callback.type)

    def _new(self, payment: Payment, notice: DisputeNotice, told: CallbackType) -> DisputeRecorded:
        if not is_captured_enough(payment, notice.amount_minor):
            raise Unavailable(
                "charge_unsettled", f"the charge of {payment.id} is not known yet", retry_after_s=5
            )
        if not payment.amount_captured:
            return DisputeRecorded(ignored="nothing_captured")
        if len(payment.disputes) >= DISPUTES_MAX:
            return DisputeRecorded(ignored="too_many_disputes")
        after = dispute_opened(payment, notice, self.clock.now())
        dispute = after.disputes[-1]
        if told is not CallbackType.DISPUTE_OPENED:
            after = self._closed(after, dispute, told)
        self._save(payment, after)
        return DisputeRecorded(dispute.id, exceeds=dispute.exceeds)

    def _told_of(self, payment: Payment, dispute: Dispute, told: CallbackType) -> DisputeRecorded:
        if told is CallbackType.DISPUTE_OPENED:
            return DisputeRecorded(dispute.id, ignored="known_already")
        if not dispute.is_open:
            return DisputeRecorded(dispute.id, ignored=f"decided_already_{dispute.status.value}")
        self._save(payment, self._closed(payment, dispute, told))
        return DisputeRecorded(dispute.id)

    def _closed(self, payment: Payment, dispute: Dispute, told: CallbackType) -> Payment:
        won = told is CallbackType.DISPUTE_WON
        return dispute_closed(payment, dispute, won=won, now=self.clock.now())

    def _save(self, before: Payment, after: Payment) -> None:
        self.payments.save(revised(before, after, self.clock.now()))
