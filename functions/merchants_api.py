"""Operators and merchants: create, look up, change terms, issue and revoke keys."""

from __future__ import annotations

from payflow import wiring
from payflow.api import documents, requests
from payflow.api.queries import merchant_page
from payflow.aws.http import Request, Response, http_handler, json_response


def create_merchant(request: Request) -> Response:
    """201 with the merchant and the text of its first keys, shown this once."""
    name, terms = requests.parse_create_merchant(request.json())
    created = wiring.manage_merchants().create(name, terms)
    return json_response(documents.new_merchant_document(created), status=201)


def list_merchants(request: Request) -> Response:
    """200 with a page, oldest first."""
    page, next_cursor = merchant_page(wiring.manage_merchants().list(), request.query)
    data = [documents.merchant_document(merchant) for merchant in page]
    return json_response({"data": data, "next_cursor": next_cursor})


def get_merchant(request: Request) -> Response:
    """200 with the merchant and its keys by id and hint."""
    manage, merchant_id = wiring.manage_merchants(), request.path_params["id"]
    merchant = manage.get(merchant_id)
    return json_response(documents.merchant_with_keys(merchant, manage.keys(merchant_id)))


def update_merchant(request: Request) -> Response:
    """200 with the merchant as changed."""
    terms = requests.parse_update_merchant(request.json())
    changed = wiring.manage_merchants().update(request.path_params["id"], terms)
    return json_response(documents.merchant_document(changed))


def create_key(request: Request) -> Response:
    """201 with the key and its text, shown this once."""
    principal = requests.parse_create_key(request.json() if request.body else {})
    issued = wiring.manage_merchants().issue_key(request.path_params["id"], principal)
    return json_response(documents.issued_key_document(issued), status=201)


def revoke_key(request: Request) -> Response:
    """200 with the key, which stops working within 5 s."""
    path = request.path_params
    return json_response(
        documents.key_document(wiring.manage_merchants().revoke_key(path["id"], path["key_id"]))
    )


handler = http_handler(
    {
        "POST /internal/merchants": create_merchant,
        "GET /internal/merchants": list_merchants,
        "GET /internal/merchants/{id}": get_merchant,
        "PATCH /internal/merchants/{id}": update_merchant,
        "POST /internal/merchants/{id}/keys": create_key,
        "DELETE /internal/merchants/{id}/keys/{key_id}": revoke_key,
    },
    identify=wiring.identify,
)
