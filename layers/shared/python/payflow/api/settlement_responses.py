"""What answers about disputes and payouts look like; see `payflow.api.responses`."""

from __future__ import annotations

from typing import Final

from payflow.api.json_schema import Schema
from payflow.api.response_parts import TEXT, TIME, answer_object, choice, list_of, nullable, page_of
from payflow.api.schemas import CURRENCY, reference
from payflow.domain.dispute import DisputeStatus

_DISPUTE: Final = answer_object(
    id=TEXT,
    object=choice("dispute"),
    payment_id=TEXT,
    merchant_id=TEXT,
    provider=TEXT,
    provider_reference=TEXT,
    amount={"type": "integer", "minimum": 0, "description": "In reserve or lost, minor units"},
    amount_claimed={
        "type": "integer",
        "description": "What the provider claims; more than `amount` if there was not as much left",
    },
    currency=CURRENCY,
    status=choice(*DisputeStatus),
    reason=TEXT,
    evidence_due_at=TIME,
    evidence=nullable(answer_object(text=TEXT, files=list_of(TEXT), submitted_at=TIME)),
    created_at=TIME,
    closed_at=nullable(TIME),
)

_PAYOUT: Final = answer_object(
    id=TEXT,
    object=choice("payout"),
    merchant_id=TEXT,
    amount={"type": "integer", "minimum": 1, "description": "Minor units"},
    currency=CURRENCY,
    status=choice("paid"),
    date={"type": "string", "format": "date"},
    carried={"type": "integer", "description": "Owed beyond it and paid later, in minor units"},
    created_at=TIME,
)

SETTLEMENT_SCHEMAS: Final[dict[str, Schema]] = {
    "Dispute": _DISPUTE,
    "DisputePage": page_of("Dispute"),
    "Payout": _PAYOUT,
    "PayoutPage": page_of("Payout"),
    "PayoutList": answer_object(data=list_of(reference("Payout"))),
}

SETTLEMENT_RESPONSE_OF: Final[dict[str, tuple[int, str]]] = {
    "listDisputes": (200, "DisputePage"),
    "getDispute": (200, "Dispute"),
    "submitDisputeEvidence": (200, "Dispute"),
    "listPayouts": (200, "PayoutPage"),
    "getPayout": (200, "Payout"),
    "runPayouts": (201, "PayoutList"),
}
