"""A page of the journal: some transactions, what they leave their accounts at, and its own bytes.

The journal is the postings of all facts in the order in which they were folded, in shards. A shard
is a chain of pages: each names the hash of the one before, so that no byte of any page can change
unnoticed. The text of a page is canonical JSON: one page has one text, and its hash is the SHA-256
of that. Beside its transactions a page has

    standings    each account that it moves: its sums after this page, and the page that moved it
                 before, so an account's history is a list from page to page
    checkpoint   on every `CHECKPOINT_EVERY`-th page: all accounts of the shard, and the page that
                 moved each last, so that nobody ever reads further back than that
    watermark    the latest time of posting of this page and all before it; never falls
    is_late      it has a transaction that is more than `LATE` older than what came before it
    late         the newest late page before this one

A transaction is in no page whose watermark is before its time of posting. If its page is not late,
it is in the pages up to the first whose watermark is more than `LATE` after it. So what was posted
at some time is found in a few pages (`payflow.services.journal_shard`), whatever the history, and
without trusting any clock but the one that posted it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from payflow.domain.ledger import (
    Account,
    Balance,
    Entry,
    JournalTransaction,
    Phase,
    Side,
    account_from_id,
    transaction_id,
)

LATE: Final = timedelta(seconds=10)
CHECKPOINT_EVERY: Final = 16
"""How many pages are read for a balance at most."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's sums at some page, and another page that moved it (0: none did)."""

    balance: Balance
    page: int


Standings = Mapping[Account, Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page; numbers count from 1, `previous` is the hash of the page before ("": none)."""

    shard: int
    number: int
    previous: str
    watermark: datetime
    late: int
    is_late: bool
    transactions: tuple[JournalTransaction, ...]
    standings: Standings
    checkpoint: Standings | None = None

    @property
    def hash(self) -> str:
        """What the next page must name."""
        return text_hash(page_text(self))


class SealedPage(NamedTuple):
    """A page as it is stored, believed in nothing."""

    shard: int
    number: int
    text: bytes
    hash: str
    watermark: datetime


def text_hash(text: bytes) -> str:
    """The hash of a page by its text, in hexadecimal."""
    return hashlib.sha256(text).hexdigest()


def page_text(page: Page) -> bytes:
    """The one text of `page`; equal pages, and only those, have equal texts."""
    accounts = sorted(page.standings, key=lambda account: account.id)
    position = {account: index for index, account in enumerate(accounts)}
    document = {
        "shard": page.shard,
        "page": page.number,
        "previous": page.previous,
        "watermark": milliseconds(page.watermark),
        "late": page.late,
        "is_late": page.is_late,
        "standings": _standings(page.standings),
        "checkpoint": None if page.checkpoint is None else _standings(page.checkpoint),
        "transactions": [_transaction(one, position) for one in page.transactions],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def page_from_text(text: bytes) -> Page:
    """The page of that text; raises `ValueError`, `KeyError` or `TypeError` if it is none."""
    document: dict[str, Any] = json.loads(text)
    accounts = [account_from_id(row[0]) for row in document["standings"]]
    checkpoint = document["checkpoint"]
    return Page(
        shard=document["shard"],
        number=document["page"],
        previous=document["previous"],
        watermark=_moment(document["watermark"]),
        late=document["late"],
        is_late=document["is_late"],
        transactions=tuple(_read_transaction(row, accounts) for row in document["transactions"]),
        standings=_read_standings(document["standings"]),
        checkpoint=None if checkpoint is None else _read_standings(checkpoint),
    )


def transaction_digest(transaction: JournalTransaction, shard: int) -> int:
    """256 bits that differ for whatever differs, so that sums of them compare sets."""
    accounts = {entry.account: entry.account.id for entry in transaction.entries}
    content = [shard, *_transaction(transaction, accounts)]
    return int.from_bytes(hashlib.sha256(json.dumps(content).encode()).digest(), "big")


def milliseconds(moment: datetime) -> int:
    """Since 1970, rounded down."""
    return (moment - EPOCH) // _MILLISECOND


def newest_standings(pages: Iterable[Page]) -> dict[Account, Standing]:
    """Every account after the first of `pages`, which go back to a checkpoint or the beginning."""
    known: dict[Account, Standing] = {}
    for page in pages:
        for account, standing in page.standings.items():
            known.setdefault(account, replace(standing, page=page.number))
        for account, standing in (page.checkpoint or {}).items():
            known.setdefault(account, standing)
    return known


def _standings(standings: Standings) -> list[list[Any]]:
    return [
        [
            account.id,
            balance.debits,
            balance.credits,
            balance.pending_debits,
            balance.pending_credits,
            standing.page,
        ]
        for account, standing in sorted(standings.items(), key=lambda pair: pair[0].id)
        for balance in (standing.balance,)
    ]


def _read_standings(rows: list[list[Any]]) -> dict[Account, Standing]:
    accounts = {account_from_id(account_id): row for account_id, *row in rows}
    return {
        account: Standing(Balance(account, *sums), page)
        for account, (*sums, page) in accounts.items()
    }


def _transaction(transaction: JournalTransaction, names: Mapping[Account, int | str]) -> list[Any]:
    """Fact, operation, sequence, time, phase, and entries as signed amounts of named accounts."""
    entries = (
        (entry.amount_minor if entry.side is Side.DEBIT else -entry.amount_minor, entry.account)
        for entry in transaction.entries
    )
    return [
        transaction.payment_id,
        transaction.operation,
        transaction.sequence,
        milliseconds(transaction.posted_at),
        transaction.phase.value,
        [[signed_minor, names[account]] for signed_minor, account in entries],
    ]


def _read_transaction(row: list[Any], accounts: list[Account]) -> JournalTransaction:
    fact, operation, sequence, posted_at, phase, entries = row
    return JournalTransaction(
        id=transaction_id(fact, operation, sequence),
        payment_id=fact,
        operation=operation,
        sequence=sequence,
        posted_at=_moment(posted_at),
        entries=tuple(
            Entry(accounts[index], Side.DEBIT if signed > 0 else Side.CREDIT, abs(signed))
            for signed, index in entries
        ),
        phase=Phase(phase),
    )


def _moment(value: int) -> datetime:
    return EPOCH + value * _MILLISECOND
