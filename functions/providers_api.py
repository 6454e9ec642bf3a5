"""Operators and providers: look at them, configure, break and mend them, explain routing."""

from __future__ import annotations

from payflow import wiring
from payflow.api.requests import parse_create_payment
from payflow.aws.http import Request, Response, http_handler, json_response


def list_providers(_request: Request) -> Response:
    """200 with every provider's configuration, health and faults."""
    return json_response({"data": wiring.manage_providers().list()})


def get_provider(request: Request) -> Response:
    """200 with one provider's configuration, health and faults."""
    return json_response(wiring.manage_providers().get(request.path_params["id"]))


def put_provider(request: Request) -> Response:
    """200 with the provider as configured from now on."""
    providers = wiring.manage_providers()
    return json_response(providers.put(request.path_params["id"], request.json()))


def put_faults(request: Request) -> Response:
    """200 with the provider as it is broken from now on."""
    providers = wiring.manage_providers()
    return json_response(providers.put_faults(request.path_params["id"], request.json()))


def delete_faults(request: Request) -> Response:
    """200 with the provider, mended."""
    return json_response(wiring.manage_providers().delete_faults(request.path_params["id"]))


def explain_routing(request: Request) -> Response:
    """200 with the decision for such a payment; nothing is made or stored."""
    wanted = parse_create_payment(request.json(), wiring.clock().now())
    return json_response(wiring.explain_routing()(wanted))


handler = http_handler(
    {
        "GET /internal/providers": list_providers,
        "GET /internal/providers/{id}": get_provider,
        "PUT /internal/providers/{id}": put_provider,
        "PUT /internal/providers/{id}/faults": put_faults,
        "DELETE /internal/providers/{id}/faults": delete_faults,
        "POST /internal/routing/explain": explain_routing,
    },
    identify=wiring.identify,
)
