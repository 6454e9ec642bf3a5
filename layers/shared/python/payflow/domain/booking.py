"""How business facts are booked: the journal transaction of a capture, of a refund, of a top-up.

What a customer pays with is the *funding* account: the receivable from the provider, or the
customer's own stored wallet. Rules: `spec/money.md`, accounts.
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
    wallet_id: str | None = None,
) -> JournalTransaction:
    """Book a capture of A with provider fee p and platform fee f.

    Debit provider_receivable (or customer_wallet, if the wallet `wallet_id` pays) A - p and
    provider_fees p; credit merchant_payable A - f and fees_revenue f. Lines of zero are left out.
    Rule: `spec/money.md`, accounts.
    """
    currency = amount.currency
    funding = funding_account(provider, wallet_id, currency)
    lines = (
        (funding.kind, funding.owner, Side.DEBIT, amount.minor - provider_fee_minor),
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
    wallet_id: str | None = None,
) -> JournalTransaction:
    """Book a refund of R: the principal goes back, the fees are kept.

    Debit merchant_payable R; credit provider_receivable (or customer_wallet) R. Rule:
    `spec/money.md`, accounts.
    """
    payable = Account(AccountKind.MERCHANT_PAYABLE, amount.currency, merchant_id)
    funding = funding_account(provider, wallet_id, amount.currency)
    return JournalTransaction(
        id=transaction_id(payment_id, "refund", sequence),
        payment_id=payment_id,
        operation="refund",
        sequence=sequence,
        posted_at=posted_at,
        entries=(
            Entry(payable, Side.DEBIT, amount.minor),
            Entry(funding, Side.CREDIT, amount.minor),
        ),
    )


def top_up_transaction(
    *, operation_id: str, wallet_id: str, amount: Money, posted_at: datetime
) -> JournalTransaction:
    """Book a top-up of A, which a customer paid in: debit bank A; credit customer_wallet A.

    The business fact is the wallet's operation, not a payment.
    """
    bank = Account(AccountKind.BANK, amount.currency)
    wallet = Account(AccountKind.CUSTOMER_WALLET, amount.currency, wallet_id)
    return JournalTransaction(
        id=transaction_id(operation_id, "topup", 1),
        payment_id=operation_id,
        operation="topup",
        sequence=1,
        posted_at=posted_at,
        entries=(Entry(bank, Side.DEBIT, amount.minor), Entry(wallet, Side.CREDIT, amount.minor)),
    )


def funding_account(provider: str, wallet_id: str | None, currency: str) -> Account:
    """Where a payment's money comes from and its refunds go back to."""
    if wallet_id is not None:
        return Account(AccountKind.CUSTOMER_WALLET, currency, wallet_id)
    return Account(AccountKind.PROVIDER_RECEIVABLE, currency, provider)
