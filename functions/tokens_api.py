"""`POST /api/v1/tokens`: a card into the vault, a token out."""

from __future__ import annotations

from payflow import wiring
from payflow.api.documents import token_document
from payflow.api.requests import parse_create_token
from payflow.aws.http import Request, Response, http_handler, json_response


def create_token(request: Request) -> Response:
    """201 with the token of the key's own merchant."""
    card = parse_create_token(request.json(), wiring.clock().now())
    token = wiring.create_token()(request.caller.owner, card)
    return json_response(token_document(token.card, token.fingerprint), status=201)


handler = http_handler({"POST /api/v1/tokens": create_token}, identify=wiring.identify)
