"""`POST /api/v1/payments`: validate, create once, answer at once or when it is settled."""

from __future__ import annotations

from typing import Final

from payflow import wiring
from payflow.api.canonical import canonical_json
from payflow.api.headers import idempotency_key, preference_applied, preferred_wait_s
from payflow.api.requests import parse_create_payment
from payflow.aws.http import Request, Response, http_handler
from payflow.aws.observability import logger
from payflow.domain.errors import Unauthenticated
from payflow.domain.merchant import Merchant
from payflow.services.create_payment import CreateRequest

PATH: Final = "/api/v1/payments"


def create_payment(request: Request) -> Response:
    """201 with the payment; a replay gives the first answer's bytes and says so."""
    key = idempotency_key(request.headers)
    body = request.json()
    payment = parse_create_payment(body, wiring.clock().now())
    wait_s = preferred_wait_s(request.headers)
    answer = wiring.create_payment()(
        CreateRequest(
            merchant=_merchant(request),
            path=PATH,
            idempotency_key=key,
            canonical_body=canonical_json(body),
            payment=payment,
            wait_ms=wait_s * 1000 if wait_s else None,
        )
    )
    if not answer.workflow_started:
        logger().error("workflow not started", extra={"payment_id": answer.payment_id})
    replayed = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return Response(201, answer.body, preference_applied(wait_s) | replayed)


def _merchant(request: Request) -> Merchant:
    merchant = wiring.merchants().get(request.caller.merchant_id or "")
    if merchant is None:
        raise Unauthenticated("api_key_invalid", "The API key is unknown or revoked.")
    return merchant


handler = http_handler({f"POST {PATH}": create_payment}, identify=wiring.identify)
