"""Capture, cancel and refund a payment: validate, accept once, answer when the provider has."""

from __future__ import annotations

from typing import Any

from payflow import wiring
from payflow.api.canonical import canonical_json
from payflow.api.headers import idempotency_key, preference_applied, preferred_wait_s
from payflow.api.requests import parse_cancel, parse_capture, parse_refund
from payflow.aws.http import Request, Response, http_handler
from payflow.aws.observability import logger
from payflow.domain.instruction import InstructionKind
from payflow.services.instruct_payment import InstructRequest

WAIT_DEFAULT_S = 6
"""Providers mostly answer within a second; a refund behind others may take a few."""


def capture_payment(request: Request) -> Response:
    """200 with the payment; what was captured is in `amount_captured`."""
    body = _body(request)
    amount, final = parse_capture(body)
    return _answer(
        request, body, 200, kind=InstructionKind.CAPTURE, amount_minor=amount, final=final
    )


def cancel_payment(request: Request) -> Response:
    """200 with the payment, canceled unless the provider says otherwise."""
    body = _body(request)
    parse_cancel(body)
    return _answer(request, body, 200, kind=InstructionKind.VOID)


def refund_payment(request: Request) -> Response:
    """201 with the refund."""
    body = _body(request)
    amount, reason = parse_refund(body)
    return _answer(
        request, body, 201, kind=InstructionKind.REFUND, amount_minor=amount, reason=reason
    )


def _body(request: Request) -> dict[str, Any]:
    idempotency_key(request.headers)  # The first thing to be missed.
    return request.json() if request.body != b"" else {}


def _answer(request: Request, body: dict[str, Any], status: int, **asked: Any) -> Response:
    """The answer, which a replay gives byte for byte."""
    wait_s = preferred_wait_s(request.headers)
    wait_ms = (WAIT_DEFAULT_S if wait_s is None else wait_s) * 1000
    answer = wiring.instruct_payment()(
        InstructRequest(
            payment_id=request.path_params["id"],
            merchant_id=request.caller.merchant_id or "",
            path=request.path,
            idempotency_key=idempotency_key(request.headers),
            canonical_body=canonical_json(body),
            wait_ms=wait_ms or None,
            **asked,
        )
    )
    if not answer.workflow_started:
        logger().error("workflow not started", extra={"request_id": request.request_id})
    replayed = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return Response(status, answer.body, preference_applied(wait_s) | replayed)


handler = http_handler(
    {
        "POST /api/v1/payments/{id}/capture": capture_payment,
        "POST /api/v1/payments/{id}/cancel": cancel_payment,
        "POST /api/v1/payments/{id}/refund": refund_payment,
    },
    identify=wiring.identify,
)
