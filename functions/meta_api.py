"""The service about itself, and the answer to whatever no route matches."""

from __future__ import annotations

from payflow import wiring
from payflow.aws.http import Request, Response, http_handler, json_response


def get_openapi(_request: Request) -> Response:
    """200 with the OpenAPI document, made from the code that is running."""
    from payflow.api.openapi import openapi_document

    return json_response(openapi_document())


def get_docs(_request: Request) -> Response:
    """200 with the same document as a page."""
    from payflow.api.docs_page import PAGE_POLICY, docs_page
    from payflow.api.openapi import openapi_document

    page = docs_page(openapi_document())
    return Response(200, page, {"Content-Security-Policy": PAGE_POLICY}, "text/html; charset=utf-8")


def get_health(_request: Request) -> Response:
    """200 with the state of each part, whatever that is."""
    return json_response(wiring.check_health()())


handler = http_handler(
    {
        "GET /api/v1/openapi.json": get_openapi,
        "GET /docs": get_docs,
        "GET /internal/health": get_health,
    },
    identify=wiring.identify,
)
