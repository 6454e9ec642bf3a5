"""How business facts are booked: the journal transactions of holds, captures, refunds and top-ups.

What a customer pays with is the *funding* account: the receivable from the provider, or the
customer's own stored wallet. An authorisation that waits for its capture is a pending transfer.
What is held is read off the payment's own postings, so it is given back exactly once, whatever ends
it: each capture gives back what it takes, and `with_hold_released` the rest. Rules:
`spec/money.md`, accounts.
"""

from __future__ import annotations

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
from payflow.domain.method import stored_wallet
from payflow.domain.money import Money
from payflow.domain.payment import Payment
from payflow.domain.records import changed


def with_hold(payment: Payment, provider: str, now: datetime) -> Payment:
    """`payment`, whose authorisation waits for its capture, with the whole amount held.

    Pending: debit provider_receivable (or customer_wallet) A; credit merchant_payable A.
    """
    funding = funding_account(provider, stored_wallet(payment.method), payment.amount.currency)
    hold = _transfer(payment, funding, payment.amount.minor, Phase.PENDING, "authorize", now)
    return changed(payment, postings=(*payment.postings, hold))


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
    funding = hold.entries[0].account
    release = _transfer(payment, funding, released, Phase.RELEASED, "release", now)
    return changed(payment, postings=(*payment.postings, release))


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


def _transfer(
    payment: Payment,
    funding: Account,
    minor: int,
    phase: Phase,
    operation: str,
    now: datetime,
) -> JournalTransaction:
    """The principal from the customer to the merchant, without fees: nothing is earned yet.

    In the payment's own currency: what it comes to in another is known with the capture.
    """
    sequence = len(payment.postings) + 1
    payable = Account(AccountKind.MERCHANT_PAYABLE, funding.currency, payment.merchant_id)
    return JournalTransaction(
        id=transaction_id(payment.id, operation, sequence),
        payment_id=payment.id,
        operation=operation,
        sequence=sequence,
        posted_at=now,
        entries=(Entry(funding, Side.DEBIT, minor), Entry(payable, Side.CREDIT, minor)),
        phase=phase,
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
