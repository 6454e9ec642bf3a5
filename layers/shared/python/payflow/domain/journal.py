"""How the journal grows: the next page of a shard, as a pure function of its head."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from payflow.domain.journal_page import (
    CHECKPOINT_EVERY,
    EPOCH,
    LATE,
    Page,
    Standing,
    newest_standings,
)
from payflow.domain.ledger import Account, Balance, JournalTransaction, folded

SHARDS: Final = 16
"""Into how many chains the journal is split; each merchant's facts are in one of them.

One chain takes a page at a time, of `TRANSACTIONS_MAX` each. The number is a part of the stored
layout: another one would send a merchant's next facts to another chain than its last ones.
"""

TRANSACTIONS_MAX: Final = 400
"""Keeps a page far below the 400 KB that an item may have; packed, a transaction takes some 70."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a shard stands after its newest page; at first, before any."""

    shard: int
    number: int = 0
    hash: str = ""
    watermark: datetime = EPOCH
    late: int = 0
    standings: Mapping[Account, Standing] = field(default_factory=dict)


def shard_of(merchant_id: str) -> int:
    """The shard of everything that is booked for that merchant."""
    return hashlib.sha256(merchant_id.encode()).digest()[0] % SHARDS


def posting_order(transaction: JournalTransaction) -> tuple[datetime, str, int]:
    """Sorts by time of posting; at the same millisecond by fact, and there as it was booked."""
    return transaction.posted_at, transaction.payment_id, transaction.sequence


def head_of(shard: int, pages: Sequence[Page]) -> Head:
    """The head after the first of `pages`, which go back to a checkpoint or the beginning."""
    if not pages:
        return Head(shard)
    newest = pages[0]
    return Head(
        shard=shard,
        number=newest.number,
        hash=newest.hash,
        watermark=newest.watermark,
        late=newest.number if newest.is_late else newest.late,
        standings=newest_standings(pages),
    )


def next_page(head: Head, transactions: Iterable[JournalTransaction]) -> Page:
    """The page that takes in `transactions`, at least one, none of which is in the shard yet."""
    ordered = tuple(sorted(transactions, key=posting_order))
    number = head.number + 1
    before = {account: head.standings[account].balance for account in _touched(ordered, head)}
    standings = {
        account: Standing(balance, head.standings[account].page if account in before else 0)
        for account, balance in folded(before, ordered).items()
    }
    is_checkpoint = number % CHECKPOINT_EVERY == 0
    return Page(
        shard=head.shard,
        number=number,
        previous=head.hash,
        watermark=max(head.watermark, ordered[-1].posted_at),
        late=head.late,
        is_late=ordered[0].posted_at < head.watermark - LATE,
        transactions=ordered,
        standings=standings,
        checkpoint=_moved(head, number, standings) if is_checkpoint else None,
    )


def head_after(head: Head, page: Page) -> Head:
    """`head` with its next page."""
    return Head(
        shard=head.shard,
        number=page.number,
        hash=page.hash,
        watermark=page.watermark,
        late=page.number if page.is_late else page.late,
        standings=_moved(head, page.number, page.standings),
    )


def merged(left: Balance | None, right: Balance) -> Balance:
    """The sums of one account over two shards."""
    if left is None:
        return right
    return Balance(
        right.account,
        left.debits + right.debits,
        left.credits + right.credits,
        left.pending_debits + right.pending_debits,
        left.pending_credits + right.pending_credits,
    )


def _touched(transactions: Iterable[JournalTransaction], head: Head) -> set[Account]:
    touched = {entry.account for one in transactions for entry in one.entries}
    return touched & head.standings.keys()


def _moved(
    head: Head, number: int, standings: Mapping[Account, Standing]
) -> dict[Account, Standing]:
    moved = {account: Standing(one.balance, number) for account, one in standings.items()}
    return {**head.standings, **moved}
