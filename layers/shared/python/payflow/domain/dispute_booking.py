"""How a dispute of D is booked: what is disputed is held in reserve until it is decided.

    opened   debit merchant_payable H    credit merchant_reserve H
    won      debit merchant_reserve H    credit merchant_payable H
    lost     debit merchant_reserve H    credit the payment's funding account D

What is held, H, is D; of a payment that settles in another currency it is what D comes to at the
payment's rate, and a lost one goes back through `fx_liquidity` as a refund does. A dispute takes
the principal only; fees are kept. Rules: `spec/money.md`, accounts and foreign exchange.
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
    funding: Account,
    amount: Money,
    held: Money,
    sequence: int,
    posted_at: datetime,
) -> JournalTransaction:
    """Book `operation` (`OPENED`, `WON` or `LOST`) of a dispute of `amount`, for which `held` is.

    `funding` is the payment's funding account, in the currency of `amount`.
    """
    payable = Account(AccountKind.MERCHANT_PAYABLE, held.currency, merchant_id)
    reserve = Account(AccountKind.MERCHANT_RESERVE, held.currency, merchant_id)
    entries = {
        OPENED: _moved(payable, reserve, held),
        WON: _moved(reserve, payable, held),
        LOST: _returned(reserve, funding, held, amount),
    }[operation]
    return JournalTransaction(
        id=transaction_id(payment_id, operation, sequence),
        payment_id=payment_id,
        operation=operation,
        sequence=sequence,
        posted_at=posted_at,
        entries=entries,
    )


def _moved(debited: Account, credited: Account, amount: Money) -> tuple[Entry, ...]:
    return (
        Entry(debited, Side.DEBIT, amount.minor),
        Entry(credited, Side.CREDIT, amount.minor),
    )


def _returned(reserve: Account, funding: Account, held: Money, amount: Money) -> tuple[Entry, ...]:
    if held.currency == amount.currency:
        return _moved(reserve, funding, amount)
    sold = Account(AccountKind.FX_LIQUIDITY, held.currency)
    bought = Account(AccountKind.FX_LIQUIDITY, amount.currency)
    return (*_moved(reserve, sold, held), *_moved(bought, funding, amount))
