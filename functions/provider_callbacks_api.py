"""`POST /internal/providers/{id}/callback`: a signed callback into the inbox, and nothing more."""

from __future__ import annotations

from payflow import wiring
from payflow.api.requests import parse_provider_callback
from payflow.aws.http import Request, Response, http_handler, json_response


def receive_callback(request: Request) -> Response:
    """202 once it is kept; 401 unless the provider has signed these very bytes just now."""
    provider, accept = request.path_params["id"], wiring.accept_callback()
    message_id = accept.authenticate(provider, request.headers, request.body)
    callback = parse_provider_callback(request.json(), message_id=message_id, provider=provider)
    accept(callback)
    return json_response({"id": message_id}, status=202)


handler = http_handler(
    {"POST /internal/providers/{id}/callback": receive_callback}, identify=wiring.identify
)
