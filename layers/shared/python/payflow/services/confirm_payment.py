"""Stand in for the customer at a provider's sandbox, and see what becomes of the payment.

The payment is not changed from here. The provider is told what the customer decided; how it goes on
comes back by callback and inquiry, as with a real customer at a real provider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from payflow.domain.answer import compact_json
from payflow.domain.approval import CustomerDecision, Verdict
from payflow.domain.errors import Conflict, IdempotencyKeyReused, NotFound
from payflow.domain.ids import derived_id
from payflow.domain.payment import Payment, Status, provider_key
from payflow.domain.ports import Clock, MarketSource, PaymentRepository, Provider
from payflow.domain.provider import Faults, ProviderConfig
from payflow.domain.provider_ports import CustomerDesk
from payflow.domain.representation import payment_document
from payflow.services.answer_request import POLL_FIRST_MS, POLL_GROWTH, POLL_MAX_MS, POLLS_MAX

ProviderFactory = Callable[[ProviderConfig, Faults], Provider]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRequest:
    """A validated request; `wait_ms` is how long to wait for what becomes of the payment.

    `mark` is the same in every repetition of the request.
    """

    payment_id: str
    merchant_id: str
    decision: CustomerDecision
    mark: str
    wait_ms: int


@dataclass(frozen=True, slots=True)
class AskedCustomer:
    """Where the customer of a payment is asked: the sandbox, and the question's key there."""

    desk: CustomerDesk
    key: str


@dataclass(frozen=True, slots=True)
class CustomerDesks:
    """Finds the sandbox in which a payment's customer is asked."""

    market: MarketSource
    create_provider: ProviderFactory

    def of(self, payment: Payment) -> AskedCustomer | None:
        """Where the customer is asked; None where nobody can stand in for the customer."""
        authorization = payment.last_authorization
        market = self.market.snapshot()
        config = market.provider(authorization.provider) if authorization else None
        if authorization is None or config is None:
            return None
        provider = self.create_provider(config, market.faults.get(config.id, Faults()))
        if not isinstance(provider, CustomerDesk):
            return None
        return AskedCustomer(provider, provider_key(payment.id, authorization.number))


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """The use case behind `POST /api/v1/payments/{id}/confirm`."""

    payments: PaymentRepository
    desks: CustomerDesks
    clock: Clock

    def __call__(self, request: ConfirmRequest) -> str:
        """The payment as it is once it has gone on, or when the time to wait is over.

        Raises `NotFound` for none or another merchant's payment, `Conflict` if no customer is being
        asked, and `IdempotencyKeyReused` for the mark of another decision.
        """
        payment = self.payments.get(request.payment_id)
        if payment is None or payment.merchant_id != request.merchant_id:
            raise NotFound("payment_not_found", "There is no such payment.")
        deadline = self.clock.now() + timedelta(milliseconds=request.wait_ms)
        self._decide(payment, request)
        return compact_json(payment_document(self._settled(payment, deadline)))

    def _decide(self, payment: Payment, request: ConfirmRequest) -> None:
        asked = self.desks.of(payment)
        if asked is None:
            raise _not_confirmable()
        if payment.status is Status.REQUIRES_ACTION:
            verdict = asked.desk.decide(asked.key, request.decision, request.mark)
            if verdict in (Verdict.TAKEN, Verdict.REPEATED):
                return
        approval = asked.desk.approval(asked.key)
        if approval is None or approval.mark != request.mark:
            raise _not_confirmable()
        if approval.decision is not request.decision:
            raise IdempotencyKeyReused(
                "idempotency_key_reused",
                "This Idempotency-Key was used with a different request body.",
            )

    def _settled(self, payment: Payment, deadline: datetime) -> Payment:
        """The payment when it no longer waits for its customer, or at `deadline`."""
        pause_ms = float(POLL_FIRST_MS)
        for _ in range(POLLS_MAX):
            payment = self.payments.get(payment.id) or payment
            gone_on = payment.is_settled and payment.status is not Status.REQUIRES_ACTION
            if gone_on or self.clock.now() >= deadline:
                break
            self.clock.sleep_ms(int(pause_ms))
            pause_ms = min(POLL_MAX_MS, pause_ms * POLL_GROWTH)
        return payment


def confirmation_mark(merchant_id: str, path: str, key: str) -> str:
    """The mark of a request with that `Idempotency-Key`."""
    return derived_id("cnf", merchant_id, path, key)


def _not_confirmable() -> Conflict:
    return Conflict(
        "payment_not_confirmable",
        "The payment does not wait for its customer, or its customer has answered already.",
    )
