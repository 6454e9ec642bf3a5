"""Customers' wallets: open one, pay money in, look at it."""

from __future__ import annotations

from typing import Any

from payflow import wiring
from payflow.api.canonical import canonical_json
from payflow.api.headers import idempotency_key
from payflow.api.requests import parse_create_wallet, parse_top_up_wallet
from payflow.aws.http import Request, Response, http_handler, json_response
from payflow.domain.wallet_document import wallet_document
from payflow.services.manage_wallets import WalletAnswer, WalletClaim


def create_wallet(request: Request) -> Response:
    """201 with the new wallet, empty."""
    key, body = idempotency_key(request.headers), request.json()
    customer_id, currency = parse_create_wallet(body)
    claim = _claim(request, key, body)
    return _created(wiring.manage_wallets().create(claim, customer_id, currency))


def top_up_wallet(request: Request) -> Response:
    """201 with the wallet as it is then; 404 for none or another merchant's."""
    key, body = idempotency_key(request.headers), request.json()
    amount_minor = parse_top_up_wallet(body)
    claim = _claim(request, key, body)
    answer = wiring.manage_wallets().top_up(claim, request.path_params["id"], amount_minor)
    return _created(answer)


def get_wallet(request: Request) -> Response:
    """200 with the wallet, 404 for none or another merchant's."""
    wallet = wiring.manage_wallets().get(request.path_params["id"], request.caller)
    return json_response(wallet_document(wallet))


def _claim(request: Request, key: str, body: dict[str, Any]) -> WalletClaim:
    return WalletClaim(
        merchant_id=request.caller.owner,
        path=request.path,
        idempotency_key=key,
        canonical_body=canonical_json(body),
    )


def _created(answer: WalletAnswer) -> Response:
    """201; a replay gives the first answer's bytes and says so."""
    replayed = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return Response(201, answer.body, replayed)


handler = http_handler(
    {
        "POST /api/v1/wallets": create_wallet,
        "POST /api/v1/wallets/{id}/topup": top_up_wallet,
        "GET /api/v1/wallets/{id}": get_wallet,
    },
    identify=wiring.identify,
)
