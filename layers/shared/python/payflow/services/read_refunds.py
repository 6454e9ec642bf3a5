"""Look refunds up: each merchant its own, operators all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from payflow.domain.errors import NotFound
from payflow.domain.instruction import Instruction, InstructionKind, payment_of
from payflow.domain.merchant import Caller
from payflow.domain.payment import Payment
from payflow.services.read_payments import ReadPayments


@dataclass(frozen=True, slots=True)
class ReadRefunds:
    """The use cases behind `GET /api/v1/refunds/{id}` and `/payments/{id}/refunds`.

    Each raises `Unavailable` with the store.
    """

    read_payments: ReadPayments

    def get(self, refund_id: str, caller: Caller) -> tuple[Payment, Instruction]:
        """The refund and its payment, which its id names.

        Raises `NotFound`, the same for another merchant's refund as for none (invariant 31).
        """
        try:
            payment = self.read_payments.get(payment_of(refund_id), caller)
        except NotFound:
            raise _no_such_refund() from None
        refund = payment.instruction(refund_id)
        if refund is None or refund.kind is not InstructionKind.REFUND:
            raise _no_such_refund()
        return payment, refund

    def list(self, payment_id: str, caller: Caller) -> tuple[Payment, Sequence[Instruction]]:
        """A payment with its refunds, newest first; raises `NotFound` as for the payment."""
        payment = self.read_payments.get(payment_id, caller)
        refunds = [one for one in payment.instructions if one.kind is InstructionKind.REFUND]
        return payment, refunds[::-1]


def _no_such_refund() -> NotFound:
    return NotFound("refund_not_found", "There is no such refund.")
