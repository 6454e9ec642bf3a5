"""Look into the ledger: a merchant at its own accounts, operators at all.

Sums are folded from the journal whenever somebody asks, so a balance cannot differ from its entries
(invariant 17); nothing is counted while payments are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from payflow.domain.errors import InvalidRequest, NotFound
from payflow.domain.ids import derived_id
from payflow.domain.ledger import Account, AccountKind, Balance, JournalTransaction, folded
from payflow.domain.merchant import Caller, Principal
from payflow.domain.money import MINOR_UNIT_EXPONENT
from payflow.domain.ports import Clock, JournalSource, MerchantRepository
from payflow.domain.statement import (
    CurrencyTotal,
    EntryPage,
    JournalLine,
    MerchantBalance,
    TrialBalance,
)

MERCHANT_KINDS: Final = (AccountKind.MERCHANT_PAYABLE, AccountKind.MERCHANT_RESERVE)
"""What a merchant sees; the other accounts are the platform's own business."""


@dataclass(frozen=True, slots=True)
class ReadLedger:
    """The use cases behind `GET /api/v1/ledger` and `/balance`.

    Each raises `Unavailable` with the store. An operator's question reads every merchant's journal.
    """

    journal: JournalSource
    merchants: MerchantRepository
    clock: Clock

    def accounts(self, caller: Caller) -> Sequence[Balance]:
        """The accounts that have entries, by id, with their sums."""
        return list(_balances(caller, self._journal(caller)).values())

    def account(self, account_id: str, caller: Caller) -> Balance:
        """One account; raises `NotFound` for one that does not exist or is not the caller's."""
        return _account(account_id, caller, _balances(caller, self._journal(caller)))

    def entries(
        self, account_id: str, caller: Caller, *, limit: int, after: str | None
    ) -> EntryPage:
        """One page of an account's entries, newest first; raises `NotFound` as `account` does.

        Raises `InvalidRequest` when `after` is not an entry of this account.
        """
        journal = self._journal(caller)
        account = _account(account_id, caller, _balances(caller, journal)).account
        lines = _lines(journal, account)
        start = _position(lines, after)
        page = lines[start : start + limit]
        more = start + limit < len(lines)
        return EntryPage(page, page[-1].id if more else None)

    def trial_balance(self, caller: Caller) -> TrialBalance:
        """Every account that the caller sees; only the operator's view claims to balance."""
        accounts = self.accounts(caller)
        complete = caller.principal is Principal.OPERATOR
        currencies = sorted({balance.account.currency for balance in accounts})
        totals = [_total(currency, accounts, complete) for currency in currencies]
        return TrialBalance(self.clock.now(), totals, accounts)

    def balance(self, caller: Caller) -> Sequence[MerchantBalance]:
        """What is owed to the merchant by currency, its settlement currency among them.

        For an operator the sums over all merchants.
        """
        owed: dict[str, dict[AccountKind, int]] = {}
        merchant = self.merchants.get(caller.merchant_id) if caller.merchant_id else None
        if merchant is not None:
            owed[merchant.settlement_currency] = {}
        for balance in self.accounts(caller):
            kind, currency = balance.account.kind, balance.account.currency
            if kind in MERCHANT_KINDS:
                sums = owed.setdefault(currency, {})
                sums[kind] = sums.get(kind, 0) + balance.amount
        return [
            MerchantBalance(currency, *(sums.get(kind, 0) for kind in MERCHANT_KINDS))
            for currency, sums in sorted(owed.items())
        ]

    def _journal(self, caller: Caller) -> Sequence[JournalTransaction]:
        if caller.merchant_id is not None:
            return self.journal.postings(caller.merchant_id)
        owners = [merchant.id for merchant in self.merchants.list()]
        journal = [posted for owner in owners for posted in self.journal.postings(owner)]
        return sorted(journal, key=lambda posted: (posted.posted_at, posted.id))


def _balances(caller: Caller, journal: Sequence[JournalTransaction]) -> Mapping[str, Balance]:
    """The accounts that `caller` may see, by id."""
    visible = (one for one in folded({}, journal).values() if _may_see(caller, one.account))
    return {one.account.id: one for one in sorted(visible, key=lambda one: one.account.id)}


def _account(account_id: str, caller: Caller, balances: Mapping[str, Balance]) -> Balance:
    known = balances.get(account_id) or _empty_account(account_id, caller)
    if known is None:
        raise NotFound("account_not_found", "There is no such account.")
    return known


def _may_see(caller: Caller, account: Account) -> bool:
    if caller.principal is Principal.OPERATOR:
        return True
    return account.kind in MERCHANT_KINDS and account.owner == caller.merchant_id


def _empty_account(account_id: str, caller: Caller) -> Balance | None:
    """A merchant has its own accounts before the first entry is made."""
    if caller.merchant_id is None:
        return None
    for kind in MERCHANT_KINDS:
        account = Account(kind, account_id[-3:], caller.merchant_id)
        if account.id == account_id and account.currency in MINOR_UNIT_EXPONENT:
            return Balance(account)
    return None


def _lines(journal: Sequence[JournalTransaction], account: Account) -> list[JournalLine]:
    """The entries of `account`, newest first."""
    lines = [
        JournalLine(derived_id("ent", transaction.id, str(index)), entry, transaction)
        for transaction in journal
        for index, entry in enumerate(transaction.entries)
        if entry.account == account
    ]
    lines.reverse()
    return lines


def _position(lines: Sequence[JournalLine], after: str | None) -> int:
    if after is None:
        return 0
    for index, line in enumerate(lines):
        if line.id == after:
            return index + 1
    raise InvalidRequest("invalid_cursor", "Not a cursor of this list.", param="cursor")


def _total(currency: str, accounts: Sequence[Balance], complete: bool) -> CurrencyTotal:
    mine = [balance for balance in accounts if balance.account.currency == currency]
    debits, credits = sum(one.debits for one in mine), sum(one.credits for one in mine)
    return CurrencyTotal(currency, debits, credits, debits == credits if complete else None)
