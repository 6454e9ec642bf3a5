"""Create a payment: one conditional write makes it, its idempotency claim and its first attempt.

The payment's id follows from merchant, path and Idempotency-Key, so a repeated request meets the
same item, whatever happened to the first one (invariants 19-25). What the first request answers is
a version of the payment (`payflow.domain.answer`), so a replay gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from payflow.domain.answer import compact_json, creation_answer
from payflow.domain.card import card_brand
from payflow.domain.errors import (
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InvalidRequest,
    Unavailable,
    VersionConflict,
)
from payflow.domain.ids import derived_id
from payflow.domain.merchant import Merchant
from payflow.domain.method import CardData, CardMethod, Method
from payflow.domain.new_payment import NewPayment, TokenRef
from payflow.domain.payment import Claim, Payment
from payflow.domain.plan import carry_out, plan_next_step
from payflow.domain.ports import (
    Clock,
    MarketSource,
    PaymentRepository,
    Randomness,
    Vault,
    WorkflowStarter,
)
from payflow.domain.representation import payment_document
from payflow.domain.risk import assess
from payflow.domain.step import ProviderFunctions, step_document
from payflow.services.card_tokens import payment_token, token_for

POLL_FIRST_MS: Final = 40
POLL_MAX_MS: Final = 250
POLL_GROWTH: Final = 1.4
POLLS_MAX: Final = 500
CLAIM_GRACE: Final = timedelta(seconds=5)
"""How long after its deadline a waiting first request still counts as running."""

RESUMED_AFTER: Final = timedelta(seconds=60)
"""Longer than a running execution can leave a payment unwritten: one pause and one call."""


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
    workflow: WorkflowStarter
    clock: Clock
    randomness: Randomness
    functions: ProviderFunctions

    def __call__(self, request: CreateRequest) -> CreateAnswer:
        """Create the payment, or answer as its first request was answered.

        Raises `InvalidRequest` (nothing stored), `IdempotencyKeyReused`, `IdempotencyInProgress`.
        """
        born = self._born(request)
        existing = self.payments.create(born)
        if existing is not None:
            return self._replayed(existing, born)
        self._settle_card(born)
        started = born.is_settled or self._start(born, resumption=0)
        return CreateAnswer(self._answer(born), born.id, replayed=False, workflow_started=started)

    def _born(self, request: CreateRequest) -> Payment:
        """The payment's first version, with its first attempt planned and its card in the vault."""
        now, new = self.clock.now(), request.payment
        payment_id = derived_id("pay", request.merchant.id, request.path, request.idempotency_key)
        request_hash = self.vault.fingerprint(request.canonical_body)
        method = self._method(request, payment_id, request_hash)
        payment = Payment(
            id=payment_id,
            merchant_id=request.merchant.id,
            amount=new.amount,
            method=method,
            claim=_claim(request_hash, request.wait_ms, now),
            created_at=now,
            updated_at=now,
            capture_method=new.capture_method,
            reference=new.reference,
            description=new.description,
            customer=new.customer,
            metadata=new.metadata,
            routing=new.routing,
            settlement_currency=new.settlement_currency,
            platform_fee=request.merchant.platform_fee,
            risk=assess(method, new.amount),
        )
        market = self.market.snapshot()
        plan = plan_next_step(payment, market, now=now, randomness=self.randomness)
        return _answered_if_settled(carry_out(payment, plan, now))

    def _method(self, request: CreateRequest, payment_id: str, request_hash: str) -> Method:
        """The method without card data: a card goes into the vault before anything is written."""
        method = request.payment.method
        if isinstance(method, TokenRef):
            known = self.vault.describe(method.token, request.merchant.id)
            if known is None:
                raise InvalidRequest("token_not_found", "no such token", param="method.token")
            return known
        if not isinstance(method, CardData):
            return method
        token = token_for(payment_id, request_hash)
        self.vault.store(token, request.merchant.id, method, keep=False)
        return CardMethod(
            token=token,
            brand=card_brand(method.number),
            bin=method.number[:6],
            last4=method.number[-4:],
            exp_month=method.exp_month,
            exp_year=method.exp_year,
        )

    def _settle_card(self, born: Payment) -> None:
        token = payment_token(born) if born.is_settled else None
        if token is not None:
            self.vault.forget_cvc(token)

    def _start(self, payment: Payment, *, resumption: int) -> bool:
        step = step_document(payment, self.functions, self.clock.now())
        try:
            self.workflow.start(payment, step, resumption=resumption)
        except Unavailable:
            return False
        return True

    def _resumed(self, payment: Payment) -> bool:
        """Start again what nobody works on: an execution never rests as long as this.

        Harmless where one does after all: no attempt's call is ever made twice.
        """
        rested = self.clock.now() - payment.updated_at
        if payment.is_settled or rested < RESUMED_AFTER:
            return True
        return self._start(payment, resumption=rested // RESUMED_AFTER)

    def _replayed(self, existing: Payment, repeated: Payment) -> CreateAnswer:
        if existing.claim.request_hash != repeated.claim.request_hash:
            token = payment_token(repeated)
            if token is not None:
                self.vault.discard(token)
            raise IdempotencyKeyReused(
                "idempotency_key_reused",
                "This Idempotency-Key was used with a different request body.",
            )
        deadline = existing.claim.wait_until
        if existing.claim.answered_version is None and deadline is not None:
            remaining = deadline + CLAIM_GRACE - self.clock.now()
            if remaining > timedelta(0):
                raise IdempotencyInProgress(
                    "idempotency_in_progress",
                    "The first request with this Idempotency-Key is still running.",
                    retry_after_s=max(1, int(remaining.total_seconds())),
                )
        started = self._resumed(existing)
        return CreateAnswer(
            self._answer(existing), existing.id, replayed=True, workflow_started=started
        )

    def _answer(self, payment: Payment) -> str:
        """The creation answer; while it is owed, wait for it until the claim's deadline."""
        pause_ms = float(POLL_FIRST_MS)
        for _ in range(POLLS_MAX):
            if payment.claim.answered_version is not None:
                return creation_answer(payment)
            if self.clock.now() >= (payment.claim.wait_until or payment.created_at):
                payment = self._answer_as_it_is(payment)
            else:
                self.clock.sleep_ms(int(pause_ms))
                pause_ms = min(POLL_MAX_MS, pause_ms * POLL_GROWTH)
                payment = self.payments.get(payment.id) or payment
        raise Unavailable("answer_unavailable", f"the answer for {payment.id} is not settled yet")

    def _answer_as_it_is(self, payment: Payment) -> Payment:
        """Time is up: the payment as it stands becomes the answer, unless it moved meanwhile.

        This is a version of its own, so that a workflow which read the one before cannot overwrite
        the answer (invariant 25).
        """
        answer = compact_json(payment_document(payment))
        claim = replace(payment.claim, answered_version=payment.version, answer=answer)
        fixed = replace(payment, version=payment.version + 1, claim=claim)
        try:
            self.payments.save(fixed)
        except VersionConflict:
            return self.payments.get(payment.id) or payment
        return fixed


def _claim(request_hash: str, wait_ms: int | None, now: datetime) -> Claim:
    if wait_ms is None:
        return Claim(request_hash)
    deadline = now + timedelta(milliseconds=wait_ms)
    return Claim(request_hash, wait_until=deadline, answered_version=None)


def _answered_if_settled(born: Payment) -> Payment:
    """A payment that is settled at birth is its own answer, however long its request would wait."""
    if not born.is_settled:
        return born
    return replace(born, claim=Claim(born.claim.request_hash))
