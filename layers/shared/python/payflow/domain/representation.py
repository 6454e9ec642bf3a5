"""The public JSON of a payment, as the HTTP contract names its fields."""

from __future__ import annotations

from typing import Any

from payflow.domain.conversion import settlement_of
from payflow.domain.fx import Quote
from payflow.domain.instruction import Instruction
from payflow.domain.method import CardMethod, Method, UpiMethod
from payflow.domain.payment import Attempt, Customer, Failure, Payment, Status
from payflow.domain.routing.model import RoutingDecision
from payflow.domain.timestamps import rfc3339

Document = dict[str, Any]


def payment_document(payment: Payment) -> Document:
    """What `GET /api/v1/payments/{id}` answers; amounts in minor units, times in RFC 3339."""
    return {
        "id": payment.id,
        "object": "payment",
        "merchant_id": payment.merchant_id,
        "status": payment.status.value,
        "amount": payment.amount.minor,
        "currency": payment.amount.currency,
        "amount_authorized": payment.amount_authorized,
        "amount_captured": payment.amount_captured,
        "amount_refunded": payment.amount_refunded,
        "capture_method": payment.capture_method.value,
        "method": method_document(payment.method),
        "provider": payment.provider,
        "reference": payment.reference,
        "description": payment.description,
        "customer": _customer(payment.customer),
        "metadata": dict(payment.metadata),
        "attempts": _attempts(payment),
        "failure": _failure(payment.failure),
        "next_action": _next_action(payment),
        "risk": {"decision": payment.risk.decision, "score": payment.risk.score},
        "fees": {
            "provider": payment.fees.provider_minor,
            "platform": payment.fees.platform_minor,
        },
        "settlement_currency": payment.settlement_currency,
        "fx": _fx(payment),
        "created_at": rfc3339(payment.created_at),
        "updated_at": rfc3339(payment.updated_at),
        "version": payment.version,
    }


def refund_document(payment: Payment, refund: Instruction) -> Document:
    """What `GET /api/v1/refunds/{id}` answers: a function of the refund alone."""
    return {
        "id": refund.id,
        "object": "refund",
        "payment_id": payment.id,
        "merchant_id": payment.merchant_id,
        "amount": refund.amount_minor,
        "currency": payment.amount.currency,
        "status": refund.status.value,
        "reason": refund.reason,
        "failure": _failure(refund.failure),
        "created_at": rfc3339(refund.created_at),
        "updated_at": rfc3339(refund.settled_at or refund.created_at),
    }


def review_document(payment: Payment) -> Document:
    """What `GET /internal/reviews` shows of a payment that waits for a person."""
    review = payment.open_review
    assert review is not None  # only such payments are shown
    position = review.instruction
    operation = payment.instructions[position - 1].id if position is not None else None
    return {
        "payment_id": payment.id,
        "merchant_id": payment.merchant_id,
        "status": payment.status.value,
        "amount": payment.amount.minor,
        "currency": payment.amount.currency,
        "provider": payment.provider,
        "reason": review.reason.value,
        "operation_id": operation,
        "opened_at": rfc3339(review.opened_at),
    }


def method_document(method: Method) -> Document:
    """The method as a merchant may see it: a card by its brand, last digits and token."""
    if isinstance(method, CardMethod):
        card = {
            "brand": method.brand,
            "last4": method.last4,
            "exp_month": method.exp_month,
            "exp_year": method.exp_year,
            "token": method.token,
        }
        return {"type": "card", "card": card}
    if isinstance(method, UpiMethod):
        return {"type": "upi", "upi": {"vpa": method.vpa, "flow": method.flow.value}}
    return {"type": "wallet", "wallet": {"wallet_id": method.wallet_id}}


def attempt_document(attempt: Attempt) -> Document:
    """One attempt; `outcome` is null while the call may be in the air."""
    return {
        "id": attempt.id,
        "number": attempt.number,
        "operation": attempt.operation.value,
        "provider": attempt.provider,
        "outcome": attempt.outcome.value if attempt.outcome else None,
        "code": attempt.code,
        "category": attempt.category.value if attempt.category else None,
        "provider_code": attempt.provider_code,
        "provider_reference": attempt.provider_reference,
        "started_at": rfc3339(attempt.started_at),
        "latency_ms": attempt.latency_ms,
    }


def decision_document(decision: RoutingDecision) -> Document:
    """A routing decision with all its reasons."""
    return {
        "strategy": decision.strategy,
        "candidates": [
            {"provider": one.provider, "score": one.score, "reasons": list(one.reasons)}
            for one in decision.candidates
        ],
        "excluded": [{"provider": one.provider, "reason": one.reason} for one in decision.excluded],
    }


def quote_document(quote: Quote) -> Document:
    """The terms of a conversion; the rate is between major units, `to` for one `from`."""
    rate = quote.major_rate
    return {
        "from": quote.source_currency,
        "to": quote.target_currency,
        "rate": {
            "numerator": rate.numerator,
            "denominator": rate.denominator,
            "decimal": rate.decimal(),
        },
        "spread_bps": quote.spread_bps,
        "source": quote.rate_source,
        "as_of": rfc3339(quote.as_of),
        "quoted_at": rfc3339(quote.quoted_at),
        "expires_at": rfc3339(quote.expires_at),
    }


def _fx(payment: Payment) -> Document | None:
    """The terms, and what was converted so far in minor units of `to`."""
    if payment.fx is None:
        return None
    settlement = settlement_of(payment, payment.fx)
    return {
        **quote_document(payment.fx),
        "amount_settled": settlement.credited_minor,
        "spread": settlement.spread_minor,
        "amount_refunded": settlement.returned_minor,
    }


def _attempts(payment: Payment) -> list[Document]:
    # While pending, an attempt is planned but no call is known to have been made.
    if payment.status is Status.PENDING:
        return []
    return [attempt_document(attempt) for attempt in payment.attempts]


def _customer(customer: Customer | None) -> Document | None:
    if customer is None:
        return None
    return {
        "id": customer.id,
        "email": customer.email,
        "ip": customer.ip,
        "country": customer.country,
    }


def _failure(failure: Failure | None) -> Document | None:
    if failure is None:
        return None
    return {
        "code": failure.code,
        "category": failure.category.value,
        "message": failure.message,
        "provider_code": failure.provider_code,
    }


def _next_action(payment: Payment) -> Document | None:
    action = payment.next_action
    if action is None or payment.status is not Status.REQUIRES_ACTION:
        return None
    document: Document = {"type": action.type.value}
    if action.url is not None:
        key = "uri" if action.type.value == "upi_intent" else "url"
        document[key] = action.url
    if action.expires_at is not None:
        document["expires_at"] = rfc3339(action.expires_at)
    return document
