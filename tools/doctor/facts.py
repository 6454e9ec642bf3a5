"""Facts as they are stored, read for judging: payments, journal lines, provider books.

Payments are decoded by the product's own decoder, but for their journal: a tampered transaction
does not balance, and the product would refuse to read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from payflow.aws.attributes import Item, read_moment
from payflow.aws.payment_item import payment_from_item
from payflow.aws.posting_item import ACCOUNT_CODES, PHASE_CODES
from payflow.domain.ledger import AccountKind, Phase
from payflow.domain.payment import Payment
from payflow.domain.retry import RetryPolicy
from payflow.providers.simulated.entry import BookEntry, entry_from_document

POSTINGS: Final = "postings"
KINDS: Final = {code: kind for kind, code in ACCOUNT_CODES.items()}
PHASES: Final = {code: phase for phase, code in PHASE_CODES.items()}
MERCHANTS_OWN: Final = frozenset({AccountKind.MERCHANT_PAYABLE, AccountKind.MERCHANT_RESERVE})


class Unreadable(Exception):
    """An item that is not what it should be; the message says where."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a posting; debits are positive."""

    kind: AccountKind
    owner: str | None
    currency: str
    signed_minor: int

    @property
    def account_id(self) -> str:
        """`kind:owner:currency`, or `kind:currency`."""
        named = (self.kind.value, self.owner, self.currency)
        return ":".join(part for part in named if part is not None)


@dataclass(frozen=True, slots=True)
class Posting:
    """A journal transaction as it is stored, whether it balances or not."""

    operation: str
    sequence: int
    posted_at: datetime
    lines: tuple[Line, ...]
    phase: Phase = Phase.POSTED

    def debits(self, currency: str, *kinds: AccountKind) -> int:
        """What was debited, less what was credited, to accounts of these kinds in `currency`."""
        return sum(
            line.signed_minor
            for line in self.lines
            if line.kind in kinds and line.currency == currency
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFact:
    """One entry of a provider's book under its stored id, with the book's own sums."""

    item_id: str
    entry: BookEntry
    captured_minor: int = 0
    refunded_minor: int = 0
    is_released: bool = False
    is_returning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """Everything about one payment that was seen at `moment`.

    `claimed` are the numbers of the attempts whose call somebody has claimed. `has_cvc`: the vault
    still holds the CVC that was given for it.
    """

    payment: Payment
    item: Item
    postings: tuple[Posting, ...]
    entries: tuple[BookFact, ...]
    claimed: frozenset[int]
    has_cvc: bool
    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the deployment promises: its retry policy, and each provider's visibility window.

    `wallet_provider` is the one that pays from PayFlow's own wallets.
    """

    policy: RetryPolicy
    visibility_ms: Mapping[str, int]
    wallet_provider: str | None = None


def read_payment(item: Item) -> Payment:
    """The payment without its journal; raises `Unreadable`."""
    try:
        return payment_from_item({key: item[key] for key in item if key != POSTINGS})
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise Unreadable(f"cannot be read: {type(error).__name__} {error}") from error


def read_postings(item: Item) -> tuple[Posting, ...]:
    """The journal of a payment's item; raises `Unreadable`."""
    merchant_id, currency = item["merchant_id"]["S"], item["currency"]["S"]
    stored = item[POSTINGS]["L"] if POSTINGS in item else []
    try:
        return tuple(_posting(value["M"], merchant_id, currency) for value in stored)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise Unreadable(f"journal cannot be read: {type(error).__name__} {error}") from error


def _posting(fields: Mapping[str, Any], merchant_id: str, currency: str) -> Posting:
    return Posting(
        operation=fields["o"]["S"],
        sequence=int(fields["s"]["N"]),
        posted_at=read_moment(fields["t"]),
        lines=tuple(_line(line["L"], merchant_id, currency) for line in fields["e"]["L"]),
        phase=PHASES[fields["p"]["S"]] if "p" in fields else Phase.POSTED,
    )


def _line(values: list[Mapping[str, str]], merchant_id: str, currency: str) -> Line:
    kind = KINDS[values[1]["S"]]
    usual_owner = merchant_id if kind in MERCHANTS_OWN else None
    owner = (values[2]["S"] or None) if len(values) > 2 else usual_owner
    own_currency = values[3]["S"] if len(values) > 3 else currency
    return Line(kind, owner, own_currency, int(values[0]["N"]))


def is_entry(item: Item) -> bool:
    """Whether an item of the books is an operation, not the sandbox's memory of instruments."""
    return "kind" in item


def read_entry(item: Item) -> BookFact:
    """One entry of a provider's book; raises `Unreadable`."""
    try:
        document = {name: value.get("S") or int(value["N"]) for name, value in item.items()}
        return BookFact(
            item_id=str(document["id"]),
            entry=entry_from_document(document),
            captured_minor=int(document.get("captured", 0)),
            refunded_minor=int(document.get("refunded", 0)),
            is_released=bool(document.get("released", 0)),
            is_returning=str(document.get("returning", "[]")) != "[]",
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Unreadable(f"cannot be read: {type(error).__name__} {error}") from error
