"""Payouts: one, a list; for operators also a run right now."""

from __future__ import annotations

from payflow import wiring
from payflow.api.documents import payout_document
from payflow.api.queries import parse_payout_filter, payout_cursor
from payflow.api.requests import parse_run_payouts
from payflow.aws.http import Request, Response, http_handler, json_response


def list_payouts(request: Request) -> Response:
    """200 with a page, newest first: the merchant's own, or all for an operator."""
    merchant_id = request.caller.merchant_id
    page = wiring.read_payouts().list(parse_payout_filter(request.query, merchant_id))
    next_cursor = payout_cursor(page, request.query, merchant_id)
    data = [payout_document(payout) for payout in page.payouts]
    return json_response({"data": data, "next_cursor": next_cursor})


def get_payout(request: Request) -> Response:
    """200 with the payout, 404 for none or another merchant's."""
    payout = wiring.read_payouts().get(request.path_params["id"], request.caller)
    return json_response(payout_document(payout))


def run_payouts(request: Request) -> Response:
    """201 with the payouts of the day, those of an earlier run too."""
    body = request.json() if request.body else {}
    merchant_id, day = parse_run_payouts(body, wiring.clock().now().date())
    payouts = wiring.pay_out_merchants()(merchant_id=merchant_id, day=day)
    return json_response({"data": [payout_document(one) for one in payouts]}, status=201)


handler = http_handler(
    {
        "GET /api/v1/payouts": list_payouts,
        "GET /api/v1/payouts/{id}": get_payout,
        "POST /internal/payouts": run_payouts,
    },
    identify=wiring.identify,
)
