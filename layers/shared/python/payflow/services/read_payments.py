"""Look payments up: each merchant its own, operators all."""

from __future__ import annotations

from dataclasses import dataclass

from payflow.domain.errors import NotFound
from payflow.domain.listing import PaymentFilter, PaymentPage
from payflow.domain.merchant import Caller, Principal
from payflow.domain.payment import Payment
from payflow.domain.ports import PaymentRepository


@dataclass(frozen=True, slots=True)
class ReadPayments:
    """The use cases behind `GET /api/v1/payments`; each raises `Unavailable` with the store."""

    payments: PaymentRepository

    def get(self, payment_id: str, caller: Caller) -> Payment:
        """The payment, if `caller` may see it.

        Raises `NotFound`, the same for another merchant's payment as for none (invariant 31).
        """
        payment = self.payments.get(payment_id)
        if payment is None or not may_see(caller, payment.merchant_id):
            raise NotFound("payment_not_found", "There is no such payment.")
        return payment

    def list(self, wanted: PaymentFilter) -> PaymentPage:
        """One page, newest first."""
        return self.payments.list(wanted)


def may_see(caller: Caller, merchant_id: str) -> bool:
    """Whether `caller` may look at what belongs to that merchant."""
    return caller.principal is Principal.OPERATOR or caller.merchant_id == merchant_id
