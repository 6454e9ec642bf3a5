"""The page where a customer is asked: what it shows, and what its two buttons do.

Whoever holds the link may answer, and nobody else: it carries a keyed hash of the payment's id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from payflow.domain.approval import ApprovalView, CustomerDecision, Verdict, approval_token
from payflow.domain.errors import NotFound
from payflow.domain.ids import same_secret
from payflow.domain.payment import Payment
from payflow.domain.ports import Clock, MerchantRepository, PaymentRepository
from payflow.services.confirm_payment import AskedCustomer, CustomerDesks

PAGE_MARK: Final = "page"
"""Who decided, where it was by the page: pressing the same button again is no second decision."""


@dataclass(frozen=True, slots=True)
class ShowApproval:
    """The use cases behind `/approve/{id}`; `link_key` gives the key of the links."""

    payments: PaymentRepository
    merchants: MerchantRepository
    desks: CustomerDesks
    clock: Clock
    link_key: Callable[[], bytes]

    def look(self, payment_id: str, token: str) -> ApprovalView:
        """The question as it stands.

        Raises `NotFound`, in the same words, for a wrong token, no such payment, and one whose
        customer was not asked here.
        """
        payment, asked = self._asked(payment_id, token)
        return self._view(payment, asked)

    def decide(self, payment_id: str, token: str, decision: CustomerDecision) -> ApprovalView:
        """Take the customer's decision, and show what became of it; raises as `look` does."""
        payment, asked = self._asked(payment_id, token)
        view = self._view(payment, asked)
        if view.is_closed:
            return view
        verdict = asked.desk.decide(asked.key, decision, PAGE_MARK)
        return self._view(payment, asked, verdict)

    def _asked(self, payment_id: str, token: str) -> tuple[Payment, AskedCustomer]:
        if not same_secret(token, approval_token(self.link_key(), payment_id)):
            raise _nothing_asked()
        payment = self.payments.get(payment_id)
        asked = self.desks.of(payment) if payment is not None else None
        if payment is None or asked is None:
            raise _nothing_asked()
        return payment, asked

    def _view(
        self, payment: Payment, asked: AskedCustomer, verdict: Verdict | None = None
    ) -> ApprovalView:
        approval = asked.desk.approval(asked.key)
        if approval is None:
            raise _nothing_asked()
        merchant = self.merchants.get(payment.merchant_id)
        name = merchant.name if merchant is not None else ""
        return ApprovalView(payment, name, approval, self.clock.now(), verdict)


def _nothing_asked() -> NotFound:
    return NotFound("not_found", "There is nothing of that name.")
