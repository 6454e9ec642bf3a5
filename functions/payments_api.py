"""Read payments and refunds: one, a list, the story of one."""

from __future__ import annotations

from payflow import wiring
from payflow.api.queries import parse_payment_filter, payment_cursor
from payflow.aws.http import Request, Response, http_handler, json_response
from payflow.domain.representation import payment_document, refund_document
from payflow.domain.timeline import timeline_document


def list_payments(request: Request) -> Response:
    """200 with a page, newest first: the merchant's own, or all for an operator."""
    merchant_id = request.caller.merchant_id
    page = wiring.read_payments().list(parse_payment_filter(request.query, merchant_id))
    next_cursor = payment_cursor(page, request.query, merchant_id)
    data = [payment_document(payment) for payment in page.payments]
    return json_response({"data": data, "next_cursor": next_cursor})


def get_payment(request: Request) -> Response:
    """200 with the payment, 404 for none or another merchant's."""
    payment = wiring.read_payments().get(request.path_params["id"], request.caller)
    return json_response(payment_document(payment))


def get_timeline(request: Request) -> Response:
    """200 with what happened to the payment, oldest first; 404 as for the payment."""
    payment = wiring.read_payments().get(request.path_params["id"], request.caller)
    return json_response(timeline_document(payment))


def list_refunds(request: Request) -> Response:
    """200 with the payment's refunds, newest first; 404 as for the payment."""
    payment, refunds = wiring.read_refunds().list(request.path_params["id"], request.caller)
    return json_response({"data": [refund_document(payment, refund) for refund in refunds]})


def get_refund(request: Request) -> Response:
    """200 with the refund, 404 for none or another merchant's."""
    payment, refund = wiring.read_refunds().get(request.path_params["id"], request.caller)
    return json_response(refund_document(payment, refund))


handler = http_handler(
    {
        "GET /api/v1/payments": list_payments,
        "GET /api/v1/payments/{id}": get_payment,
        "GET /api/v1/payments/{id}/timeline": get_timeline,
        "GET /api/v1/payments/{id}/refunds": list_refunds,
        "GET /api/v1/refunds/{id}": get_refund,
    },
    identify=wiring.identify,
)
