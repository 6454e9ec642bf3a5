"""What a provider asks of a customer, and the customer's answer.

The customer answers at the provider, not at PayFlow: a challenge page, a banking app. Where a
provider has a sandbox, its `CustomerDesk` (`payflow.domain.provider_ports`) stands in for both.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payflow.domain.payment import Payment


class CustomerDecision(StrEnum):
    """The customer's answer."""

    APPROVE = "approve"
    REJECT = "reject"


class Verdict(StrEnum):
    """What became of a decision. The first one wins, and none counts after the time is over.

    `REPEATED`: it is the same one again, by the same mark.
    """

    TAKEN = "taken"
    REPEATED = "repeated"
    DECIDED = "decided"
    EXPIRED = "expired"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Approval:
    """A question to a customer, until `expires_at`; `decision` is None while it is open.

    `mark` tells who decided, so that the same request can be known again.
    """

    expires_at: datetime
    decision: CustomerDecision | None = None
    mark: str | None = None

    def verdict(self, decision: CustomerDecision, mark: str, now: datetime) -> Verdict:
        """What becomes of `decision` by `mark` at `now`; `TAKEN` if it may be written down."""
        if self.decision is not None:
            repeated = (self.decision, self.mark) == (decision, mark)
            return Verdict.REPEATED if repeated else Verdict.DECIDED
        return Verdict.TAKEN if now < self.expires_at else Verdict.EXPIRED


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """What a customer is shown at `now`.

    `verdict` is what became of the decision that was made just now; None: none was.
    """

    payment: Payment
    merchant_name: str
    approval: Approval
    now: datetime
    verdict: Verdict | None = None

    @property
    def is_closed(self) -> bool:
        """The payment is over without the customer: canceled, or given up."""
        return self.payment.is_terminal and self.approval.decision is None


def approval_token(key: bytes, payment_id: str) -> str:
    """What proves that somebody was given the link to this payment's page: 256 bits, URL-safe."""
    digest = hmac.new(key, payment_id.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def approval_url(public_url: str, key: bytes, payment_id: str) -> str:
    """The link to the payment's page below `public_url`."""
    return f"{public_url.rstrip('/')}/approve/{payment_id}?t={approval_token(key, payment_id)}"
