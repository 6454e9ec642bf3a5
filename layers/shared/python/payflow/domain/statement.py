"""What the ledger shows when it is asked: lines of an account, sums, what is owed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from payflow.domain.ids import derived_id
from payflow.domain.ledger import Account, Balance, Entry, JournalTransaction, Phase
from payflow.domain.timestamps import parse_rfc3339, rfc3339


class LineKey(NamedTuple):
    """Where a line is in the order of lines: by time, then by fact, and there as it was booked."""

    posted_at: datetime
    fact: str
    sequence: int
    line: int

    def as_text(self) -> str:
        """One text that `line_key_from_text` reads again."""
        return " ".join((rfc3339(self.posted_at), self.fact, str(self.sequence), str(self.line)))


def line_key_from_text(text: str) -> LineKey:
    """The key of that text; raises `ValueError` for any other."""
    posted_at, fact, sequence, line = text.split(" ")
    return LineKey(parse_rfc3339(posted_at), fact, int(sequence), int(line))


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One entry, at `index` of the transaction that it is a part of."""

    index: int
    entry: Entry
    transaction: JournalTransaction

    @property
    def id(self) -> str:
        """The one id that this line can have."""
        return derived_id("ent", self.transaction.id, str(self.index))

    @property
    def posted_at(self) -> datetime:
        """The transaction's."""
        return self.transaction.posted_at

    @property
    def key(self) -> LineKey:
        """Where the line is in the order of lines."""
        transaction = self.transaction
        return LineKey(
            transaction.posted_at, transaction.payment_id, transaction.sequence, self.index
        )


def lines_of(
    transactions: Iterable[JournalTransaction], account: Account, before: LineKey | None
) -> Iterator[JournalLine]:
    """What `transactions` posted to `account`; with `before` only what is older than it."""
    for transaction in transactions:
        if transaction.phase is not Phase.POSTED:
            continue
        for index, entry in enumerate(transaction.entries):
            line = JournalLine(index, entry, transaction)
            if entry.account == account and (before is None or line.key < before):
                yield line


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries newest first, and the position of the next page (None: there is none)."""

    lines: Sequence[JournalLine]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """Sums over accounts in one currency; `balanced` is None where nothing can be claimed."""

    currency: str
    debits: int
    credits: int
    balanced: bool | None


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts that the caller sees, with their sums by currency."""

    as_of: datetime
    totals: Sequence[CurrencyTotal]
    accounts: Sequence[Balance]


@dataclass(frozen=True, slots=True)
class MerchantBalance:
    """What is owed in one currency, and what of it is held back, in minor units."""

    currency: str
    payable: int
    reserve: int
    pending: int = 0
