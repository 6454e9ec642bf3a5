"""The OpenAPI 3.1 document, made from the routes and from the schemas that requests are held to.

`python -m payflow.api.openapi` prints it; it is committed as `docs/openapi.json`.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from payflow import __version__
from payflow.api.error_codes import ERROR_CODES
from payflow.api.provider_responses import PROVIDER_STATE
from payflow.api.queries import LIMIT_DEFAULT, LIMIT_MAX, TEXT_MAX
from payflow.api.responses import RESPONSE_OF, RESPONSE_SCHEMAS
from payflow.api.routes import ROUTES, Route
from payflow.api.schemas import REQUEST_SCHEMAS, reference
from payflow.domain.dispute import DisputeStatus
from payflow.domain.fault_request import faults_json_schema
from payflow.domain.method import MethodType
from payflow.domain.payment import Status
from payflow.domain.provider_schema import provider_json_schema
from payflow.domain.webhook_signature import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER

Document = dict[str, Any]

_DESCRIPTION: Final = """\
PayFlow routes each payment to the best of many providers, retries and fails over safely, and keeps
a double-entry ledger.

* Amounts are integers in minor units (paise, cents) with an ISO 4217 currency. Times are RFC 3339
  in UTC.
* Unknown fields and unknown query parameters are errors. An optional field may be null.
* Every answer carries `X-Request-Id`; a sane one that you send comes back.
* Every request that moves money needs an `Idempotency-Key`. The same key with the same body gives
  the first answer again, byte for byte, with `Idempotent-Replayed: true`.
"""

_KEY_NAMES: Final = {
    "merchant": ("MerchantKey",),
    "publishable": ("MerchantKey", "PublishableKey"),
    "operator": ("OperatorKey",),
}

_BODY_OF: Final = {
    "createPayment": "CreatePayment",
    "capturePayment": "CapturePayment",
    "cancelPayment": "CancelPayment",
    "confirmPayment": "ConfirmPayment",
    "refundPayment": "RefundPayment",
    "submitDisputeEvidence": "SubmitEvidence",
    "createToken": "CreateToken",
    "runPayouts": "RunPayouts",
    "resolveReview": "ResolveReview",
    "createWallet": "CreateWallet",
    "topUpWallet": "TopUpWallet",
    "createMerchant": "CreateMerchant",
    "updateMerchant": "UpdateMerchant",
    "createMerchantKey": "CreateKey",
    "putProvider": "ProviderConfig",
    "putProviderFaults": "ProviderFaults",
    "receiveProviderCallback": "ProviderCallback",
    "explainRouting": "CreatePayment",
}
_BODY_OPTIONAL: Final = frozenset(
    {
        "createMerchantKey",
        "capturePayment",
        "cancelPayment",
        "confirmPayment",
        "refundPayment",
        "runPayouts",
    }
)

_WAITING: Final = frozenset({"confirmPayment"})
"""What honours `Prefer`, and `Idempotency-Key` if it is given, without requiring one."""
_MAY_CONFLICT: Final = frozenset({*_WAITING, "submitDisputeEvidence"})
_PAGES: Final = frozenset({"getDocs", "showApproval", "decideApproval"})

_CARD_EXAMPLE: Final = {
    "number": "5105105105105100",
    "exp_month": 12,
    "exp_year": 2030,
    "cvc": "123",
}
_PAYMENT_EXAMPLES: Final = {
    "card": {"type": "card", "card": _CARD_EXAMPLE},
    "upi": {"type": "upi", "upi": {"vpa": "success@upi", "flow": "collect"}},
    "wallet": {"type": "wallet", "wallet": {"wallet_id": "test_approved"}},
    "token": {"type": "token", "token": "tok_01jd00000000000000000000tk"},
}

_QUERY: Final[dict[str, Document]] = {
    "t": {"description": "The link's own proof", "schema": {"type": "string"}},
    "status": {"schema": {"type": "string", "enum": list(Status)}},
    "provider": {"schema": {"type": "string", "maxLength": TEXT_MAX}},
    "method": {"schema": {"type": "string", "enum": list(MethodType)}},
    "reference": {"schema": {"type": "string", "maxLength": TEXT_MAX}},
    "at": {
        "description": "As of this time: what had been posted by then; now if it is not given",
        "schema": {"type": "string", "format": "date-time"},
    },
    "created_from": {
        "description": "Created at this time or later",
        "schema": {"type": "string", "format": "date-time"},
    },
    "created_to": {
        "description": "Created at this time or earlier",
        "schema": {"type": "string", "format": "date-time"},
    },
    "limit": {
        "description": "How many at most",
        "schema": {
            "type": "integer",
            "minimum": 1,
            "maximum": LIMIT_MAX,
            "default": LIMIT_DEFAULT,
        },
    },
    "cursor": {
        "description": "`next_cursor` of the page before; good only with the same filters",
        "schema": {"type": "string"},
    },
}

_OWN_QUERY: Final[dict[str, dict[str, Document]]] = {
    "listDisputes": {"status": {"schema": {"type": "string", "enum": list(DisputeStatus)}}},
}
"""Parameters that mean something else for one operation."""

_ERROR_TITLES: Final = {
    400: "The body is not JSON, or a header is missing or malformed",
    401: "No key, or one that is unknown or revoked",
    403: "The key is of a kind that may not do this",
    404: "No such object among those that the key may see",
    409: "The object's state forbids it, or a first request is still running",
    413: "The body is larger than 64 KiB",
    415: "The body is not declared as JSON",
    422: "A field or parameter is missing, unknown, of the wrong type or out of range",
    429: "Too many requests",
    500: "PayFlow failed",
    503: "A part of PayFlow cannot answer now",
}
_RETRY_STATUSES: Final = frozenset({409, 429, 503})


def openapi_document() -> Document:
    """The whole document, the same for the same code."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "PayFlow", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": "/", "description": "The origin that serves this document"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in ROUTES)],
        "paths": _paths(),
        "components": {
            "schemas": {**REQUEST_SCHEMAS, **_operator_schemas(), **RESPONSE_SCHEMAS},
            "securitySchemes": _security_schemes(),
            "headers": _HEADERS,
            "responses": {f"Error{status}": _error_response(status) for status in _ERROR_TITLES},
        },
        "x-error-codes": {
            code: {"status": status, "meaning": meaning}
            for code, (status, meaning) in ERROR_CODES.items()
        },
    }


def openapi_text() -> str:
    """The document as it is committed."""
    return json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n"


def _operator_schemas() -> Document:
    provider = provider_json_schema()
    # The id stands in the path; the body may repeat it.
    required = [name for name in provider["required"] if name != "id"]
    return {
        "ProviderConfig": {**provider, "required": required},
        "ProviderFaults": faults_json_schema(),
        # A provider is shown as its configuration with its state beside it.
        "Provider": {
            **provider,
            "required": [*provider["required"], *PROVIDER_STATE["required"]],
            "properties": {**provider["properties"], **PROVIDER_STATE["properties"]},
        },
    }


def _paths() -> Document:
    paths: Document = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return paths


def _operation(route: Route) -> Document:
    operation: Document = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "tags": [route.tag],
        "security": _security(route),
    }
    parameters = [*_path_parameters(route), *_header_parameters(route), *_query_parameters(route)]
    if parameters:
        operation["parameters"] = parameters
    if route.operation_id in _BODY_OF:
        operation["requestBody"] = _request_body(route.operation_id)
    operation["responses"] = _responses(route)
    return operation


def _security(route: Route) -> list[Document]:
    if route.auth == "none":
        return []
    names = _KEY_NAMES[route.auth]
    if route.auth == "merchant" and route.method == "GET":
        names = (*names, "OperatorKey")
    return [{name: []} for name in names]


def _path_parameters(route: Route) -> list[Document]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _header_parameters(route: Route) -> list[Document]:
    if route.operation_id == "receiveProviderCallback":
        return [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
            for name in (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)
        ]
    if not route.idempotent and route.operation_id not in _WAITING:
        return []
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": route.idempotent,
        "description": "Unique to this operation of this merchant; kept for 24 h and longer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    }
    prefer = {
        "name": "Prefer",
        "in": "header",
        "description": "`wait=N`: answer when the payment is settled, or after N s (at most 25).",
        "schema": {"type": "string"},
        "example": "wait=10",
    }
    return [key] if route.at_once else [key, prefer]


def _query_parameters(route: Route) -> list[Document]:
    known = {**_QUERY, **_OWN_QUERY.get(route.operation_id, {})}
    return [{"name": name, "in": "query", **known[name]} for name in route.query]


def _request_body(operation_id: str) -> Document:
    content: Document = {"schema": reference(_BODY_OF[operation_id])}
    if _BODY_OF[operation_id] == "CreatePayment":
        content["examples"] = {
            name: {"value": {"amount": 125000, "currency": "INR", "method": method}}
            for name, method in _PAYMENT_EXAMPLES.items()
            if (name, operation_id) != ("token", "explainRouting")
        }
    if operation_id == "createToken":
        content["example"] = {"card": _CARD_EXAMPLE}
    if operation_id == "createWallet":
        content["example"] = {"customer_id": "cus_1", "currency": "INR"}
    if operation_id == "topUpWallet":
        content["example"] = {"amount": 50000}
    if operation_id == "createMerchant":
        content["example"] = {"name": "Acme", "settlement_currency": "INR", "fees": {"bps": 100}}
    return {
        "required": operation_id not in _BODY_OPTIONAL,
        "content": {"application/json": content},
    }


def _responses(route: Route) -> Document:
    responses = {str(status): answer for status, answer in [_success(route)]}
    for status in _error_statuses(route):
        responses[str(status)] = {"$ref": f"#/components/responses/Error{status}"}
    return responses


def _success(route: Route) -> tuple[int, Document]:
    headers = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    if route.operation_id in _PAGES:
        content: Document = {"text/html": {"schema": {"type": "string"}}}
        return 200, {"description": route.summary, "headers": headers, "content": content}
    if route.operation_id == "getOpenApi":
        content = {"application/json": {"schema": {"type": "object"}}}
        return 200, {"description": route.summary, "headers": headers, "content": content}
    status, schema = RESPONSE_OF[route.operation_id]
    if route.idempotent:
        waits = () if route.at_once else ("Preference-Applied",)
        for name in ("Idempotent-Replayed", *waits):
            headers[name] = {"$ref": f"#/components/headers/{name}"}
    content = {"application/json": {"schema": reference(schema)}}
    return status, {"description": schema, "headers": headers, "content": content}


def _error_statuses(route: Route) -> list[int]:
    statuses = {422, 429, 500, 503}
    if route.auth != "none":
        statuses |= {401, 403}
    if route.operation_id == "receiveProviderCallback":
        statuses |= {401}
    if "{" in route.path:
        statuses.add(404)
    if route.operation_id in _BODY_OF:
        statuses |= {400, 413, 415}
    if route.idempotent or route.operation_id in _MAY_CONFLICT or route.method in ("PUT", "PATCH"):
        statuses.add(409)
    return sorted(statuses)


def _error_response(status: int) -> Document:
    names = ["X-Request-Id"]
    if status in _RETRY_STATUSES:
        names.append("Retry-After")
    if status == 401:
        names.append("WWW-Authenticate")
    return {
        "description": _ERROR_TITLES[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {"application/json": {"schema": reference("Error")}},
    }


def _security_schemes() -> Document:
    kinds = {
        "MerchantKey": "A merchant's secret key, `sk_test_…`: its own objects only.",
        "PublishableKey": "A merchant's publishable key, `pk_test_…`: may only create tokens.",
        "OperatorKey": "An operator's key, `ok_…`: `/internal`, and reading across merchants.",
    }
    return {
        name: {"type": "http", "scheme": "bearer", "description": description}
        for name, description in kinds.items()
    }


_HEADERS: Final[Document] = {
    name: {"description": description, "schema": {"type": "string"}}
    for name, description in {
        "X-Request-Id": "The request's id, for your log and ours",
        "Idempotent-Replayed": "`true` when this is the first request's answer again",
        "Preference-Applied": "`wait=N`: the wait that was honoured",
        "Retry-After": "Seconds to wait before the next try",
        "WWW-Authenticate": "`Bearer`",
    }.items()
}


if __name__ == "__main__":
    sys.stdout.write(openapi_text())
