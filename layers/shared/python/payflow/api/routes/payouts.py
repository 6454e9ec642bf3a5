"""Payouts to merchants, made daily or when an operator asks."""

from __future__ import annotations

from typing import Final

from payflow.api.routes.route import PAGING, route

PAYOUTS: Final = (
    route(
        "GET /api/v1/payouts",
        "payouts_api",
        "listPayouts",
        "List payouts, newest first",
        tag="Payouts",
        query=PAGING,
    ),
    route(
        "GET /api/v1/payouts/{id}",
        "payouts_api",
        "getPayout",
        "Get a payout",
        tag="Payouts",
    ),
    # Not `idempotent`: merchant, currency and day are the key, and are paid once.
    route(
        "POST /internal/payouts",
        "payouts_api",
        "runPayouts",
        "Pay out what is available, one merchant or all",
        tag="Payouts",
        auth="operator",
    ),
)
