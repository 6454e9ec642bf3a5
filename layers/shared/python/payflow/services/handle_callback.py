"""Act on what a provider tells by itself: ask it back, and let the plan decide."""

from __future__ import annotations

from dataclasses import dataclass

from payflow.domain.answer import revised
from payflow.domain.outcomes import Operation, Outcome
from payflow.domain.payment import Payment, new_attempt, opened, processing, provider_key
from payflow.domain.ports import Clock, PaymentRepository, Randomness, WorkflowStarter
from payflow.domain.provider_callback import CallbackType, ProviderCallback
from payflow.domain.step import ProviderFunctions
from payflow.services.contention import decided_anew
from payflow.services.run_payment import RunPayment

_OPEN_OUTCOMES = frozenset({Outcome.PENDING, Outcome.UNKNOWN})


@dataclass(frozen=True, slots=True)
class HandleCallback:
    """The use case behind the queue of authenticated callbacks."""

    payments: PaymentRepository
    workflow: WorkflowStarter
    clock: Clock
    randomness: Randomness
    functions: ProviderFunctions

    def __call__(self, callback: ProviderCallback) -> str:
        """What came of it, in a word for the log; repeating it changes nothing.

        A callback is a hint: what it says is asked back from the provider before anything changes.
        Raises `Unavailable` when other writers kept winning, or no execution can be started.
        """

        def handle() -> str:
            return self._handle(callback)

        return decided_anew(handle, callback.payment_id, self.clock, self.randomness)

    def _handle(self, callback: ProviderCallback) -> str:
        payment = self.payments.get(callback.payment_id)
        if payment is None or callback.type is not CallbackType.PAYMENT_UPDATED:
            return "ignored"
        if not _is_waited_for(payment, callback):
            return "nothing_to_ask"
        now = self.clock.now()
        inquiry = new_attempt(payment, Operation.INQUIRE, callback.provider, now=now)
        after = revised(payment, opened(processing(payment, now), inquiry), now)
        self.payments.save(after)
        RunPayment(self.workflow, self.clock, self.functions).start(after)
        return "asked_back"


def _is_waited_for(payment: Payment, callback: ProviderCallback) -> bool:
    """Whether the callback is about the authorisation whose outcome is still open."""
    authorization = payment.last_authorization
    if authorization is None or payment.open_attempt is not None or payment.is_terminal:
        return False
    if provider_key(payment.id, authorization.number) != callback.key:
        return False
    return payment.attempts_for(None)[-1].outcome in _OPEN_OUTCOMES
