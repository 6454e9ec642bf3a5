"""Look at a payment that is due, or that nobody seems to work on any more.

An execution ends while a payment waits: for its customer, its provider, its capture. What ends the
waiting is a callback, or a *wake-up* at `due_at`. Each start of an execution is followed by one as
well, so a payment whose workflow never started, or died, is found and resumed. Wake-ups may come
early, late and twice: each looks at the payment as it is, and does nothing where nothing is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from payflow.domain.answer import revised
from payflow.domain.payment import Payment
from payflow.domain.plan import advanced
from payflow.domain.ports import (
    Clock,
    MarketSource,
    PaymentRepository,
    Randomness,
    WakeUps,
    WorkflowStarter,
)
from payflow.domain.step import ProviderFunctions
from payflow.services.contention import decided_anew
from payflow.services.run_payment import RESUMED_AFTER, RunPayment

WATCHED_FOR: Final = RESUMED_AFTER + timedelta(seconds=5)
"""When a started execution is looked after: by then it has moved on, or is dead."""

WAKE_UP_AHEAD_MAX: Final = timedelta(minutes=15)
"""What is due later than this is found by the sweeper; a queue holds a message back no longer."""


class Woken(StrEnum):
    """What came of a wake-up."""

    UNKNOWN = "unknown"
    SETTLED = "settled"
    EARLY = "early"
    WORKING = "working"
    RESUMED = "resumed"
    LOOKED = "looked"


@dataclass(frozen=True, slots=True)
class WakePayment:
    """The use case behind the wake-up queue."""

    payments: PaymentRepository
    market: MarketSource
    workflow: WorkflowStarter
    wake_ups: WakeUps
    clock: Clock
    randomness: Randomness
    functions: ProviderFunctions

    def __call__(self, payment_id: str) -> Woken:
        """Resume the payment or take its next step, if it is time; else see that it is woken again.

        Raises `Unavailable` when the store or the workflow cannot be reached: wake it again then.
        """

        def look() -> tuple[Woken, Payment | None]:
            return self._look(payment_id)

        woken, payment = decided_anew(look, payment_id, self.clock, self.randomness)
        if payment is not None:
            run = RunPayment(self.workflow, self.clock, self.functions)
            run.must_start(payment, resumed=woken is Woken.RESUMED)
        return woken

    def _look(self, payment_id: str) -> tuple[Woken, Payment | None]:
        """What came of it, and the payment if an execution has to be started for it."""
        payment = self.payments.get(payment_id)
        if payment is None:
            return Woken.UNKNOWN, None
        now = self.clock.now()
        if payment.open_attempt is not None:
            run = RunPayment(self.workflow, self.clock, self.functions)
            if run.has_rested(payment):
                return Woken.RESUMED, payment
            self.wake_ups.wake([(payment.id, payment.updated_at + WATCHED_FOR)])
            return Woken.WORKING, None
        if payment.due_at is None:
            return Woken.SETTLED, None
        if payment.due_at > now:
            self.wake_ups.wake(list(_ahead(payment, now)))
            return Woken.EARLY, None
        return Woken.LOOKED, self._advanced(payment, now)

    def _advanced(self, payment: Payment, now: datetime) -> Payment | None:
        after = advanced(payment, self.market.snapshot(), now=now, randomness=self.randomness)
        if after == payment:
            return None
        after = revised(payment, after, now)
        self.payments.save(after)
        return after if after.open_attempt is not None else None


def wake_ups_after(before: Payment | None, after: Payment, now: datetime) -> Iterator[WakeUp]:
    """When a payment that has just changed is to be woken, if at all.

    An execution that has been started is looked after, and what is due soon is woken in time.
    """
    worked_on = before is not None and before.open_attempt is not None
    if after.open_attempt is not None and not worked_on:
        yield after.id, after.updated_at + WATCHED_FOR
    if after.due_at is not None and (before is None or before.due_at != after.due_at):
        yield from _ahead(after, now)


WakeUp = tuple[str, datetime]
"""A payment's id, and when to look at it."""


def _ahead(payment: Payment, now: datetime) -> Iterator[WakeUp]:
    if payment.due_at is not None and payment.due_at - now <= WAKE_UP_AHEAD_MAX:
        yield payment.id, payment.due_at
