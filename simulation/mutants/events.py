"""Mistakes in what moves payments on by itself: callbacks, wake-ups, sweeps, the ledger's fold."""

from __future__ import annotations

from typing import Final

from simulation.faults import Kind
from simulation.mutants.mutant import Mutant, everywhere

NO_START: Final = (
    *everywhere("workflow.start", 1, Kind.THROTTLE),
    *everywhere("workflow.start", 2, Kind.THROTTLE),
)
"""Neither the request nor the wake-up after it can start an execution."""

EVENTS: Final = (
    Mutant(
        name="due-time-not-written",
        module="payflow.domain.plan",
        old="return changed(payment, due_at=plan.due_at)",
        new="return payment",
        mistake="a payment that rests does not say when to look at it again",
        breaks=34,
    ),
    Mutant(
        name="approval-timeout-forgotten",
        module="payflow.domain.plan_authorization",
        old="        return Rest(inquiry.not_before)\n",
        new="        return Rest()\n",
        mistake="nobody looks whether a customer, or a provider, lets its time pass",
        breaks=34,
    ),
    Mutant(
        name="refund-never-looked-at",
        module="payflow.domain.plan_instruction",
        old="return Rest(min(due, default=None)) if plans else None",
        new="return Rest() if plans else None",
        mistake="nobody looks after a refund that its provider left pending",
        breaks=34,
    ),
    Mutant(
        name="execution-not-watched",
        module="payflow.services.wake_payment",
        old="    if after.open_attempt is not None and not worked_on:\n"
        "        yield after.id, after.updated_at + WATCHED_FOR\n",
        new="",
        mistake="nobody looks whether an execution that was begun is alive",
        breaks=34,
    ),
    Mutant(
        name="follower-forgets-wake-ups",
        module="functions.follow_payments",
        old="for before, after in changes for wake_up in",
        new="for before, after in changes[-1:] for wake_up in",
        mistake="of a batch of the stream only the last change is followed by a wake-up",
        breaks=34,
    ),
    Mutant(
        name="wake-up-does-not-resume",
        module="payflow.services.wake_payment",
        old="return Woken.RESUMED, payment",
        new="return Woken.WORKING, None",
        mistake="a payment whose execution died is left as it is",
        breaks=34,
    ),
    Mutant(
        name="start-fails-in-silence",
        module="payflow.services.wake_payment",
        old="            run.must_start(payment, resumed=woken is Woken.RESUMED)\n",
        new="            run.start(payment)\n",
        mistake="a wake-up is done with although its execution could not be started",
        breaks=34,
        plan=NO_START,
    ),
    Mutant(
        name="wake-up-swallows-errors",
        module="functions.wake_payments",
        old="    woken = wiring.wake_payment()(payment_id)\n",
        new="""\
    try:
        woken = wiring.wake_payment()(payment_id)
    except Exception:
        return
""",
        mistake="a wake-up that failed leaves the queue",
        breaks=34,
        plan=NO_START,
    ),
    Mutant(
        name="sweeper-ignores-due",
        module="payflow.services.sweep_payments",
        old="self.wake_ups.wake([(payment_id, now) for payment_id in due])",
        new="self.wake_ups.wake([(payment_id, now) for payment_id in due[1:]])",
        mistake="the sweeper passes over the payment that has been due for longest",
        breaks=34,
    ),
    Mutant(
        name="fold-duplicates",
        module="payflow.services.fold_ledger",
        old="new = [one for one in transactions if one.id not in held]",
        new="new = list(transactions)",
        mistake="a batch that comes again is folded into the journal again",
        breaks=12,
    ),
    Mutant(
        name="fold-skips",
        module="payflow.services.fold_ledger",
        old="mine.update((transaction.id, transaction) for transaction in transactions)",
        new="mine.update((one.payment_id, one) for one in transactions)",
        mistake="of what a payment posted in one batch only the last reaches the journal",
        breaks=17,
    ),
    Mutant(
        name="fold-of-the-first",
        module="functions.fold_ledger",
        old="    folded = wiring.fold_ledger()(posted)\n",
        new="    folded = wiring.fold_ledger()(posted[:1])\n",
        mistake="of a batch of the stream only the first record reaches the journal",
        breaks=17,
    ),
    Mutant(
        name="newest-not-looked-for",
        module="payflow.services.journal_shard",
        old="[one for one in transactions if one.posted_at <= self.head.watermark]",
        new="[one for one in transactions if one.posted_at < self.head.watermark]",
        mistake="whether the newest transaction is in the journal already is not looked at",
        breaks=12,
    ),
    Mutant(
        name="release-held-again",
        module="payflow.domain.ledger",
        old="minor = -entry.amount_minor if phase is Phase.RELEASED else entry.amount_minor",
        new="minor = entry.amount_minor",
        mistake="in balances, what is released is added to what is held",
        breaks=17,
    ),
)
