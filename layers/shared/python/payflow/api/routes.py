"""Every HTTP route in one table: API Gateway, access checks and the OpenAPI document read it.

Standard library only, so that the infrastructure can import it without the application's packages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

Auth = Literal["merchant", "publishable", "operator", "none"]
"""Which key a route takes.

`merchant`: a merchant's secret key, or for GET an operator key, read-only across merchants.
`publishable`: a merchant's secret or publishable key. `operator`: an operator key alone.
"""

PAGING: Final = ("limit", "cursor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method on one path, the function that serves it, and who may call it.

    `query` lists the query parameters that are known; any other is refused. `idempotent` routes
    require an `Idempotency-Key`.
    """

    method: str
    path: str
    function: str
    operation_id: str
    summary: str
    tag: str
    auth: Auth = "merchant"
    query: tuple[str, ...] = ()
    idempotent: bool = False

    @property
    def key(self) -> str:
        """`METHOD /path/{id}`, as API Gateway names a route."""
        return f"{self.method} {self.path}"


def _route(
    key: str,
    function: str,
    operation_id: str,
    summary: str,
    *,
    tag: str,
    auth: Auth = "merchant",
    query: tuple[str, ...] = (),
    idempotent: bool = False,
) -> Route:
    method, path = key.split(" ")
    return Route(
        method=method,
        path=path,
        function=function,
        operation_id=operation_id,
        summary=summary,
        tag=tag,
        auth=auth,
        query=query,
        idempotent=idempotent,
    )


_PAYMENT_FILTERS: Final = (
    "status",
    "provider",
    "method",
    "reference",
    "created_from",
    "created_to",
)

_PAYMENTS: Final = (
    _route(
        "POST /api/v1/payments",
        "create_payment_api",
        "createPayment",
        "Create a payment",
        tag="Payments",
        idempotent=True,
    ),
    _route(
        "GET /api/v1/payments",
        "payments_api",
        "listPayments",
        "List payments, newest first",
        tag="Payments",
        query=(*_PAYMENT_FILTERS, *PAGING),
    ),
    _route(
        "GET /api/v1/payments/{id}",
        "payments_api",
        "getPayment",
        "Get a payment",
        tag="Payments",
    ),
    _route(
        "GET /api/v1/payments/{id}/timeline",
        "payments_api",
        "getPaymentTimeline",
        "Get a payment's story, in order",
        tag="Payments",
    ),
    _route(
        "POST /api/v1/payments/{id}/capture",
        "payment_actions_api",
        "capturePayment",
        "Capture all or a part of an authorised payment",
        tag="Payments",
        idempotent=True,
    ),
    _route(
        "POST /api/v1/payments/{id}/cancel",
        "payment_actions_api",
        "cancelPayment",
        "Cancel a payment of which nothing has been captured",
        tag="Payments",
        idempotent=True,
    ),
    _route(
        "POST /api/v1/payments/{id}/refund",
        "payment_actions_api",
        "refundPayment",
        "Refund all or a part of what was captured",
        tag="Refunds",
        idempotent=True,
    ),
    _route(
        "GET /api/v1/payments/{id}/refunds",
        "payments_api",
        "listRefunds",
        "List a payment's refunds, newest first",
        tag="Refunds",
    ),
    _route(
        "GET /api/v1/refunds/{id}",
        "payments_api",
        "getRefund",
        "Get a refund",
        tag="Refunds",
    ),
    _route(
        "POST /api/v1/tokens",
        "tokens_api",
        "createToken",
        "Tokenise a card",
        tag="Tokens",
        auth="publishable",
    ),
)

_LEDGER: Final = (
    _route(
        "GET /api/v1/ledger/accounts",
        "ledger_api",
        "listLedgerAccounts",
        "List ledger accounts",
        tag="Ledger",
    ),
    _route(
        "GET /api/v1/ledger/accounts/{id}",
        "ledger_api",
        "getLedgerAccount",
        "Get a ledger account with its sums",
        tag="Ledger",
    ),
    _route(
        "GET /api/v1/ledger/accounts/{id}/entries",
        "ledger_api",
        "listLedgerEntries",
        "List an account's entries, newest first",
        tag="Ledger",
        query=PAGING,
    ),
    _route(
        "GET /api/v1/ledger/trial-balance",
        "ledger_api",
        "getTrialBalance",
        "Get the trial balance",
        tag="Ledger",
    ),
    _route(
        "GET /api/v1/balance",
        "ledger_api",
        "getBalance",
        "Get what is owed to the merchant, by currency",
        tag="Ledger",
    ),
)

_OPERATORS: Final = (
    _route(
        "POST /internal/merchants",
        "merchants_api",
        "createMerchant",
        "Create a merchant with its first keys",
        tag="Merchants",
        auth="operator",
    ),
    _route(
        "GET /internal/merchants",
        "merchants_api",
        "listMerchants",
        "List merchants, oldest first",
        tag="Merchants",
        auth="operator",
        query=PAGING,
    ),
    _route(
        "GET /internal/merchants/{id}",
        "merchants_api",
        "getMerchant",
        "Get a merchant and its keys (by id and hint)",
        tag="Merchants",
        auth="operator",
    ),
    _route(
        "PATCH /internal/merchants/{id}",
        "merchants_api",
        "updateMerchant",
        "Change a merchant's name or terms",
        tag="Merchants",
        auth="operator",
    ),
    _route(
        "POST /internal/merchants/{id}/keys",
        "merchants_api",
        "createMerchantKey",
        "Issue one more key",
        tag="Merchants",
        auth="operator",
    ),
    _route(
        "DELETE /internal/merchants/{id}/keys/{key_id}",
        "merchants_api",
        "revokeMerchantKey",
        "Revoke a key",
        tag="Merchants",
        auth="operator",
    ),
    _route(
        "GET /internal/providers",
        "providers_api",
        "listProviders",
        "List providers with their health",
        tag="Providers",
        auth="operator",
    ),
    _route(
        "GET /internal/providers/{id}",
        "providers_api",
        "getProvider",
        "Get a provider's configuration and health",
        tag="Providers",
        auth="operator",
    ),
    _route(
        "PUT /internal/providers/{id}",
        "providers_api",
        "putProvider",
        "Replace a provider's configuration",
        tag="Providers",
        auth="operator",
    ),
    _route(
        "PUT /internal/providers/{id}/faults",
        "providers_api",
        "putProviderFaults",
        "Break a provider on purpose",
        tag="Providers",
        auth="operator",
    ),
    _route(
        "DELETE /internal/providers/{id}/faults",
        "providers_api",
        "deleteProviderFaults",
        "Mend a provider",
        tag="Providers",
        auth="operator",
    ),
    _route(
        "POST /internal/routing/explain",
        "providers_api",
        "explainRouting",
        "Explain where a payment would go, without making it",
        tag="Routing",
        auth="operator",
    ),
    _route(
        "GET /internal/health",
        "meta_api",
        "getHealth",
        "Get the state of each part",
        tag="Service",
        auth="operator",
    ),
)

_SERVICE: Final = (
    _route(
        "GET /api/v1/openapi.json",
        "meta_api",
        "getOpenApi",
        "Get this document",
        tag="Service",
        auth="none",
    ),
    _route(
        "GET /docs",
        "meta_api",
        "getDocs",
        "Read this document as a page",
        tag="Service",
        auth="none",
    ),
)

ROUTES: Final[tuple[Route, ...]] = (*_PAYMENTS, *_LEDGER, *_OPERATORS, *_SERVICE)


def matching(path: str) -> list[tuple[Route, dict[str, str]]]:
    """The routes of every method that serve the concrete `path`, each with its path parameters.

    A literal segment wins over a parameter, as in API Gateway. Parameters are percent-decoded.
    """
    found = [
        (route, values) for route in ROUTES if (values := _values(route.path, path)) is not None
    ]
    fewest = min((len(values) for _, values in found), default=0)
    return [(route, values) for route, values in found if len(values) == fewest]


def _values(template: str, path: str) -> dict[str, str] | None:
    wanted, given = template.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    values: dict[str, str] = {}
    for segment, text in zip(wanted, given, strict=True):
        if segment.startswith("{") and text:
            values[segment[1:-1]] = unquote(text)
        elif segment != text:
            return None
    return values
