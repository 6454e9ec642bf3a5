"""Create a payment: one conditional write makes it, its idempotency claim and its first attempt.

The payment's id follows from merchant, path and Idempotency-Key, so a repeated request meets the
same item, whatever happened to the first one (invariants 19-25). What the first request answers is
a version of the payment (`payflow.domain.answer`), so a replay gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from payflow.domain.answer import CREATION
from payflow.domain.card import described
from payflow.domain.errors import IdempotencyKeyReused, InvalidRequest
from payflow.domain.fx import Quote, quote_for
from payflow.domain.ids import derived_id
from payflow.domain.merchant import Merchant
from payflow.domain.method import CardData, Method, stored_wallet
from payflow.domain.new_payment import NewPayment, TokenRef
from payflow.domain.payment import Claim, Payment
from payflow.domain.plan import carry_out, plan_next_step
from payflow.domain.ports import (
    Clock,
    MarketSource,
    PaymentRepository,
    Randomness,
    RateSource,
    Vault,
    Wallets,
    WorkflowStarter,
)
from payflow.domain.records import changed
from payflow.domain.risk import assess
from payflow.domain.step import ProviderFunctions
from payflow.services.answer_request import AnswerRequest, new_claim
from payflow.services.card_tokens import payment_token, token_for
from payflow.services.run_payment import RunPayment


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """A validated request, with what fixes its identity.

    `path` and `idempotency_key` scope the claim; `canonical_body` decides whether a repeated key
    means the same request. `wait_ms` is None when the caller did not ask to wait.
    """

    merchant: Merchant
    path: str
    idempotency_key: str
    canonical_body: bytes
    payment: NewPayment
    wait_ms: int | None


@dataclass(frozen=True, slots=True)
class CreateAnswer:
    """The body to answer with, byte for byte.

    `workflow_started` is False when the payment is durable but its execution could not be started:
    worth an alarm, since nothing happens until the request is repeated.
    """

    body: str
    payment_id: str
    replayed: bool
    workflow_started: bool = True


@dataclass(frozen=True, slots=True)
class CreatePayment:
    """The use case behind `POST /api/v1/payments`."""

    payments: PaymentRepository
    vault: Vault
    market: MarketSource
    rates: RateSource
    workflow: WorkflowStarter
    clock: Clock
    randomness: Randomness
    functions: ProviderFunctions
    wallets: Wallets

    def __call__(self, request: CreateRequest) -> CreateAnswer:
        """Create the payment, or answer as its first request was answered.

        Raises `InvalidRequest` (nothing stored), `IdempotencyKeyReused`, `IdempotencyInProgress`.
        """
        born = self._born(request)
        existing = self.payments.create(born)
        if existing is not None:
            return self._replayed(existing, born)
        self._settle_card(born)
        started = born.is_settled or self._run.start(born)
        body = self._answer(born, CREATION)
        return CreateAnswer(body, born.id, replayed=False, workflow_started=started)

    def _born(self, request: CreateRequest) -> Payment:
        """The payment's first version, with its first attempt planned and its card in the vault."""
        now, new = self.clock.now(), request.payment
        payment_id = derived_id("pay", request.merchant.id, request.path, request.idempotency_key)
        # First of what may be refused, since the next step writes into the vault.
        quote = self._quote(request, payment_id, now)
        request_hash = self.vault.fingerprint(request.canonical_body)
        method = self._method(request, payment_id, request_hash)
        payment = Payment(
            id=payment_id,
            merchant_id=request.merchant.id,
            amount=new.amount,
            method=method,
            claim=new_claim(request_hash, request.wait_ms, now, version=1),
            created_at=now,
            updated_at=now,
            capture_method=new.capture_method,
            reference=new.reference,
            description=new.description,
            customer=new.customer,
            metadata=new.metadata,
            routing=new.routing,
            settlement_currency=new.settlement_currency,
            fx=quote,
            platform_fee=request.merchant.platform_fee,
            risk=assess(method, new.amount),
        )
        market = self.market.snapshot()
        plan = plan_next_step(payment, market, now=now, randomness=self.randomness)
        return _answered_if_settled(carry_out(payment, plan, now))

    def _quote(self, request: CreateRequest, payment_id: str, now: datetime) -> Quote | None:
        """The terms of the conversion, if one is asked for; raises `InvalidRequest`."""
        new = request.payment
        if new.converts_to is None:
            return None
        fee = request.merchant.platform_fee
        try:
            return quote_for(new.amount, fee, new.converts_to, self.rates.table(), now)
        except InvalidRequest:
            if self.payments.get(payment_id) is None:
                raise
            # The rates changed since the first request; what it was quoted stands.
            return None

    def _method(self, request: CreateRequest, payment_id: str, request_hash: str) -> Method:
        """The method without card data: a card goes into the vault before anything is written."""
        method = request.payment.method
        if isinstance(method, TokenRef):
            known = self.vault.describe(method.token, request.merchant.id)
            if known is None:
                raise InvalidRequest("token_not_found", "no such token", param="method.token")
            return known
        if not isinstance(method, CardData):
            self._check_wallet(method, request)
            return method
        token = token_for(payment_id, request_hash)
        self.vault.store(token, request.merchant.id, method, keep=False)
        return described(method, token)

    def _check_wallet(self, method: Method, request: CreateRequest) -> None:
        """Told at once rather than by the provider: a wallet pays its merchant, in its currency."""
        wallet_id = stored_wallet(method)
        if wallet_id is None:
            return
        wallet = self.wallets.get(wallet_id)
        if wallet is None or wallet.merchant_id != request.merchant.id:
            raise InvalidRequest(
                "invalid_wallet", "There is no such wallet.", param="method.wallet.wallet_id"
            )
        if wallet.currency != request.payment.amount.currency:
            raise InvalidRequest(
                "currency_mismatch", "The wallet holds another currency.", param="currency"
            )

    def _settle_card(self, born: Payment) -> None:
        token = payment_token(born) if born.is_settled else None
        if token is not None:
            self.vault.forget_cvc(token)

    def _replayed(self, existing: Payment, repeated: Payment) -> CreateAnswer:
        try:
            self._answer.check_repetition(existing, CREATION, repeated.claim.request_hash)
        except IdempotencyKeyReused:
            token = payment_token(repeated)
            if token is not None:
                self.vault.discard(token)
            raise
        if not existing.attempts:
            # The first request may have died before it said that the CVC is not needed.
            self._settle_card(existing)
        started = self._run.resume(existing)
        body = self._answer(existing, CREATION)
        return CreateAnswer(body, existing.id, replayed=True, workflow_started=started)

    @property
    def _run(self) -> RunPayment:
        return RunPayment(self.workflow, self.clock, self.functions)

    @property
    def _answer(self) -> AnswerRequest:
        return AnswerRequest(self.payments, self.clock)


def _answered_if_settled(born: Payment) -> Payment:
    """A payment that is settled at birth is its own answer, however long its request would wait."""
    if not born.is_settled:
        return born
    return changed(born, claim=Claim(born.claim.request_hash))
