"""What follows from a provider's callback: the provider is asked, and the plan decides.

A callback about a payment or refund is news, not an outcome: it brings an inquiry forward. So it
may come before the answer, after it, twice, late or alone, and the payment ends the same way
(invariants 8 and 9). Only where the payment has gone on without the operation is its claim of an
approval acted upon: what is taken back there is checked by the provider itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from payflow.domain.answer import revised
from payflow.domain.errors import Unavailable
from payflow.domain.late_approval import is_late, taken_back
from payflow.domain.outcomes import Operation, Outcome
from payflow.domain.payment import Attempt, Payment, provider_key
from payflow.domain.plan import advanced
from payflow.domain.ports import (
    Clock,
    MarketSource,
    PaymentRepository,
    Randomness,
    WorkflowStarter,
)
from payflow.domain.provider_callback import CallbackType, ProviderCallback
from payflow.domain.step import ProviderFunctions
from payflow.services.contention import decided_anew
from payflow.services.run_payment import RunPayment


class Handled(StrEnum):
    """What came of a callback."""

    UNKNOWN_OPERATION = "unknown_operation"
    IN_THE_AIR = "in_the_air"
    NOTHING_NEW = "nothing_new"
    INQUIRED = "inquired"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class HandleCallback:
    """The use case behind the queue of authenticated callbacks."""

    payments: PaymentRepository
    market: MarketSource
    workflow: WorkflowStarter
    clock: Clock
    randomness: Randomness
    functions: ProviderFunctions
    record_dispute: Callable[[ProviderCallback], str]

    def __call__(self, callback: ProviderCallback) -> str:
        """Act on `callback`; a word for the log.

        Raises `Unavailable` when the store or the workflow cannot be reached: deliver it again.
        So it does for an approval while an older inquiry about it is in the air, which may have
        been answered before there was anything to find: only when that answer is known can it be
        told whether the payment has gone on without the operation.
        """
        if callback.type not in (CallbackType.PAYMENT_UPDATED, CallbackType.REFUND_UPDATED):
            return self.record_dispute(callback)

        def handle() -> tuple[Handled, Payment | None]:
            return self._handle(callback)

        handled, payment = decided_anew(handle, callback.payment_id, self.clock, self.randomness)
        if payment is not None and payment.open_attempt is not None:
            RunPayment(self.workflow, self.clock, self.functions).must_start(payment)
        return handled

    def _handle(self, callback: ProviderCallback) -> tuple[Handled, Payment | None]:
        """What came of it, and the payment if it was changed."""
        payment = self.payments.get(callback.payment_id)
        attempt = _named_by(callback, payment)
        if payment is None or attempt is None:
            return Handled.UNKNOWN_OPERATION, None
        if attempt.outcome is None:
            # The answer is under way, and whoever waits for it will ask if it does not come.
            return Handled.IN_THE_AIR, None
        if callback.outcome is Outcome.APPROVED and is_late(payment, attempt):
            after = taken_back(payment, attempt, self.clock.now())
            return Handled.TAKEN_BACK, self._saved(payment, after, nudged=False)
        if callback.outcome is Outcome.APPROVED and _was_asked_before(callback, payment, attempt):
            raise Unavailable(
                "inquiry_in_the_air", f"{payment.id} is just asking about it", retry_after_s=5
            )
        if not _is_waited_for(payment, attempt):
            return Handled.NOTHING_NEW, None
        return Handled.INQUIRED, self._saved(payment, payment, nudged=True)

    def _saved(self, before: Payment, after: Payment, *, nudged: bool) -> Payment | None:
        now = self.clock.now()
        in_the_air = before.open_attempt is not None
        after = advanced(
            after, self.market.snapshot(), now=now, randomness=self.randomness, nudged=nudged
        )
        if after == before:
            return None
        after = revised(before, after, now)
        self.payments.save(after)
        # An execution is at work already, and finds what was added when it plans next.
        return None if in_the_air else after


def _named_by(callback: ProviderCallback, payment: Payment | None) -> Attempt | None:
    """The attempt whose key the callback has, if it went to that very provider."""
    if payment is None:
        return None
    for attempt in payment.attempts:
        asks = attempt.operation is Operation.INQUIRE
        if not asks and provider_key(payment.id, attempt.number) == callback.key:
            return attempt if attempt.provider == callback.provider else None
    return None


def _was_asked_before(callback: ProviderCallback, payment: Payment, attempt: Attempt) -> bool:
    """Whether an inquiry about `attempt` is in the air that began before what is told now."""
    inquiry = payment.open_attempt
    return (
        inquiry is not None
        and inquiry.operation is Operation.INQUIRE
        and inquiry.started_at < callback.occurred_at
        and payment.asked_about(attempt.instruction) == attempt
    )


def _is_waited_for(payment: Payment, attempt: Attempt) -> bool:
    """Whether the payment rests because it does not know what became of `attempt`."""
    if payment.open_attempt is not None:
        return False
    if payment.asked_about(attempt.instruction) != attempt:
        return False
    if attempt.instruction is not None:
        return attempt.instruction in payment.pending()
    last = payment.attempts_for(None)[-1]
    return last.outcome in (Outcome.PENDING, Outcome.UNKNOWN, Outcome.NOT_FOUND) and not (
        payment.is_terminal
    )
