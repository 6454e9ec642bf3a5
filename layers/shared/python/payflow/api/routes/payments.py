"""Payments, what is done to them, and card tokens."""

from __future__ import annotations

from typing import Final

from payflow.api.routes.route import PAGING, route

_PAYMENT_FILTERS: Final = (
    "status",
    "provider",
    "method",
    "reference",
    "created_from",
    "created_to",
)

PAYMENTS: Final = (
    route(
        "POST /api/v1/payments",
        "create_payment_api",
        "createPayment",
        "Create a payment",
        tag="Payments",
        idempotent=True,
    ),
    route(
        "GET /api/v1/payments",
        "payments_api",
        "listPayments",
        "List payments, newest first",
        tag="Payments",
        query=(*_PAYMENT_FILTERS, *PAGING),
    ),
    route(
        "GET /api/v1/payments/{id}",
        "payments_api",
        "getPayment",
        "Get a payment",
        tag="Payments",
    ),
    route(
        "GET /api/v1/payments/{id}/timeline",
        "payments_api",
        "getPaymentTimeline",
        "Get a payment's story, in order",
        tag="Payments",
    ),
    route(
        "POST /api/v1/payments/{id}/capture",
        "payment_actions_api",
        "capturePayment",
        "Capture all or a part of an authorised payment",
        tag="Payments",
        idempotent=True,
    ),
    route(
        "POST /api/v1/payments/{id}/cancel",
        "payment_actions_api",
        "cancelPayment",
        "Cancel a payment of which nothing has been captured",
        tag="Payments",
        idempotent=True,
    ),
    route(
        "POST /api/v1/payments/{id}/confirm",
        "customer_api",
        "confirmPayment",
        "Approve or reject in the customer's name (sandbox)",
        tag="Payments",
    ),
    route(
        "POST /api/v1/payments/{id}/refund",
        "payment_actions_api",
        "refundPayment",
        "Refund all or a part of what was captured",
        tag="Refunds",
        idempotent=True,
    ),
    route(
        "GET /api/v1/payments/{id}/refunds",
        "payments_api",
        "listRefunds",
        "List a payment's refunds, newest first",
        tag="Refunds",
    ),
    route(
        "GET /api/v1/refunds/{id}",
        "payments_api",
        "getRefund",
        "Get a refund",
        tag="Refunds",
    ),
    route(
        "POST /api/v1/tokens",
        "tokens_api",
        "createToken",
        "Tokenise a card",
        tag="Tokens",
        auth="publishable",
    ),
)
