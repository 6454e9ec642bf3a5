"""The double-entry ledger: accounts, journal transactions, and the sums folded from them.

A journal transaction belongs to one business fact (a capture, a refund) and is stored inside that
fact's own item, so that status and entries are one write (invariant 13). It is never edited: what
was wrong is corrected by a later transaction. Per currency its debits equal its credits
(invariant 11), and its id follows from (payment, operation, sequence), so a repeated booking names
the same transaction (invariant 12).

A transfer is posted at once, or held first: a pending one adds to its accounts' pending sums, a
released one takes out of them again. Only what is posted counts in a balance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from payflow.domain.ids import derived_id


class Side(StrEnum):
    """The two sides of an entry."""

    DEBIT = "debit"
    CREDIT = "credit"


class Phase(StrEnum):
    """What a transfer does to its accounts: post, hold, or give back what was held."""

    POSTED = "posted"
    PENDING = "pending"
    RELEASED = "released"


class AccountKind(StrEnum):
    """Accounts by what they hold."""

    PROVIDER_RECEIVABLE = "provider_receivable"
    BANK = "bank"
    MERCHANT_PAYABLE = "merchant_payable"
    MERCHANT_RESERVE = "merchant_reserve"
    CUSTOMER_WALLET = "customer_wallet"
    FEES_REVENUE = "fees_revenue"
    PROVIDER_FEES = "provider_fees"
    FX_LIQUIDITY = "fx_liquidity"
    FX_SPREAD = "fx_spread"
    SUSPENSE = "suspense"


NORMAL_SIDE: Final[dict[AccountKind, Side]] = {
    AccountKind.PROVIDER_RECEIVABLE: Side.DEBIT,
    AccountKind.BANK: Side.DEBIT,
    AccountKind.MERCHANT_PAYABLE: Side.CREDIT,
    AccountKind.MERCHANT_RESERVE: Side.CREDIT,
    AccountKind.CUSTOMER_WALLET: Side.CREDIT,
    AccountKind.FEES_REVENUE: Side.CREDIT,
    AccountKind.PROVIDER_FEES: Side.DEBIT,
    AccountKind.FX_LIQUIDITY: Side.DEBIT,
    AccountKind.FX_SPREAD: Side.CREDIT,
    AccountKind.SUSPENSE: Side.DEBIT,
}
"""Assets, expenses and clearing accounts grow by debits; liabilities and income by credits."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of one kind, in one currency, of one owner (None: the platform itself)."""

    kind: AccountKind
    currency: str
    owner: str | None = None

    @property
    def id(self) -> str:
        """`kind:owner:currency`, or `kind:currency` for the platform's own."""
        owner = f"{self.owner}:" if self.owner is not None else ""
        return f"{self.kind}:{owner}{self.currency}"


def account_from_id(account_id: str) -> Account:
    """The account of that id; raises `ValueError` if no account can have it."""
    kind, separator, rest = account_id.partition(":")
    owner, has_owner, currency = rest.rpartition(":")
    if not separator or not currency or (has_owner and not owner):
        raise ValueError(f"{account_id} is not the id of an account")
    return Account(AccountKind(kind), currency, owner if has_owner else None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a journal transaction; `amount_minor` is positive."""

    account: Account
    side: Side
    amount_minor: int

    def __post_init__(self) -> None:
        """Refuse an amount that is not a positive integer (`ValueError`)."""
        if type(self.amount_minor) is not int or self.amount_minor <= 0:
            raise ValueError("an entry's amount is a positive integer of minor units")


@dataclass(frozen=True, slots=True)
class JournalTransaction:
    """One balanced booking.

    `payment_id` is the fact that it books: a payment, or whatever else has postings in its item.
    """

    id: str
    payment_id: str
    operation: str
    sequence: int
    posted_at: datetime
    entries: tuple[Entry, ...]
    phase: Phase = Phase.POSTED

    def __post_init__(self) -> None:
        """Refuse entries whose debits and credits differ in any currency (`ValueError`)."""
        if not self.entries or any(_imbalance(self.entries).values()):
            raise ValueError(f"transaction {self.id} does not balance")


def transaction_id(payment_id: str, operation: str, sequence: int) -> str:
    """The one id that this booking of this payment can have."""
    return derived_id("txn", payment_id, operation, str(sequence))


@dataclass(frozen=True, slots=True)
class Balance:
    """The sums of one account, in minor units: posted, and held by pending transfers."""

    account: Account
    debits: int = 0
    credits: int = 0
    pending_debits: int = 0
    pending_credits: int = 0

    @property
    def amount(self) -> int:
        """The balance on the account's own side."""
        net = self.debits - self.credits
        return net if NORMAL_SIDE[self.account.kind] is Side.DEBIT else -net

    @property
    def is_blank(self) -> bool:
        """Nothing was ever posted and nothing is held, as after an authorisation was voided."""
        return not (self.debits or self.credits or self.pending_debits or self.pending_credits)

    def with_entry(self, entry: Entry, phase: Phase) -> Balance:
        """The sums after one more entry of this account."""
        is_debit = entry.side is Side.DEBIT
        minor = -entry.amount_minor if phase is Phase.RELEASED else entry.amount_minor
        if phase is Phase.POSTED and is_debit:
            return replace(self, debits=self.debits + minor)
        if phase is Phase.POSTED:
            return replace(self, credits=self.credits + minor)
        if is_debit:
            return replace(self, pending_debits=self.pending_debits + minor)
        return replace(self, pending_credits=self.pending_credits + minor)


def folded(
    balances: dict[Account, Balance], transactions: Iterable[JournalTransaction]
) -> dict[Account, Balance]:
    """`balances` with `transactions` added; a pure left fold, so any split gives the same sums."""
    result = dict(balances)
    for transaction in transactions:
        for entry in transaction.entries:
            known = result.get(entry.account) or Balance(entry.account)
            result[entry.account] = known.with_entry(entry, transaction.phase)
    return result


def _imbalance(entries: Iterable[Entry]) -> dict[str, int]:
    net: dict[str, int] = {}
    for entry in entries:
        signed = entry.amount_minor if entry.side is Side.DEBIT else -entry.amount_minor
        net[entry.account.currency] = net.get(entry.account.currency, 0) + signed
    return net
