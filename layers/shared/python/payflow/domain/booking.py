"""How business facts are booked: the journal transactions of holds, captures and refunds.

An authorisation that waits for its capture is a pending transfer. What is held is read off the
payment's own postings, so it is given back exactly once, whatever ends it: each capture gives back
what it takes, and `with_hold_released` the rest. Rules: `spec/money.md`, accounts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from payflow.domain.ledger import (
    Account,
    AccountKind,
    Entry,
    JournalTransaction,
    Phase,
    Side,
    transaction_id,
)
from payflow.domain.money import Money
from payflow.domain.payment import Payment


def with_hold(payment: Payment, provider: str, now: datetime) -> Payment:
    """`payment`, whose authorisation waits for its capture, with the whole amount held.

    Pending: debit provider_receivable A; credit merchant_payable A.
    """
    hold = _transfer(payment, provider, payment.amount.minor, Phase.PENDING, "authorize", now)
    return replace(payment, postings=(*payment.postings, hold))


def held_minor(payment: Payment) -> int:
    """What is held for captures to come, in minor units."""
    signs = {Phase.PENDING: 1, Phase.RELEASED: -1, Phase.POSTED: 0}
    return sum(signs[one.phase] * one.entries[0].amount_minor for one in payment.postings)


def with_hold_released(payment: Payment, now: datetime, minor: int | None = None) -> Payment:
    """`payment` with `minor` (None: the rest) of what is held given back, if anything is.

    Never more than is held, so the rest cannot be given back twice.
    """
    held = held_minor(payment)
    released = held if minor is None else min(minor, held)
    if not released:
        return payment
    hold = next(one for one in payment.postings if one.phase is Phase.PENDING)
    provider = hold.entries[0].account.owner
    release = _transfer(payment, provider, released, Phase.RELEASED, "release", now)
    return replace(payment, postings=(*payment.postings, release))


def capture_transaction(
    *,
    payment_id: str,
    merchant_id: str,
    provider: str,
    amount: Money,
    provider_fee_minor: int,
    platform_fee_minor: int,
    sequence: int,
    posted_at: datetime,
) -> JournalTransaction:
    """Book a capture of A with provider fee p and platform fee f.

    Debit provider_receivable A - p and provider_fees p; credit merchant_payable A - f and
    fees_revenue f. Lines of zero are left out. Rule: `spec/money.md`, accounts.
    """
    currency = amount.currency
    lines = (
        (AccountKind.PROVIDER_RECEIVABLE, provider, Side.DEBIT, amount.minor - provider_fee_minor),
        (AccountKind.PROVIDER_FEES, None, Side.DEBIT, provider_fee_minor),
        (AccountKind.MERCHANT_PAYABLE, merchant_id, Side.CREDIT, amount.minor - platform_fee_minor),
        (AccountKind.FEES_REVENUE, None, Side.CREDIT, platform_fee_minor),
    )
    return JournalTransaction(
        id=transaction_id(payment_id, "capture", sequence),
        payment_id=payment_id,
        operation="capture",
        sequence=sequence,
        posted_at=posted_at,
        entries=tuple(
            Entry(Account(kind, currency, owner), side, minor)
            for kind, owner, side, minor in lines
            if minor
        ),
    )


def refund_transaction(
    *,
    payment_id: str,
    merchant_id: str,
    provider: str,
    amount: Money,
    sequence: int,
    posted_at: datetime,
) -> JournalTransaction:
    """Book a refund of R: the principal goes back, the fees are kept.

    Debit merchant_payable R; credit provider_receivable R. Rule: `spec/money.md`, accounts.
    """
    payable = Account(AccountKind.MERCHANT_PAYABLE, amount.currency, merchant_id)
    receivable = Account(AccountKind.PROVIDER_RECEIVABLE, amount.currency, provider)
    return JournalTransaction(
        id=transaction_id(payment_id, "refund", sequence),
        payment_id=payment_id,
        operation="refund",
        sequence=sequence,
        posted_at=posted_at,
        entries=(
            Entry(payable, Side.DEBIT, amount.minor),
            Entry(receivable, Side.CREDIT, amount.minor),
        ),
    )


def _transfer(
    payment: Payment,
    provider: str | None,
    minor: int,
    phase: Phase,
    operation: str,
    now: datetime,
) -> JournalTransaction:
    """The principal from the provider to the merchant, without fees: nothing is earned yet."""
    sequence, currency = len(payment.postings) + 1, payment.amount.currency
    receivable = Account(AccountKind.PROVIDER_RECEIVABLE, currency, provider)
    payable = Account(AccountKind.MERCHANT_PAYABLE, currency, payment.merchant_id)
    return JournalTransaction(
        id=transaction_id(payment.id, operation, sequence),
        payment_id=payment.id,
        operation=operation,
        sequence=sequence,
        posted_at=now,
        entries=(Entry(receivable, Side.DEBIT, minor), Entry(payable, Side.CREDIT, minor)),
        phase=phase,
    )
