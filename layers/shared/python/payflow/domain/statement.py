"""What the ledger shows when it is asked: lines of an account, sums, what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from payflow.domain.ledger import Balance, Entry, JournalTransaction


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One entry with the transaction that it is a part of."""

    id: str
    entry: Entry
    transaction: JournalTransaction


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries newest first, and the id after which the next page begins (None: there is none)."""

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
