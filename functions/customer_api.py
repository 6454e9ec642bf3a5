"""The customer's side: decide in the sandbox, by the API or on the hosted page."""

from __future__ import annotations

from payflow import wiring
from payflow.api.approval_page import PAGE_POLICY, approval_page, missing_page, parse_decision
from payflow.api.headers import idempotency_key, preference_applied, preferred_wait_s
from payflow.api.requests import parse_confirm
from payflow.aws.http import Request, Response, http_handler
from payflow.domain.errors import NotFound
from payflow.services.confirm_payment import ConfirmRequest, confirmation_mark

WAIT_DEFAULT_S = 6
"""The callback, the inquiry and the plan mostly take a second."""


def confirm_payment(request: Request) -> Response:
    """200 with the payment as it then is."""
    decision = parse_confirm(request.json() if request.body != b"" else {})
    wait_s = preferred_wait_s(request.headers)
    merchant_id = request.caller.merchant_id or ""
    # Without a key of its own, a request is another one each time that it is made.
    keyed = "idempotency-key" in request.headers
    key = idempotency_key(request.headers) if keyed else wiring.ids().fresh("once")
    body = wiring.confirm_payment()(
        ConfirmRequest(
            payment_id=request.path_params["id"],
            merchant_id=merchant_id,
            decision=decision,
            mark=confirmation_mark(merchant_id, request.path, key),
            wait_ms=(WAIT_DEFAULT_S if wait_s is None else wait_s) * 1000,
        )
    )
    return Response(200, body, preference_applied(wait_s))


def show_approval(request: Request) -> Response:
    """The page with the question: 200 while it is open, 409 decided, 410 too late, 404 no such."""
    payment_id, token = request.path_params["id"], request.query.get("t", "")
    try:
        return _page(*approval_page(wiring.show_approval().look(payment_id, token)))
    except NotFound:
        return _page(*missing_page())


def decide_approval(request: Request) -> Response:
    """The page after a button was pressed: 200 if that counts, else as `show_approval`."""
    payment_id, token = request.path_params["id"], request.query.get("t", "")
    decision = parse_decision(request.body)
    try:
        return _page(*approval_page(wiring.show_approval().decide(payment_id, token, decision)))
    except NotFound:
        return _page(*missing_page())


def _page(status: int, page: str) -> Response:
    headers = {"Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "no-referrer"}
    return Response(status, page, headers, "text/html; charset=utf-8")


handler = http_handler(
    {
        "POST /api/v1/payments/{id}/confirm": confirm_payment,
        "GET /approve/{id}": show_approval,
        "POST /approve/{id}": decide_approval,
    },
    identify=wiring.identify,
)
