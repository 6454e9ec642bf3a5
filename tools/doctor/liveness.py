"""Invariant 34: payments end or wait for a reason that has a name and a bound; queues drain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from payflow.domain.payment import Payment
from tools.doctor.charging import PaymentCheck
from tools.doctor.facts import PaymentFacts, Terms
from tools.doctor.findings import Problem

WORKED_ON_FOR: Final = timedelta(minutes=6)
"""An execution ends after five minutes at the latest; what it was to do is done or left by then."""

LOOKED_AT_WITHIN: Final = timedelta(minutes=6)
"""How long after it was due a payment may take: a sweep a minute, and then an execution."""


def ends_or_waits_for_a_reason(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """34: what is not done is being done, will be looked at in time, or is flagged for review."""
    payment = facts.payment
    if payment.open_review is not None:
        return
    waits_for = _waiting(payment)
    if waits_for is None:
        return
    if payment.due_at is not None:
        late = facts.moment - payment.due_at
        if late > LOOKED_AT_WITHIN:
            text = f"{waits_for}, and should have been looked at {_told(late)} ago"
            yield Problem(34, payment.id, text)
    elif (idle := facts.moment - payment.updated_at) > WORKED_ON_FOR:
        text = f"{waits_for}, nothing happened for {_told(idle)}, and nothing ever will"
        yield Problem(34, payment.id, text)


def _waiting(payment: Payment) -> str | None:
    """What a payment still waits for; None if for nothing."""
    pending = [one for one in payment.instructions if one.settled_at is None]
    if pending:
        return f"{pending[0].id} is pending"
    return None if payment.is_terminal else f"is {payment.status}"


def queue_is_drained(queue: str, waiting: int, is_dead_letters: bool) -> Iterator[Problem]:
    """34: nothing waits in a queue, least of all in one of dead letters."""
    if waiting:
        kind = "dead letters" if is_dead_letters else "messages"
        yield Problem(34, queue, f"{waiting} {kind} are waiting")


def claim_has_payment(claim_id: str, payment_id: str, exists: bool) -> Iterator[Problem]:
    """34: no claim of a provider call is left without its payment."""
    if not exists:
        yield Problem(34, claim_id, f"claims a call for {payment_id}, which is not there")


def _told(span: timedelta) -> str:
    return str(timedelta(seconds=int(span.total_seconds())))


def is_under_way(facts: PaymentFacts) -> bool:
    """Whether something is being done with the payment right now, for all that is known."""
    payment = facts.payment
    at_rest = payment.due_at is not None or payment.open_review is not None
    return _waiting(payment) is not None and not at_rest


LIVENESS: Final[tuple[tuple[int, PaymentCheck], ...]] = ((34, ends_or_waits_for_a_reason),)
