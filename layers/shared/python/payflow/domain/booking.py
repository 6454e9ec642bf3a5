"""How business facts are booked: the journal transaction of a capture, of a refund.

Rules: `spec/money.md`, accounts.
"""

from __future__ import annotations

from datetime import datetime

from payflow.domain.ledger import (
    Account,
    AccountKind,
    Entry,
    JournalTransaction,
    Side,
    transaction_id,
)
from payflow.domain.money import Money


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
