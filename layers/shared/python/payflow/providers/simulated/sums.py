"""What was done with an authorised amount, and what the acquirer still allows: its own limits.

The acquirer keeps these sums beside its authorisation and believes nobody else's, so that it is a
check on PayFlow. Pure: a request either gives new sums or the reason why it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from payflow.domain.timestamps import parse_rfc3339, rfc3339
from payflow.providers.simulated.entry import BookEntry, Kind, Standing
from payflow.providers.simulated.store import REVISION

if TYPE_CHECKING:
    from payflow.providers.simulated.requests import OperationRequest
    from payflow.providers.simulated.store import Document

Capabilities = frozenset[str]
"""What a provider offers, in the words of its configuration."""


class Refusal(StrEnum):
    """Why an acquirer does not do what it was asked to do with an authorisation."""

    NOT_FOUND = "not_found"
    NOT_APPROVED = "not_approved"
    NOT_SUPPORTED = "not_supported"
    CAPTURED = "captured"
    RELEASED = "released"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Returning:
    """A refund that was accepted and comes back: from `due_at` on its amount counts no more."""

    amount_minor: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What was captured and refunded of one authorisation, in minor units of its currency.

    Refunds under way count. `released` says that what is not captured never will be. `revision`
    counts the changes.
    """

    captured_minor: int = 0
    refunded_minor: int = 0
    released: bool = False
    returning: tuple[Returning, ...] = ()
    revision: int = 0

    def at(self, moment: datetime) -> Sums:
        """These sums without the refunds that have come back by `moment`."""
        back = sum(refund.amount_minor for refund in self.returning if refund.due_at <= moment)
        under_way = tuple(refund for refund in self.returning if refund.due_at > moment)
        return replace(self, refunded_minor=self.refunded_minor - back, returning=under_way)

    def expecting(self, refund: Returning) -> Sums:
        """These sums, in which `refund` is counted, knowing that it will come back."""
        return replace(self, returning=(*self.returning, refund))


@dataclass(frozen=True, slots=True)
class Authorization:
    """An authorisation as the book has it, with what was done with it since."""

    entry: BookEntry
    sums: Sums

    @property
    def captured_minor(self) -> int:
        """What may be refunded at most; a sale is captured by itself."""
        sale = self.entry.kind is Kind.SALE
        return self.entry.amount_minor if sale else self.sums.captured_minor

    @property
    def left_minor(self) -> int:
        """What was not captured."""
        return self.entry.amount_minor - self.captured_minor


def sums_after(
    request: OperationRequest,
    authorization: Authorization,
    capabilities: Capabilities,
    now: datetime,
) -> Sums | Refusal:
    """The sums once `request` is done, or why it is not done."""
    if request.kind.value not in capabilities:
        return Refusal.NOT_SUPPORTED
    if authorization.entry.standing_at(now) is not Standing.APPROVED:
        return Refusal.NOT_APPROVED
    if request.currency != authorization.entry.currency:
        return Refusal.AMOUNT
    current = replace(authorization, sums=authorization.sums.at(now))
    return _RULES[request.kind](request, current, capabilities)


def _captured(
    request: OperationRequest, held: Authorization, capabilities: Capabilities
) -> Sums | Refusal:
    if held.entry.kind is Kind.SALE:
        return Refusal.CAPTURED
    if held.sums.released:
        return Refusal.RELEASED
    if request.amount_minor > held.left_minor:
        return Refusal.AMOUNT
    if request.amount_minor < held.entry.amount_minor and "partialCapture" not in capabilities:
        return Refusal.NOT_SUPPORTED
    return replace(
        held.sums,
        captured_minor=held.sums.captured_minor + request.amount_minor,
        released=request.final,
    )


def _voided(
    request: OperationRequest, held: Authorization, _capabilities: Capabilities
) -> Sums | Refusal:
    """All that is left or nothing, so that a caller who has missed a capture voids nothing."""
    if held.sums.released:
        return Refusal.RELEASED
    if held.left_minor == 0:
        return Refusal.CAPTURED
    if request.amount_minor != held.left_minor:
        return Refusal.AMOUNT
    return replace(held.sums, released=True)


def _refunded(
    request: OperationRequest, held: Authorization, capabilities: Capabilities
) -> Sums | Refusal:
    refunded_minor = held.sums.refunded_minor + request.amount_minor
    if refunded_minor > held.captured_minor:
        return Refusal.AMOUNT
    if request.amount_minor < held.captured_minor and "partialRefund" not in capabilities:
        return Refusal.NOT_SUPPORTED
    return replace(held.sums, refunded_minor=refunded_minor)


_Rule = Callable[["OperationRequest", Authorization, Capabilities], Sums | Refusal]
_RULES: Final[Mapping[Kind, _Rule]] = {
    Kind.CAPTURE: _captured,
    Kind.VOID: _voided,
    Kind.REFUND: _refunded,
}


def sums_to_fields(sums: Sums) -> Document:
    """`sums` as fields of their authorisation's item; the store itself counts the revision."""
    returning = [[refund.amount_minor, rfc3339(refund.due_at)] for refund in sums.returning]
    return {
        "captured": sums.captured_minor,
        "refunded": sums.refunded_minor,
        "released": int(sums.released),
        "returning": json.dumps(returning),
    }


def sums_from_document(document: Document) -> Sums:
    """The sums in an authorisation's item; one that nothing was done with has none yet."""
    returning = json.loads(str(document.get("returning", "[]")))
    return Sums(
        captured_minor=int(document.get("captured", 0)),
        refunded_minor=int(document.get("refunded", 0)),
        released=bool(document.get("released", 0)),
        returning=tuple(Returning(amount, parse_rfc3339(due)) for amount, due in returning),
        revision=int(document.get(REVISION, 0)),
    )
