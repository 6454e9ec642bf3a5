"""Customers' wallets."""

from __future__ import annotations

from typing import Final

from payflow.api.routes.route import route

WALLETS: Final = (
    route(
        "POST /api/v1/wallets",
        "wallets_api",
        "createWallet",
        "Open a wallet for a customer",
        tag="Wallets",
        idempotent=True,
        at_once=True,
    ),
    route(
        "POST /api/v1/wallets/{id}/topup",
        "wallets_api",
        "topUpWallet",
        "Pay money into a wallet",
        tag="Wallets",
        idempotent=True,
        at_once=True,
    ),
    route(
        "GET /api/v1/wallets/{id}",
        "wallets_api",
        "getWallet",
        "Get a wallet with its balance and holds",
        tag="Wallets",
    ),
)
