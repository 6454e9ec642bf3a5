"""Look disputes up: each merchant its own, operators all."""

from __future__ import annotations

from dataclasses import dataclass

from payflow.domain.dispute import Dispute
from payflow.domain.errors import NotFound
from payflow.domain.instruction import payment_of
from payflow.domain.listing import DisputeFilter, DisputePage
from payflow.domain.merchant import Caller
from payflow.domain.payment import Payment
from payflow.services.read_payments import ReadPayments


@dataclass(frozen=True, slots=True)
class ReadDisputes:
    """The use cases behind `GET /api/v1/disputes`; each raises `Unavailable` with the store."""

    read_payments: ReadPayments

    def get(self, dispute_id: str, caller: Caller) -> tuple[Payment, Dispute]:
        """The dispute and its payment, which its id names.

        Raises `NotFound`, the same for another merchant's dispute as for none (invariant 31).
        """
        try:
            payment = self.read_payments.get(payment_of(dispute_id), caller)
        except NotFound:
            raise _no_such_dispute() from None
        dispute = payment.dispute(dispute_id)
        if dispute is None:
            raise _no_such_dispute()
        return payment, dispute

    def list(self, wanted: DisputeFilter) -> DisputePage:
        """One page, newest first; the disputes of one payment stand together."""
        return self.read_payments.payments.list_disputes(wanted)


def _no_such_dispute() -> NotFound:
    return NotFound("dispute_not_found", "There is no such dispute.")
