"""Operators: payments that need a person, and what that person decides."""

from __future__ import annotations

from payflow import wiring
from payflow.api.requests import parse_resolution
from payflow.aws.http import Request, Response, http_handler, json_response
from payflow.aws.observability import logger
from payflow.domain.representation import payment_document, review_document


def list_reviews(_request: Request) -> Response:
    """200 with the payments that wait for a person, the longest waiting first."""
    found = wiring.review_payments().list()
    return json_response({"data": [review_document(payment) for payment in found]})


def resolve_review(request: Request) -> Response:
    """200 with the payment as it goes on; 409 if nothing waits for a person."""
    decision = parse_resolution(request.json(), request.caller.key_id)
    payment = wiring.review_payments().resolve(request.path_params["id"], decision)
    logger().warning(
        "review resolved",
        extra={
            "payment_id": payment.id,
            "resolution": decision.resolution.value,
            "key_id": decision.by,
        },
    )
    return json_response(payment_document(payment))


handler = http_handler(
    {
        "GET /internal/reviews": list_reviews,
        "POST /internal/payments/{id}/resolve": resolve_review,
    },
    identify=wiring.identify,
)
