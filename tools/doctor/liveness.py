"""Invariant 34: payments end or wait for a reason that has a name and a bound; queues drain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from payflow.domain.payment import Status
from tools.doctor.charging import PaymentCheck
from tools.doctor.facts import PaymentFacts, Terms
from tools.doctor.findings import Problem

WORKED_ON_FOR: Final = timedelta(minutes=6)
"""An execution ends after five minutes at the latest; what it was to do is done or left by then."""

CUSTOMER_GRACE: Final = timedelta(minutes=6)
"""How long after the customer's time is over the payment may take to end."""


def ends_or_waits_for_a_reason(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """34: nothing is left lying about: neither a payment nor an instruction of it."""
    payment = facts.payment
    idle = facts.moment - payment.updated_at
    if payment.status in (Status.PENDING, Status.PROCESSING) and idle > WORKED_ON_FOR:
        yield Problem(
            34, payment.id, f"is {payment.status}, and nothing happened for {_told(idle)}"
        )
    if payment.status is Status.REQUIRES_ACTION:
        yield from _waits_for_customer(facts)
    if any(one.settled_at is None for one in payment.instructions) and idle > WORKED_ON_FOR:
        pending = next(one.id for one in payment.instructions if one.settled_at is None)
        yield Problem(
            34, payment.id, f"{pending} is pending, and nothing happened for {_told(idle)}"
        )


def _waits_for_customer(facts: PaymentFacts) -> Iterator[Problem]:
    action = facts.payment.next_action
    if action is None or action.expires_at is None:
        yield Problem(34, facts.payment.id, "waits for its customer without an end")
    elif facts.moment > action.expires_at + CUSTOMER_GRACE:
        late = facts.moment - action.expires_at
        yield Problem(34, facts.payment.id, f"its customer's time was over {_told(late)} ago")


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
    at_work = payment.status in (Status.PENDING, Status.PROCESSING) or any(
        one.settled_at is None for one in payment.instructions
    )
    return at_work and facts.moment - payment.updated_at <= WORKED_ON_FOR


LIVENESS: Final[tuple[tuple[int, PaymentCheck], ...]] = ((34, ends_or_waits_for_a_reason),)
