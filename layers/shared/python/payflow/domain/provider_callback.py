"""What a provider tells by itself: a payment or refund that changed, a dispute.

A callback is a hint, never the truth: what it says of a payment or refund is asked back from the
provider before anything changes, so duplicates, reordering and forgeries that got past the
signature move nothing (invariants 8 and 9).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from payflow.domain.outcomes import Outcome


class CallbackType(StrEnum):
    """What the callback is about."""

    PAYMENT_UPDATED = "payment.updated"
    REFUND_UPDATED = "refund.updated"
    DISPUTE_OPENED = "dispute.opened"
    DISPUTE_WON = "dispute.won"
    DISPUTE_LOST = "dispute.lost"


DISPUTE_TYPES: Final = frozenset(
    {CallbackType.DISPUTE_OPENED, CallbackType.DISPUTE_WON, CallbackType.DISPUTE_LOST}
)
"""The types of callbacks that carry a `DisputeNotice`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeNotice:
    """What a callback about a dispute says; `reference` is the provider's own id of it."""

    reference: str
    amount_minor: int
    currency: str
    reason: str
    evidence_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCallback:
    """One authenticated callback, in PayFlow's terms.

    `id` is the same in every repetition. `payment_id` is the order that the provider was given, and
    `key` the provider key of the operation that it is about (for a dispute: of the authorisation).
    `outcome` is what the provider claims became of it.
    """

    id: str
    provider: str
    type: CallbackType
    payment_id: str
    key: str
    occurred_at: datetime
    outcome: Outcome | None = None
    provider_reference: str | None = None
    dispute: DisputeNotice | None = None
