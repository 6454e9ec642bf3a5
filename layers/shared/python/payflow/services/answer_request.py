"""Answer a request whose claim a payment carries: when it is settled, or when its time is up.

What is answered is fixed in the payment first, so that every replay gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from payflow.domain.answer import Request, compact_json, exact_answer, revised
from payflow.domain.errors import (
    IdempotencyInProgress,
    IdempotencyKeyReused,
    Unavailable,
    VersionConflict,
)
from payflow.domain.payment import Claim, Payment
from payflow.domain.ports import Clock, PaymentRepository

POLL_FIRST_MS: Final = 40
POLL_MAX_MS: Final = 250
POLL_GROWTH: Final = 1.4
POLLS_MAX: Final = 500
CLAIM_GRACE: Final = timedelta(seconds=5)
"""How long after its deadline a waiting first request still counts as running."""


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """Waits for answers, fixes them, and gives them again."""

    payments: PaymentRepository
    clock: Clock

    def __call__(self, payment: Payment, request: Request) -> str:
        """The exact answer; while it is owed, wait for it until the claim's deadline.

        Raises `Unavailable` if the store does not answer, or others kept changing the payment.
        """
        pause_ms = float(POLL_FIRST_MS)
        for _ in range(POLLS_MAX):
            claim = request.claim_in(payment)
            if claim.answered_version is not None:
                return exact_answer(payment, request)
            if self.clock.now() >= (claim.wait_until or payment.created_at):
                payment = self._as_it_is(payment, request)
            else:
                self.clock.sleep_ms(int(pause_ms))
                pause_ms = min(POLL_MAX_MS, pause_ms * POLL_GROWTH)
                payment = self.payments.get(payment.id) or payment
        raise Unavailable("answer_unavailable", f"the answer for {payment.id} is not settled yet")

    def check_repetition(self, payment: Payment, request: Request, request_hash: str) -> None:
        """Whether a repeated request may be answered; `request_hash` is of its body.

        Raises `IdempotencyKeyReused` for another body, and `IdempotencyInProgress` while the first
        request may still be waiting.
        """
        claim = request.claim_in(payment)
        if claim.request_hash != request_hash:
            raise IdempotencyKeyReused(
                "idempotency_key_reused",
                "This Idempotency-Key was used with a different request body.",
            )
        if claim.answered_version is None and claim.wait_until is not None:
            remaining = claim.wait_until + CLAIM_GRACE - self.clock.now()
            if remaining > timedelta(0):
                raise IdempotencyInProgress(
                    "idempotency_in_progress",
                    "The first request with this Idempotency-Key is still running.",
                    retry_after_s=max(1, int(remaining.total_seconds())),
                )

    def _as_it_is(self, payment: Payment, request: Request) -> Payment:
        """Time is up: the payment as it stands becomes the answer, unless it moved meanwhile.

        This is a version of its own, so that a workflow which read the one before cannot overwrite
        the answer (invariant 25).
        """
        answer = compact_json(request.document_in(payment))
        claim = replace(request.claim_in(payment), answered_version=payment.version, answer=answer)
        # The payment itself did not change, so it keeps the time of its last change.
        fixed = revised(payment, request.with_claim(payment, claim), payment.updated_at)
        try:
            self.payments.save(fixed)
        except VersionConflict:
            return self.payments.get(payment.id) or payment
        return fixed


def new_claim(request_hash: str, wait_ms: int | None, now: datetime, *, version: int) -> Claim:
    """The claim of a request that makes that version of its payment.

    It is answered with that version (`wait_ms` None), or waits for its answer.
    """
    if wait_ms is None:
        return Claim(request_hash, answered_version=version)
    deadline = now + timedelta(milliseconds=wait_ms)
    return Claim(request_hash, wait_until=deadline, answered_version=None)
