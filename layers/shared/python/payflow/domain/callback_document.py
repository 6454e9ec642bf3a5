"""A provider's callback as JSON: on the wire, and in the queues on both sides of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow.domain.outcomes import Outcome
from payflow.domain.provider_callback import CallbackType, DisputeNotice, ProviderCallback
from payflow.domain.timestamps import parse_rfc3339, rfc3339

Document = dict[str, Any]


def callback_body(callback: ProviderCallback) -> Document:
    """What is sent: its id is the message's own, and its provider the one that is called for."""
    dispute = callback.dispute
    return {
        "type": callback.type.value,
        "payment_id": callback.payment_id,
        "key": callback.key,
        "occurred_at": rfc3339(callback.occurred_at),
        "outcome": callback.outcome.value if callback.outcome else None,
        "provider_reference": callback.provider_reference,
        "dispute": _dispute_document(dispute) if dispute else None,
    }


def callback_from_body(
    body: Mapping[str, Any], *, message_id: str, provider: str
) -> ProviderCallback:
    """The callback that `callback_body` wrote down; raises `ValueError` for an impossible time."""
    outcome, dispute = body.get("outcome"), body.get("dispute")
    return ProviderCallback(
        id=message_id,
        provider=provider,
        type=CallbackType(body["type"]),
        payment_id=body["payment_id"],
        key=body["key"],
        occurred_at=parse_rfc3339(body["occurred_at"]),
        outcome=Outcome(outcome) if outcome else None,
        provider_reference=body.get("provider_reference"),
        dispute=_dispute(dispute) if dispute else None,
    )


def callback_to_document(callback: ProviderCallback) -> Document:
    """All of `callback`, for a queue."""
    return {"id": callback.id, "provider": callback.provider, **callback_body(callback)}


def callback_from_document(document: Mapping[str, Any]) -> ProviderCallback:
    """The callback that `callback_to_document` wrote down."""
    return callback_from_body(document, message_id=document["id"], provider=document["provider"])


def _dispute_document(dispute: DisputeNotice) -> Document:
    return {
        "reference": dispute.reference,
        "amount": dispute.amount_minor,
        "currency": dispute.currency,
        "reason": dispute.reason,
        "evidence_due_at": rfc3339(dispute.evidence_due_at),
    }


def _dispute(document: Mapping[str, Any]) -> DisputeNotice:
    return DisputeNotice(
        reference=document["reference"],
        amount_minor=document["amount"],
        currency=document["currency"],
        reason=document["reason"],
        evidence_due_at=parse_rfc3339(document["evidence_due_at"]),
    )
