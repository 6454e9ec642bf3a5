"""How payments and disputes are listed: what is wanted, and a page of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from payflow.domain.dispute import Dispute, DisputeStatus
from payflow.domain.method import MethodType
from payflow.domain.payment import Payment, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFilter:
    """Which payments, newest first. `merchant_id` None means all merchants (operators only).

    `after` is the position behind which the page begins, as an earlier page gave it. The bounds on
    the time of creation are inclusive, both.
    """

    merchant_id: str | None
    limit: int
    after: str | None = None
    status: Status | None = None
    provider: str | None = None
    method: MethodType | None = None
    reference: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None

    def accepts(self, payment: Payment) -> bool:
        """Whether `payment` has the wanted status, provider, method and reference."""
        return (
            (self.status is None or payment.status is self.status)
            and (self.provider is None or payment.provider == self.provider)
            and (self.method is None or payment.method.type is self.method)
            and (self.reference is None or payment.reference == self.reference)
        )


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """Payments newest first, and where the next page begins (None: there is none)."""

    payments: tuple[Payment, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFilter:
    """Which disputes, newest first. `merchant_id` None means all merchants (operators only).

    `after` is the position behind which the page begins, as an earlier page gave it.
    """

    merchant_id: str | None
    limit: int
    after: str | None = None
    status: DisputeStatus | None = None

    def accepts(self, dispute: Dispute) -> bool:
        """Whether `dispute` has the wanted status."""
        return self.status is None or dispute.status is self.status


@dataclass(frozen=True, slots=True)
class DisputePage:
    """Disputes with their payments, and where the next page begins (None: there is none)."""

    disputes: tuple[tuple[Payment, Dispute], ...]
    next_after: str | None
