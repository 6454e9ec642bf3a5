"""A simulated provider's disputes: opened after a charge, answered with evidence, decided once.

The provider keeps them in its own book. The verdict is an item of its own that is written once, by
the evidence or by the deadline, whichever comes first; what was said before and turned out
otherwise is not sent any more (`still_true`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from payflow.domain.errors import Conflict
from payflow.domain.ids import derived_id
from payflow.domain.provider_callback import CallbackType, DisputeNotice, ProviderCallback
from payflow.domain.timestamps import parse_rfc3339, rfc3339

if TYPE_CHECKING:
    from payflow.domain.dispute import Evidence
    from payflow.domain.ports import Clock
    from payflow.providers.simulated.callbacks import CallbackSender
    from payflow.providers.simulated.entry import BookEntry
    from payflow.providers.simulated.store import BookStore, Document

OPENED_AFTER_MS: Final = 3_000
DECIDED_AFTER_MS: Final = 3_000
EVIDENCE_PERIOD_MS: Final = 600_000
"""Days at a real bank; here no longer than somebody who tries it out is willing to wait."""

LOSING_EVIDENCE: Final = "losing_evidence"
"""Evidence with this word in it does not convince."""

REASON: Final = "fraudulent"
_WON, _LOST = "won", "lost"
_VERDICTS: Final = {_WON: CallbackType.DISPUTE_WON, _LOST: CallbackType.DISPUTE_LOST}


class DisputeOffice:
    """One provider's disputes."""

    def __init__(
        self, provider: str, *, book: BookStore, callbacks: CallbackSender, clock: Clock
    ) -> None:
        """`callbacks` carries what is decided to the gateway."""
        self._provider = provider
        self._book = book
        self._callbacks = callbacks
        self._clock = clock

    def open(self, charge: BookEntry) -> None:
        """Let the customer dispute `charge`, unless its payment is disputed already.

        The gateway is told a moment later, and at the deadline that it has lost.
        """
        authorization = charge.original or charge.key
        reference = derived_id("dp", self._provider, authorization)
        opened_at = self._clock.now() + timedelta(milliseconds=OPENED_AFTER_MS)
        due_at = opened_at + timedelta(milliseconds=EVIDENCE_PERIOD_MS)
        document: Document = {
            "key": authorization,
            "charge": charge.key,
            "order_id": charge.order_id,
            "amount": charge.amount_minor,
            "currency": charge.currency,
            "due_at": rfc3339(due_at),
        }
        known = self._book.put_new(self._id("dispute", reference), document) or document
        if known["charge"] != charge.key:
            return
        opening = self._callback(reference, known, CallbackType.DISPUTE_OPENED, opened_at)
        self._callbacks.send(opening, OPENED_AFTER_MS)
        deadline = self._callback(reference, known, CallbackType.DISPUTE_LOST, due_at)
        self._callbacks.send(deadline, OPENED_AFTER_MS + EVIDENCE_PERIOD_MS)

    def answer(self, reference: str, evidence: Evidence) -> None:
        """Take the evidence, decide, and tell the gateway a moment later; the first one stands.

        Raises `Conflict` for a dispute that is unknown, or whose time is over.
        """
        now = self._clock.now()
        dispute = self._book.get(self._id("dispute", reference))
        if dispute is None or now >= parse_rfc3339(str(dispute["due_at"])):
            raise _too_late()
        word = _LOST if LOSING_EVIDENCE in evidence.text else _WON
        verdict: Document = {"word": word, "heard": 1}
        known = self._book.put_new(self._id("verdict", reference), verdict) or verdict
        if not known["heard"]:
            raise _too_late()
        decided_at = now + timedelta(milliseconds=DECIDED_AFTER_MS)
        decision = self._callback(reference, dispute, _VERDICTS[str(known["word"])], decided_at)
        self._callbacks.send(decision, DECIDED_AFTER_MS)

    def _callback(
        self, reference: str, dispute: Document, kind: CallbackType, at: datetime
    ) -> ProviderCallback:
        return ProviderCallback(
            id=derived_id("cb", self._provider, reference, kind.value),
            provider=self._provider,
            type=kind,
            payment_id=str(dispute["order_id"]),
            key=str(dispute["key"]),
            occurred_at=at,
            dispute=DisputeNotice(
                reference=reference,
                amount_minor=int(dispute["amount"]),
                currency=str(dispute["currency"]),
                reason=REASON,
                evidence_due_at=parse_rfc3339(str(dispute["due_at"])),
            ),
        )

    def _id(self, kind: str, reference: str) -> str:
        return _item_id(self._provider, kind, reference)


def still_true(callback: ProviderCallback, book: BookStore) -> bool:
    """Whether `callback`, about to leave its provider, is still true.

    With the loss that was planned for the deadline, the deadline has come: without evidence until
    now the dispute is lost for good.
    """
    if callback.dispute is None or callback.type is CallbackType.DISPUTE_OPENED:
        return True
    verdict: Document = {"word": _LOST, "heard": 0}
    verdict_id = _item_id(callback.provider, "verdict", callback.dispute.reference)
    known = book.put_new(verdict_id, verdict) or verdict
    return _VERDICTS[str(known["word"])] is callback.type


class SimulatedDisputeDesk:
    """`DisputeDesk` at the simulated providers."""

    def __init__(self, book: BookStore, callbacks: CallbackSender, clock: Clock) -> None:
        """All providers share `book`, each with entries of its own."""
        self._book = book
        self._callbacks = callbacks
        self._clock = clock

    def submit(
        self, provider: str, dispute_reference: str, payment_id: str, evidence: Evidence
    ) -> None:
        """Hand the evidence over, harmless when repeated: the first one stands."""
        office = DisputeOffice(
            provider, book=self._book, callbacks=self._callbacks, clock=self._clock
        )
        office.answer(dispute_reference, evidence)


def _item_id(provider: str, kind: str, reference: str) -> str:
    return f"{provider}#{kind}#{reference}"


def _too_late() -> Conflict:
    return Conflict("evidence_too_late", "The provider takes no more evidence.")
