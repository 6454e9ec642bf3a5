"""What a dispute does to its payment: each function gives the payment's next version.

Status and books change together. What is disputed is debited to the merchant's payable, even if
that turns negative because it was paid out already: later captures make it good.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from payflow.domain import dispute_booking
from payflow.domain.booking import funding_account
from payflow.domain.dispute import (
    DISPUTE_TRANSITIONS,
    Dispute,
    DisputeStatus,
    Evidence,
    dispute_id,
)
from payflow.domain.errors import Conflict
from payflow.domain.instruction import InstructionKind
from payflow.domain.instructions import refundable_minor
from payflow.domain.method import stored_wallet
from payflow.domain.money import Money
from payflow.domain.payment import Payment, Status
from payflow.domain.provider_callback import DisputeNotice
from payflow.domain.records import changed

DISPUTES_MAX: Final = 4
"""How many disputes a payment takes: each may hold twenty thousand characters of evidence."""

_UNDER_WAY: Final = frozenset({Status.PENDING, Status.PROCESSING, Status.REQUIRES_ACTION})


def is_captured_enough(payment: Payment, claimed_minor: int) -> bool:
    """Whether a dispute of so much can be judged now, and will not be different in a moment.

    While what the provider charged is not written down yet, there would be too little to dispute.
    """
    under_way = payment.status in _UNDER_WAY or payment.pending(InstructionKind.CAPTURE)
    return claimed_minor <= refundable_minor(payment) or not under_way


def dispute_opened(payment: Payment, notice: DisputeNotice, now: datetime) -> Payment:
    """`payment` with the dispute, its amount moved into reserve.

    No more is moved than was captured and is neither refunded, nor being refunded, nor disputed
    already; what the provider claims beyond stays visible in the dispute. Raises `Conflict` if the
    payment has as many disputes as it takes, or this one.
    """
    provider = _authorizer(payment)
    dispute = Dispute(
        id=dispute_id(payment.id, provider, notice.reference),
        reference=notice.reference,
        amount_minor=min(notice.amount_minor, refundable_minor(payment)),
        claimed_minor=notice.amount_minor,
        reason=notice.reason,
        opened_at=now,
        evidence_due_at=notice.evidence_due_at,
    )
    if payment.dispute(dispute.id) is not None:
        raise Conflict("dispute_exists", f"{dispute.id} has been opened before")
    if len(payment.disputes) >= DISPUTES_MAX:
        raise Conflict("too_many_disputes", f"A payment takes {DISPUTES_MAX} disputes at most.")
    after = changed(payment, disputes=(*payment.disputes, dispute))
    return _booked(after, dispute, dispute_booking.OPENED, now)


def dispute_closed(payment: Payment, dispute: Dispute, *, won: bool, now: datetime) -> Payment:
    """`payment` with its open dispute decided: the reserve goes back, or to the customer.

    Raises `Conflict` if it has been decided before: neither can happen twice.
    """
    status = DisputeStatus.WON if won else DisputeStatus.LOST
    after = _with(payment, replace(_moved(dispute, status), closed_at=now))
    operation = dispute_booking.WON if won else dispute_booking.LOST
    return _booked(after, dispute, operation, now)


def evidence_recorded(
    payment: Payment, dispute: Dispute, evidence: Evidence, now: datetime
) -> Payment:
    """`payment` with the merchant's evidence, to be delivered to the provider next.

    The first evidence stands. Raises `Conflict` if there is other evidence, the dispute is decided,
    or the time for it is over.
    """
    if dispute.evidence is not None:
        if dispute.evidence.says(evidence.text, evidence.files):
            return payment
        raise Conflict("evidence_submitted", "There is other evidence already.")
    if not dispute.is_open:
        raise Conflict("dispute_closed", f"The dispute is {dispute.status.value}.")
    if now >= dispute.evidence_due_at:
        raise Conflict("evidence_too_late", "The time for evidence is over.")
    return _with(payment, replace(dispute, evidence=evidence))


def evidence_delivered(payment: Payment, dispute: Dispute, now: datetime) -> Payment:
    """`payment` with the dispute under review, unless it was decided in the meantime."""
    evidence = dispute.evidence
    if evidence is None or evidence.delivered_at is not None:
        return payment
    delivered = replace(dispute, evidence=replace(evidence, delivered_at=now))
    if dispute.is_open:
        delivered = _moved(delivered, DisputeStatus.UNDER_REVIEW)
    return _with(payment, delivered)


def _moved(dispute: Dispute, status: DisputeStatus) -> Dispute:
    if status not in DISPUTE_TRANSITIONS[dispute.status]:
        raise Conflict("dispute_closed", f"a {dispute.status} dispute cannot become {status}")
    return replace(dispute, status=status)


def _with(payment: Payment, dispute: Dispute) -> Payment:
    return changed(
        payment,
        disputes=tuple(dispute if one.id == dispute.id else one for one in payment.disputes),
    )


def _booked(payment: Payment, dispute: Dispute, operation: str, now: datetime) -> Payment:
    """A dispute of nothing, where nothing was left to dispute, moves nothing."""
    if not dispute.amount_minor:
        return payment
    amount = Money(dispute.amount_minor, payment.amount.currency)
    wallet_id = stored_wallet(payment.method)
    booking = dispute_booking.dispute_transaction(
        operation,
        payment_id=payment.id,
        merchant_id=payment.merchant_id,
        funding=funding_account(_authorizer(payment), wallet_id, amount.currency),
        amount=amount,
        held=_held(payment, amount),
        sequence=len(payment.postings) + 1,
        posted_at=now,
    )
    return changed(payment, postings=(*payment.postings, booking))


def _held(payment: Payment, amount: Money) -> Money:
    """What is held for a dispute of `amount`: a function of it alone, so the same goes back.

    A conversion is rounded up, as a refund's is.
    """
    quote = payment.fx
    if quote is None:
        return amount
    return Money(quote.returned(amount.minor), quote.target_currency)


def _authorizer(payment: Payment) -> str:
    authorization = payment.last_authorization
    assert authorization is not None  # nobody disputes what was never asked of a provider
    return authorization.provider
