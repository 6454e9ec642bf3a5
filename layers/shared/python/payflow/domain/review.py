"""What nobody could settle by asking: flagged for a person, and kept as the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReviewReason(StrEnum):
    """Why somebody has to look.

    `outcome_unknown`: the provider never said what became of a call. `not_reversed`: an approval
    that came too late could be neither voided nor refunded. `not_released`: an expired
    authorisation could not be voided. `late_success`: a capture or refund that was given up has
    happened after all.
    """

    OUTCOME_UNKNOWN = "outcome_unknown"
    NOT_REVERSED = "not_reversed"
    NOT_RELEASED = "not_released"
    LATE_SUCCESS = "late_success"


SETTLED_BY_PROVIDER = "provider"
"""The `resolved_by` of a review that ended because the provider answered after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One question to a person, with its answer once there is one.

    `instruction` is the position of the capture, cancellation or refund that it is about; None: the
    authorisation. `resolved_by` is the key of the operator, or `provider`.
    """

    reason: ReviewReason
    opened_at: datetime
    instruction: int | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str | None = None
    note: str | None = None

    @property
    def is_open(self) -> bool:
        """Nobody has answered yet."""
        return self.resolved_at is None
