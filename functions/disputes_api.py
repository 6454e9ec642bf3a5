"""Read disputes: one, a list."""

from __future__ import annotations

from payflow import wiring
from payflow.api.documents import dispute_document
from payflow.api.queries import dispute_cursor, parse_dispute_filter
from payflow.aws.http import Request, Response, http_handler, json_response


def list_disputes(request: Request) -> Response:
    """200 with a page, newest first: the merchant's own, or all for an operator."""
    merchant_id = request.caller.merchant_id
    page = wiring.read_disputes().list(parse_dispute_filter(request.query, merchant_id))
    next_cursor = dispute_cursor(page, request.query, merchant_id)
    data = [dispute_document(payment, dispute) for payment, dispute in page.disputes]
    return json_response({"data": data, "next_cursor": next_cursor})


def get_dispute(request: Request) -> Response:
    """200 with the dispute, 404 for none or another merchant's."""
    payment, dispute = wiring.read_disputes().get(request.path_params["id"], request.caller)
    return json_response(dispute_document(payment, dispute))


handler = http_handler(
    {"GET /api/v1/disputes": list_disputes, "GET /api/v1/disputes/{id}": get_dispute},
    identify=wiring.identify,
)
