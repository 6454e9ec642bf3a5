"""Disputes inside payments: the reserve holds exactly what is disputed and not decided.

Their invariants: 8 (status), 13 (status and entries agree) and 15 (nothing is given back twice).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from payflow.domain.dispute import Dispute, DisputeStatus
from payflow.domain.instruction import InstructionKind
from payflow.domain.ledger import AccountKind
from tools.doctor.charging import PaymentCheck
from tools.doctor.facts import PaymentFacts, Terms
from tools.doctor.findings import Problem
from tools.doctor.money import FUNDS

OPENED: Final = "dispute"
CLOSED: Final = {DisputeStatus.WON: "dispute_won", DisputeStatus.LOST: "dispute_lost"}


def disputes_are_booked(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """13: each dispute of anything is booked as it opens and as it is decided, once each."""
    due: Counter[str] = Counter()
    for dispute in facts.payment.disputes:
        if dispute.amount_minor:
            due[OPENED] += 1
            if dispute.status in CLOSED:
                due[CLOSED[dispute.status]] += 1
    known = {OPENED, *CLOSED.values()}
    posted = Counter(one.operation for one in facts.postings if one.operation in known)
    for operation in sorted(known):
        if posted[operation] != due[operation]:
            text = f"{operation} is booked {posted[operation]} times, due are {due[operation]}"
            yield Problem(13, facts.payment.id, text)


def reserve_is_what_is_disputed(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """13: the reserve holds what open disputes come to; lost ones went back to the customer."""
    payment, quote = facts.payment, facts.payment.fx
    currency = payment.amount.currency if quote is None else quote.target_currency
    reserve = -sum(one.debits(currency, AccountKind.MERCHANT_RESERVE) for one in facts.postings)
    held = sum(_held(facts, one) for one in payment.disputes if one.status not in CLOSED)
    if reserve != held:
        text = f"{reserve} {currency} is in reserve, open disputes come to {held}"
        yield Problem(13, payment.id, text)
    lost = sum(one.amount_minor for one in payment.disputes if one.status is DisputeStatus.LOST)
    back = -sum(
        one.debits(payment.amount.currency, *FUNDS)
        for one in facts.postings
        if one.operation == CLOSED[DisputeStatus.LOST]
    )
    if back != lost:
        yield Problem(13, payment.id, f"{lost} was lost in disputes, {back} is booked for it")


def _held(facts: PaymentFacts, dispute: Dispute) -> int:
    """What is held for a dispute: converted as a refund is, rounded up."""
    quote = facts.payment.fx
    if quote is None:
        return dispute.amount_minor
    return -(-dispute.amount_minor * quote.rate.numerator // quote.rate.denominator)


def nothing_is_given_back_twice(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """15: refunded, being refunded, and disputed or lost do not exceed what was captured."""
    payment = facts.payment
    pending = sum(
        one.amount_minor
        for one in payment.instructions
        if one.kind is InstructionKind.REFUND and one.settled_at is None
    )
    disputed = sum(
        one.amount_minor for one in payment.disputes if one.status is not DisputeStatus.WON
    )
    back = payment.amount_refunded + pending + disputed
    if disputed and back > payment.amount_captured:
        text = f"{back} refunded and disputed exceed {payment.amount_captured} captured"
        yield Problem(15, payment.id, text)


def decided_disputes_are_closed(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """8: a dispute that is won or lost has an end, and no other has."""
    for dispute in facts.payment.disputes:
        if (dispute.status in CLOSED) != (dispute.closed_at is not None):
            text = f"{dispute.id} is {dispute.status}, closed at {dispute.closed_at}"
            yield Problem(8, facts.payment.id, text)


DISPUTES: Final[tuple[tuple[int, PaymentCheck], ...]] = (
    (13, disputes_are_booked),
    (13, reserve_is_what_is_disputed),
    (15, nothing_is_given_back_twice),
    (8, decided_disputes_are_closed),
)
