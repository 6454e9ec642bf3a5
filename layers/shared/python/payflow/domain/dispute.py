"""A dispute: the customer's bank takes money back until it is decided whose it is.

A dispute is a part of its payment, opened and decided by the provider; the merchant answers with
evidence. Its status moves along `DISPUTE_TRANSITIONS` and nowhere else. Which money moves with it
is in `payflow.domain.disputes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from payflow.domain.ids import derived_id
from payflow.domain.instruction import own_part, part_id


class DisputeStatus(StrEnum):
    """Where a dispute stands."""

    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


DISPUTE_TRANSITIONS: Final[dict[DisputeStatus, frozenset[DisputeStatus]]] = {
    # Lost without a review when the deadline for evidence passes, won when the customer gives in.
    DisputeStatus.NEEDS_RESPONSE: frozenset(
        {DisputeStatus.UNDER_REVIEW, DisputeStatus.WON, DisputeStatus.LOST}
    ),
    DisputeStatus.UNDER_REVIEW: frozenset({DisputeStatus.WON, DisputeStatus.LOST}),
    DisputeStatus.WON: frozenset(),
    DisputeStatus.LOST: frozenset(),
}
"""Each status with those that may follow it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the merchant says for itself; `files` name documents that it keeps elsewhere.

    `delivered_at` is None until the provider is known to have it.
    """

    text: str
    submitted_at: datetime
    files: tuple[str, ...] = ()
    delivered_at: datetime | None = None

    def says(self, text: str, files: tuple[str, ...]) -> bool:
        """Whether this is the same evidence."""
        return (self.text, self.files) == (text, files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One dispute of a payment; amounts are in minor units of the payment's currency.

    `reference` is the provider's own id of it. `amount_minor` is what was put into reserve, and
    `claimed_minor` what the provider named: more than that, if there was not as much left.
    """

    id: str
    reference: str
    amount_minor: int
    claimed_minor: int
    reason: str
    opened_at: datetime
    evidence_due_at: datetime
    status: DisputeStatus = DisputeStatus.NEEDS_RESPONSE
    evidence: Evidence | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Not decided yet: its amount is in reserve."""
        return bool(DISPUTE_TRANSITIONS[self.status])

    @property
    def weighs(self) -> bool:
        """Whether its amount is not the merchant's to refund: in reserve, or lost."""
        return self.status is not DisputeStatus.WON

    @property
    def exceeds(self) -> bool:
        """Whether the provider claims more than the payment had left: somebody has to look."""
        return self.claimed_minor > self.amount_minor


PREFIX: Final = "dsp"


def dispute_id(payment_id: str, provider: str, reference: str) -> str:
    """The one id that this dispute of the provider can have; it names its payment."""
    return dispute_with(payment_id, own_part(derived_id("", provider, reference)))


def dispute_with(payment_id: str, own: str) -> str:
    """The id of the payment's dispute whose own characters are `own`."""
    return part_id(PREFIX, payment_id, own)
