"""A payout: what a merchant is owed and has settled, sent to its bank once a day.

Available is what captures have credited, once the provider's settlement lag is over, less all that
was debited since (refunds, disputes, earlier payouts). What is below the merchant's minimum, or
negative, is carried, and later captures add to it or make it good. A refund between reading the
books and paying can make the balance negative; that is carried as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from payflow.domain.ids import derived_id
from payflow.domain.ledger import (
    Account,
    AccountKind,
    Entry,
    JournalTransaction,
    Phase,
    Side,
    transaction_id,
)
from payflow.domain.merchant import Merchant
from payflow.domain.money import MINOR_UNIT_EXPONENT, Money

PAYOUT_MINIMUM_MAJOR: Final = 100
"""What a payout is worth at least, where the merchant's terms do not say otherwise."""

OPERATION: Final = "payout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """One payout of a merchant, currency and day, with its booking.

    `carried_minor` is what the merchant is owed beyond it, and will be paid later.
    """

    id: str
    merchant_id: str
    amount: Money
    day: date
    carried_minor: int
    created_at: datetime
    posting: JournalTransaction


@dataclass(frozen=True, slots=True)
class Earned:
    """What a merchant has earned in one currency, in minor units, before any payout.

    `settled_minor` is what the provider has settled less all debits, and may be negative;
    `unsettled_minor` waits for its provider's settlement lag.
    """

    settled_minor: int = 0
    unsettled_minor: int = 0


@dataclass(frozen=True, slots=True)
class PaidOut:
    """What was paid out to a merchant in one currency so far; `version` counts the payouts."""

    merchant_id: str
    currency: str
    total_minor: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutFilter:
    """Which payouts, newest first. `merchant_id` None means all merchants (operators only)."""

    merchant_id: str | None
    limit: int
    after: str | None = None


@dataclass(frozen=True, slots=True)
class PayoutPage:
    """Payouts newest first, and where the next page begins (None: there is none)."""

    payouts: tuple[Payout, ...]
    next_after: str | None


def earned(
    journal: Iterable[JournalTransaction],
    merchant_id: str,
    lag_days: Callable[[str], int],
    now: datetime,
) -> dict[str, Earned]:
    """What the merchant has earned by currency, by a journal that has no payouts in it.

    What authorisations hold is not earned yet.

    `lag_days` is a provider's. What came from no provider, such as a dispute that was won, is
    settled at once.
    """
    sums: dict[str, Earned] = {}
    for transaction in journal:
        if transaction.phase is not Phase.POSTED:
            continue
        is_settled = _is_settled(transaction, lag_days, now)
        for entry in transaction.entries:
            account = entry.account
            if account.kind is AccountKind.MERCHANT_PAYABLE and account.owner == merchant_id:
                before = sums.get(account.currency, Earned())
                sums[account.currency] = _with(before, entry, is_settled)
    return sums


def payout_id(merchant_id: str, currency: str, day: date) -> str:
    """The one id that the payout of that merchant, currency and day can have."""
    return derived_id("po", merchant_id, currency, day.isoformat())


def payout_minimum_minor(merchant: Merchant, currency: str) -> int:
    """What a payout is worth at least; the merchant's own terms are in its settlement currency."""
    own_minor = merchant.payout_minimum_minor
    if own_minor is not None and currency == merchant.settlement_currency:
        return own_minor
    return int(PAYOUT_MINIMUM_MAJOR * 10 ** MINOR_UNIT_EXPONENT[currency])


def due_payout(
    merchant: Merchant, have: Earned, paid: PaidOut, *, day: date, now: datetime
) -> Payout | None:
    """The payout of all that is available, or None if that is too little."""
    available_minor = have.settled_minor - paid.total_minor
    if available_minor < max(1, payout_minimum_minor(merchant, paid.currency)):
        return None
    identifier = payout_id(merchant.id, paid.currency, day)
    amount = Money(available_minor, paid.currency)
    return Payout(
        id=identifier,
        merchant_id=merchant.id,
        amount=amount,
        day=day,
        carried_minor=have.unsettled_minor,
        created_at=now,
        posting=payout_transaction(identifier, merchant.id, amount, now),
    )


def payout_transaction(
    payout: str, merchant_id: str, amount: Money, posted_at: datetime
) -> JournalTransaction:
    """Book a payout of P: debit merchant_payable P, credit bank P; the fact is the payout's id."""
    payable = Account(AccountKind.MERCHANT_PAYABLE, amount.currency, merchant_id)
    bank = Account(AccountKind.BANK, amount.currency)
    return JournalTransaction(
        id=transaction_id(payout, OPERATION, 1),
        payment_id=payout,
        operation=OPERATION,
        sequence=1,
        posted_at=posted_at,
        entries=(Entry(payable, Side.DEBIT, amount.minor), Entry(bank, Side.CREDIT, amount.minor)),
    )


def _is_settled(
    transaction: JournalTransaction, lag_days: Callable[[str], int], now: datetime
) -> bool:
    lags = (
        lag_days(entry.account.owner)
        for entry in transaction.entries
        if entry.account.kind is AccountKind.PROVIDER_RECEIVABLE and entry.account.owner
    )
    return transaction.posted_at + timedelta(days=max(lags, default=0)) <= now


def _with(before: Earned, entry: Entry, is_settled: bool) -> Earned:
    if entry.side is Side.DEBIT:
        return Earned(before.settled_minor - entry.amount_minor, before.unsettled_minor)
    if is_settled:
        return Earned(before.settled_minor + entry.amount_minor, before.unsettled_minor)
    return Earned(before.settled_minor, before.unsettled_minor + entry.amount_minor)
