"""About the service itself; open to everybody."""

from __future__ import annotations

from typing import Final

from payflow.api.routes.route import route

SERVICE: Final = (
    route(
        "GET /api/v1/openapi.json",
        "meta_api",
        "getOpenApi",
        "Get this document",
        tag="Service",
        auth="none",
    ),
    route(
        "GET /approve/{id}",
        "customer_api",
        "showApproval",
        "Show a customer what is to be approved",
        tag="Customer's page",
        auth="none",
        query=("t",),
    ),
    route(
        "POST /approve/{id}",
        "customer_api",
        "decideApproval",
        "Take the customer's decision",
        tag="Customer's page",
        auth="none",
        query=("t",),
    ),
    route(
        "GET /docs",
        "meta_api",
        "getDocs",
        "Read this document as a page",
        tag="Service",
        auth="none",
    ),
)
