"""Look into the ledger: a merchant at its own accounts, operators at all.

Answers come from the journal's pages. The stream that fills them is a moment behind, so what the
facts of the last moments have posted, and the pages do not have yet, is added from the facts
themselves: whoever has seen a payment succeed finds it booked. See `UNFOLDED` for how far back is
looked, and docs/decisions.md for why nobody waits instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Final

from payflow.domain.errors import InvalidRequest, NotFound
from payflow.domain.journal import SHARDS, merged, shard_of
from payflow.domain.ledger import Account, AccountKind, Balance, JournalTransaction, folded
from payflow.domain.merchant import Caller, Principal
from payflow.domain.money import MINOR_UNIT_EXPONENT
from payflow.domain.ports import Clock, Journal, MerchantRepository, PostingSource
from payflow.domain.statement import (
    CurrencyTotal,
    EntryPage,
    JournalLine,
    LineKey,
    MerchantBalance,
    TrialBalance,
    line_key_from_text,
    lines_of,
)
from payflow.services.journal_shard import JournalShard

MERCHANT_KINDS: Final = (AccountKind.MERCHANT_PAYABLE, AccountKind.MERCHANT_RESERVE)
"""What a merchant sees; the other accounts are the platform's own business."""

UNFOLDED: Final = timedelta(seconds=60)
"""How long something posted may not be folded although something later in its shard is.

What is newer than all of its shard's pages cannot be folded, however long ago it was posted.
"""

OUT_OF_ORDER: Final = timedelta(seconds=5)
"""How far the fold may be out of order: the parts of a stream are read independently.

Everything younger is looked at; of what is older, no more once a whole batch of it is folded.
"""


@dataclass(frozen=True, slots=True)
class _Books:
    """The journal at one moment: its shards, and what is posted but not in them yet."""

    shards: Sequence[JournalShard]
    unfolded: Sequence[JournalTransaction]

    def balances(self, at: datetime | None) -> Mapping[Account, Balance]:
        sums: dict[Account, Balance] = {}
        for shard in self.shards:
            for account, balance in shard.balances(at).items():
                sums[account] = merged(sums.get(account), balance)
        return folded(sums, (one for one in self.unfolded if at is None or one.posted_at <= at))

    def lines(self, account: Account, before: LineKey | None) -> Iterable[JournalLine]:
        newest = sorted(
            lines_of(self.unfolded, account, before), key=lambda line: line.key, reverse=True
        )
        folded_lines = (shard.lines(account, before) for shard in self.shards)
        return merge(newest, *folded_lines, key=lambda line: line.key, reverse=True)


@dataclass(frozen=True, slots=True)
class ReadLedger:
    """The use cases behind `GET /api/v1/ledger` and `/balance`.

    Each raises `Unavailable` with the store. `sources` are all facts that are booked.
    """

    journal: Journal
    sources: Sequence[PostingSource]
    merchants: MerchantRepository
    clock: Clock

    def accounts(self, caller: Caller, at: datetime | None = None) -> Sequence[Balance]:
        """The accounts that have entries or hold something, by id, with their sums."""
        return _visible(caller, self._books(caller).balances(at))

    def account(self, account_id: str, caller: Caller, at: datetime | None = None) -> Balance:
        """One account, now or as of a time.

        Raises `NotFound` for one that does not exist or is not the caller's.
        """
        return _account(account_id, caller, self.accounts(caller, at))

    def entries(
        self, account_id: str, caller: Caller, *, limit: int, after: str | None
    ) -> EntryPage:
        """One page of what was posted to an account, newest first; raises `NotFound` as `account`.

        Raises `InvalidRequest` when `after` is not a position.
        """
        before = _position(after)
        books = self._books(caller)
        account = _account(account_id, caller, _visible(caller, books.balances(None))).account
        found = list(islice(books.lines(account, before), limit + 1))
        page = found[:limit]
        more = len(found) > limit
        return EntryPage(page, page[-1].key.as_text() if more else None)

    def trial_balance(self, caller: Caller, at: datetime | None = None) -> TrialBalance:
        """Every account that the caller sees; only the operator's view claims to balance."""
        accounts = self.accounts(caller, at)
        complete = caller.principal is Principal.OPERATOR
        currencies = sorted({balance.account.currency for balance in accounts})
        totals = [_total(currency, accounts, complete) for currency in currencies]
        return TrialBalance(at or self.clock.now(), totals, accounts)

    def balance(self, caller: Caller) -> Sequence[MerchantBalance]:
        """What is owed to the merchant by currency, its settlement currency among them.

        For an operator the sums over all merchants.
        """
        owed: dict[str, dict[AccountKind, int]] = {}
        pending: dict[str, int] = {}
        merchant = self.merchants.get(caller.merchant_id) if caller.merchant_id else None
        if merchant is not None:
            owed[merchant.settlement_currency] = {}
        for balance in self.accounts(caller):
            kind, currency = balance.account.kind, balance.account.currency
            if kind in MERCHANT_KINDS:
                sums = owed.setdefault(currency, {})
                sums[kind] = sums.get(kind, 0) + balance.amount
            if kind is AccountKind.MERCHANT_PAYABLE:
                held = balance.pending_credits - balance.pending_debits
                pending[currency] = pending.get(currency, 0) + held
        return [
            MerchantBalance(
                currency,
                payable=sums.get(AccountKind.MERCHANT_PAYABLE, 0),
                reserve=sums.get(AccountKind.MERCHANT_RESERVE, 0),
                pending=pending.get(currency, 0),
            )
            for currency, sums in sorted(owed.items())
        ]

    def _books(self, caller: Caller) -> _Books:
        if caller.merchant_id is not None:
            owners, shards = [caller.merchant_id], {shard_of(caller.merchant_id)}
        else:
            owners, shards = [one.id for one in self.merchants.list()], set(range(SHARDS))
        # The pages first: what is folded between the two readings is then found in neither twice.
        tails = self.journal.tails(sorted(shards))
        now = {shard: JournalShard(self.journal, shard, tail) for shard, tail in tails.items()}
        return _Books(list(now.values()), self._unfolded(owners, now))

    def _unfolded(
        self, owners: Iterable[str], shards: Mapping[int, JournalShard]
    ) -> list[JournalTransaction]:
        now = self.clock.now()
        of = {owner: shards[shard_of(owner)] for owner in owners}
        since = {owner: min(shard.head.watermark, now - UNFOLDED) for owner, shard in of.items()}
        found: dict[str, JournalTransaction] = {}
        for source in self.sources:
            for owner, batches in source.posted_since(since).items():
                for batch in batches:
                    held = of[owner].ids_held(batch)
                    missing = {one.id: one for one in batch if one.id not in held}
                    found |= missing
                    oldest = min((one.posted_at for one in batch), default=now)
                    if not missing and oldest < now - OUT_OF_ORDER:
                        break
        return list(found.values())


def _visible(caller: Caller, balances: Mapping[Account, Balance]) -> list[Balance]:
    """The accounts that `caller` may see, by id."""
    mine = (
        balance
        for account, balance in balances.items()
        if _may_see(caller, account) and not balance.is_blank
    )
    return sorted(mine, key=lambda balance: balance.account.id)


def _account(account_id: str, caller: Caller, balances: Iterable[Balance]) -> Balance:
    known = next((one for one in balances if one.account.id == account_id), None)
    known = known or _empty_account(account_id, caller)
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


def _position(after: str | None) -> LineKey | None:
    try:
        return None if after is None else line_key_from_text(after)
    except ValueError as error:
        raise InvalidRequest("invalid_cursor", "Not a cursor of this list.", param="cursor") from (
            error
        )


def _total(currency: str, accounts: Sequence[Balance], complete: bool) -> CurrencyTotal:
    mine = [balance for balance in accounts if balance.account.currency == currency]
    debits, credits = sum(one.debits for one in mine), sum(one.credits for one in mine)
    return CurrencyTotal(currency, debits, credits, debits == credits if complete else None)
