"""What operators do: merchants, providers, routing."""

from __future__ import annotations

from typing import Final

from payflow.api.routes.route import PAGING, route

OPERATORS: Final = (
    route(
        "POST /internal/merchants",
        "merchants_api",
        "createMerchant",
        "Create a merchant with its first keys",
        tag="Merchants",
        auth="operator",
    ),
    route(
        "GET /internal/merchants",
        "merchants_api",
        "listMerchants",
        "List merchants, oldest first",
        tag="Merchants",
        auth="operator",
        query=PAGING,
    ),
    route(
        "GET /internal/merchants/{id}",
        "merchants_api",
        "getMerchant",
        "Get a merchant and its keys (by id and hint)",
        tag="Merchants",
        auth="operator",
    ),
    route(
        "PATCH /internal/merchants/{id}",
        "merchants_api",
        "updateMerchant",
        "Change a merchant's name or terms",
        tag="Merchants",
        auth="operator",
    ),
    route(
        "POST /internal/merchants/{id}/keys",
        "merchants_api",
        "createMerchantKey",
        "Issue one more key",
        tag="Merchants",
        auth="operator",
    ),
    route(
        "DELETE /internal/merchants/{id}/keys/{key_id}",
        "merchants_api",
        "revokeMerchantKey",
        "Revoke a key",
        tag="Merchants",
        auth="operator",
    ),
    route(
        "GET /internal/providers",
        "providers_api",
        "listProviders",
        "List providers with their health",
        tag="Providers",
        auth="operator",
    ),
    route(
        "GET /internal/providers/{id}",
        "providers_api",
        "getProvider",
        "Get a provider's configuration and health",
        tag="Providers",
        auth="operator",
    ),
    route(
        "PUT /internal/providers/{id}",
        "providers_api",
        "putProvider",
        "Replace a provider's configuration",
        tag="Providers",
        auth="operator",
    ),
    route(
        "PUT /internal/providers/{id}/faults",
        "providers_api",
        "putProviderFaults",
        "Break a provider on purpose",
        tag="Providers",
        auth="operator",
    ),
    route(
        "DELETE /internal/providers/{id}/faults",
        "providers_api",
        "deleteProviderFaults",
        "Mend a provider",
        tag="Providers",
        auth="operator",
    ),
    route(
        "POST /internal/providers/{id}/callback",
        "provider_callbacks_api",
        "receiveProviderCallback",
        "Take a provider's callback, signed by the Standard Webhooks scheme",
        tag="Providers",
        auth="none",
    ),
    route(
        "POST /internal/routing/explain",
        "providers_api",
        "explainRouting",
        "Explain where a payment would go, without making it",
        tag="Routing",
        auth="operator",
    ),
    route(
        "GET /internal/health",
        "meta_api",
        "getHealth",
        "Get the state of each part",
        tag="Service",
        auth="operator",
    ),
)
