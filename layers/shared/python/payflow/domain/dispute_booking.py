"""How a dispute of D is booked: what is disputed is held in reserve until it is decided.

    opened   debit merchant_payable D    credit merchant_reserve D
    won      debit merchant_reserve D    credit merchant_payable D
    lost     debit merchant_reserve D    credit the account that the payment was funded from D

Rules: `spec/money.md`, accounts. A dispute takes the principal only; fees are kept, as with a
refund.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from payflow.domain.ledger import (
    Account,
    AccountKind,
    Entry,
    JournalTransaction,
    Side,
    transaction_id,
)
from payflow.domain.money import Money

OPENED: Final = "dispute"
WON: Final = "dispute_won"
LOST: Final = "dispute_lost"


def dispute_transaction(
    operation: str,
    *,
    payment_id: str,
    merchant_id: str,
    provider: str,
    amount: Money,
    sequence: int,
    posted_at: datetime,
) -> JournalTransaction:
    """Book `operation` (`OPENED`, `WON` or `LOST`) of a dispute of `amount` at `provider`."""
    payable = Account(AccountKind.MERCHANT_PAYABLE, amount.currency, merchant_id)
    reserve = Account(AccountKind.MERCHANT_RESERVE, amount.currency, merchant_id)
    receivable = Account(AccountKind.PROVIDER_RECEIVABLE, amount.currency, provider)
    debited, credited = {
        OPENED: (payable, reserve),
        WON: (reserve, payable),
        LOST: (reserve, receivable),
    }[operation]
    return JournalTransaction(
        id=transaction_id(payment_id, operation, sequence),
        payment_id=payment_id,
        operation=operation,
        sequence=sequence,
        posted_at=posted_at,
        entries=(
            Entry(debited, Side.DEBIT, amount.minor),
            Entry(credited, Side.CREDIT, amount.minor),
        ),
    )
