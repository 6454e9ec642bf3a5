"""What a simulated provider writes down about each operation that it was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from payflow.domain.approval import Approval, CustomerDecision
from payflow.domain.timestamps import parse_rfc3339, rfc3339

if TYPE_CHECKING:
    from payflow.providers.simulated.store import Document


class Standing(StrEnum):
    """Where an operation stands at the provider."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    FAILED = "failed"


class Kind(StrEnum):
    """What the provider did. A `SALE` is authorisation and capture in one."""

    SALE = "sale"
    AUTHORIZATION = "authorization"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


AUTHORIZING: Final = frozenset({Kind.SALE, Kind.AUTHORIZATION})
"""The kinds that the others build on."""


class Aftermath(StrEnum):
    """How the operations after an authorisation go: by chance, or as its test instrument says."""

    DRAWN = "drawn"
    CERTAIN = "certain"
    CAPTURE_FAILS_ONCE = "capture_fails_once"
    REFUND_COMES_BACK = "refund_comes_back"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEntry:
    """One operation as the provider keeps it.

    It is pending until `settles_at`, then stands as `standing` for `code`. Inquiries find it from
    `visible_at` on. Its answer leaves `reply_after_ms` after `booked_at`, or never (None): it has
    happened all the same. `action` is what the customer is asked to do while it is pending;
    `decision` is what the customer did, and `mark` who did it in the customer's name. The first
    `inquiries_lost` inquiries get no answer. `instrument` is masked: no card number. `original` is
    the key of the authorisation that a later operation belongs to, and `final` says that a capture
    releases what it leaves.
    """

    provider: str
    key: str
    reference: str
    order_id: str
    instrument: str
    amount_minor: int
    currency: str
    kind: Kind
    standing: Standing
    code: str
    booked_at: datetime
    settles_at: datetime
    visible_at: datetime
    reply_after_ms: int | None
    action: str | None = None
    inquiries_lost: int = 0
    aftermath: Aftermath = Aftermath.DRAWN
    original: str | None = None
    final: bool = False
    decision: CustomerDecision | None = None
    mark: str | None = None

    @property
    def approval(self) -> Approval | None:
        """The question to the customer, open until the entry settles by itself; None without."""
        if self.action is None:
            return None
        return Approval(self.settles_at, self.decision, self.mark)

    @property
    def answers_pending(self) -> bool:
        """Whether its answer left before it was settled, so that the outcome has to be told."""
        if self.reply_after_ms is None:
            return False
        replied_at = self.booked_at + timedelta(milliseconds=self.reply_after_ms)
        return self.action is not None or self.standing_at(replied_at) is Standing.PENDING

    def standing_at(self, moment: datetime) -> Standing:
        """Where the operation stands at `moment`."""
        return Standing.PENDING if moment < self.settles_at else self.standing


def entry_to_document(entry: BookEntry) -> Document:
    """`entry` for the store; what is None or usual is left out."""
    document: Document = {
        "provider": entry.provider,
        "key": entry.key,
        "reference": entry.reference,
        "order_id": entry.order_id,
        "instrument": entry.instrument,
        "amount": entry.amount_minor,
        "currency": entry.currency,
        "kind": entry.kind.value,
        "standing": entry.standing.value,
        "code": entry.code,
        "booked_at": rfc3339(entry.booked_at),
        "settles_at": rfc3339(entry.settles_at),
        "visible_at": rfc3339(entry.visible_at),
        "inquiries_lost": entry.inquiries_lost,
    }
    if entry.reply_after_ms is not None:
        document["reply_after_ms"] = entry.reply_after_ms
    if entry.action is not None:
        document["action"] = entry.action
    if entry.aftermath is not Aftermath.DRAWN:
        document["aftermath"] = entry.aftermath.value
    if entry.original is not None:
        document["original"] = entry.original
    if entry.final:
        document["final"] = 1
    return document


def decision_to_fields(entry: BookEntry) -> Document:
    """What a customer's decision changes of the entry that `entry_to_document` wrote down."""
    assert entry.decision is not None  # or there is nothing to write
    return {
        "standing": entry.standing.value,
        "code": entry.code,
        "settles_at": rfc3339(entry.settles_at),
        "decision": entry.decision.value,
        "mark": entry.mark or "",
    }


def entry_from_document(document: Document) -> BookEntry:
    """The entry that `entry_to_document` wrote down."""
    reply_after_ms, action = document.get("reply_after_ms"), document.get("action")
    original, decision = document.get("original"), document.get("decision")
    return BookEntry(
        provider=str(document["provider"]),
        key=str(document["key"]),
        reference=str(document["reference"]),
        order_id=str(document["order_id"]),
        instrument=str(document["instrument"]),
        amount_minor=int(document["amount"]),
        currency=str(document["currency"]),
        kind=Kind(str(document["kind"])),
        standing=Standing(str(document["standing"])),
        code=str(document["code"]),
        booked_at=parse_rfc3339(str(document["booked_at"])),
        settles_at=parse_rfc3339(str(document["settles_at"])),
        visible_at=parse_rfc3339(str(document["visible_at"])),
        reply_after_ms=None if reply_after_ms is None else int(reply_after_ms),
        action=None if action is None else str(action),
        inquiries_lost=int(document["inquiries_lost"]),
        aftermath=Aftermath(str(document.get("aftermath", Aftermath.DRAWN))),
        original=None if original is None else str(original),
        final=bool(document.get("final", 0)),
        decision=None if decision is None else CustomerDecision(str(decision)),
        mark=None if decision is None else str(document["mark"]),
    )
