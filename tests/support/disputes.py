"""Disputes for tests: what a provider says of one, a desk and a sender that remember."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from payflow.domain.dispute import Evidence
from payflow.domain.errors import PayFlowError
from payflow.domain.payment import Payment, provider_key
from payflow.domain.provider_callback import CallbackType, DisputeNotice, ProviderCallback
from tests.support.builders import NOON, later

OPENED, WON, LOST = (
    CallbackType.DISPUTE_OPENED,
    CallbackType.DISPUTE_WON,
    CallbackType.DISPUTE_LOST,
)


def a_notice(amount_minor: int = 40_000, **changes: Any) -> DisputeNotice:
    """Fraud, to be answered within ten minutes."""
    notice = DisputeNotice(
        reference="dp_1",
        amount_minor=amount_minor,
        currency="INR",
        reason="fraudulent",
        evidence_due_at=later(600),
    )
    return replace(notice, **changes)


def a_callback(
    payment: Payment, kind: CallbackType = OPENED, notice: DisputeNotice | None = None, **more: Any
) -> ProviderCallback:
    """What provider A, which authorised, says of a dispute of `payment`."""
    callback = ProviderCallback(
        id=f"cb_{kind.value}",
        provider="A",
        type=kind,
        payment_id=payment.id,
        key=provider_key(payment.id, 1),
        occurred_at=NOON,
        dispute=notice or a_notice(),
    )
    return replace(callback, **more)


@dataclass
class RecordingDesk:
    """Takes evidence; `refusal` is raised instead as long as there is one."""

    taken: list[tuple[str, str, str, Evidence]] = field(default_factory=list)
    refusal: PayFlowError | None = None

    def submit(
        self, provider: str, dispute_reference: str, payment_id: str, evidence: Evidence
    ) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.taken.append((provider, dispute_reference, payment_id, evidence))
