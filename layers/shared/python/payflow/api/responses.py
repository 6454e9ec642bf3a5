"""What answers look like: JSON Schemas for the OpenAPI document, checked against real answers."""

from __future__ import annotations

from typing import Any, Final

from payflow.api.json_schema import Schema
from payflow.api.schemas import CURRENCY, reference
from payflow.domain.instruction import InstructionStatus
from payflow.domain.ledger import AccountKind, Side
from payflow.domain.outcomes import Category, NextActionType, Operation, Outcome
from payflow.domain.payment import CaptureMethod, Status
from payflow.domain.provider import BreakerState


def _object(**properties: Schema) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def _nullable(schema: Schema) -> Schema:
    if "$ref" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    nullable = {**schema, "type": [schema["type"], "null"]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _choice(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def _page(item: str) -> Schema:
    return _object(
        data=_list(reference(item)),
        next_cursor=_nullable({"type": "string", "description": "Null on the last page"}),
    )


_TEXT: Final[Schema] = {"type": "string"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_AMOUNT: Final[Schema] = {"type": "integer", "description": "Minor units"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_RATE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}

_CARD_VIEW: Final = _object(
    brand=_TEXT, last4=_TEXT, exp_month=_COUNT, exp_year=_COUNT, token=_TEXT
)

_METHOD: Final[Schema] = {
    "oneOf": [
        _object(type=_choice("card"), card=_CARD_VIEW),
        _object(type=_choice("upi"), upi=_object(vpa=_TEXT, flow=_choice("collect", "intent"))),
        _object(type=_choice("wallet"), wallet=_object(wallet_id=_TEXT)),
    ]
}

_ATTEMPT: Final = _object(
    id=_TEXT,
    number={"type": "integer", "minimum": 1},
    operation=_choice(*Operation),
    provider=_TEXT,
    outcome=_nullable(_choice(*Outcome)),
    code=_nullable(_TEXT),
    category=_nullable(_choice(*Category)),
    provider_code=_nullable(_TEXT),
    provider_reference=_nullable(_TEXT),
    started_at=_TIME,
    latency_ms=_nullable(_COUNT),
)

_FAILURE: Final = _object(
    code=_TEXT,
    category=_choice(*Category),
    message=_TEXT,
    provider_code=_nullable(_TEXT),
)

_NEXT_ACTION: Final[Schema] = {
    "type": ["object", "null"],
    "required": ["type"],
    "properties": {
        "type": _choice(*NextActionType),
        "url": _TEXT,
        "uri": _TEXT,
        "expires_at": _TIME,
    },
    "additionalProperties": False,
}

_PAYMENT: Final = _object(
    id=_TEXT,
    object=_choice("payment"),
    merchant_id=_TEXT,
    status=_choice(*Status),
    amount=_AMOUNT,
    currency=CURRENCY,
    amount_authorized=_AMOUNT,
    amount_captured=_AMOUNT,
    amount_refunded=_AMOUNT,
    capture_method=_choice(*CaptureMethod),
    method=reference("PaymentMethod"),
    provider=_nullable(_TEXT),
    reference=_nullable(_TEXT),
    description=_nullable(_TEXT),
    customer=_nullable(
        _object(
            id=_nullable(_TEXT),
            email=_nullable(_TEXT),
            ip=_nullable(_TEXT),
            country=_nullable(_TEXT),
        )
    ),
    metadata={"type": "object", "additionalProperties": _TEXT},
    attempts=_list(reference("Attempt")),
    failure=_nullable(_FAILURE),
    next_action=_NEXT_ACTION,
    risk=_object(decision=_TEXT, score={"type": "integer", "minimum": 0, "maximum": 100}),
    fees=_object(provider=_AMOUNT, platform=_AMOUNT),
    settlement_currency=_nullable(_TEXT),
    fx={"type": "null"},
    created_at=_TIME,
    updated_at=_TIME,
    version={"type": "integer", "minimum": 1},
)

_REFUND: Final = _object(
    id=_TEXT,
    object=_choice("refund"),
    payment_id=_TEXT,
    merchant_id=_TEXT,
    amount=_AMOUNT,
    currency=CURRENCY,
    status=_choice(*InstructionStatus),
    reason=_nullable(_TEXT),
    failure=_nullable(_FAILURE),
    created_at=_TIME,
    updated_at=_TIME,
)

_DECISION: Final = _object(
    strategy=_TEXT,
    candidates=_list(_object(provider=_TEXT, score={"type": "number"}, reasons=_list(_TEXT))),
    excluded=_list(_object(provider=_TEXT, reason=_TEXT)),
)

_ACCOUNT: Final = _object(
    id={"type": "string", "description": "`kind:owner:currency`, or `kind:currency`"},
    kind=_choice(*AccountKind),
    currency=CURRENCY,
    debits=_AMOUNT,
    credits=_AMOUNT,
    balance={"type": "integer", "description": "On the account's own side, in minor units"},
    pending_debits=_AMOUNT,
    pending_credits=_AMOUNT,
)

_KEY: Final = _object(
    id=_TEXT,
    object=_choice("api_key"),
    kind=_choice("secret", "publishable"),
    hint={"type": "string", "description": "The key's first characters"},
    created_at=_TIME,
    revoked_at=_nullable(_TIME),
)

_MERCHANT: Final = _object(
    id=_TEXT,
    object=_choice("merchant"),
    name=_TEXT,
    settlement_currency=CURRENCY,
    fees=_object(bps=_COUNT, fixed_minor=_COUNT),
    created_at=_TIME,
    updated_at=_TIME,
    version={"type": "integer", "minimum": 1},
)


def _with(schema: dict[str, Any], *, optional: bool = False, **more: Schema) -> Schema:
    required = schema["required"] if optional else [*schema["required"], *more]
    return {**schema, "required": required, "properties": {**schema["properties"], **more}}


_SHOWN_ONCE: Final[Schema] = {"type": "string", "description": "Shown this once"}

_FAULTS: Final = _object(
    failure_rate=_nullable(_RATE),
    latency_multiplier={"type": "number"},
    outage={"type": "boolean"},
    lost_response_rate=_nullable(_RATE),
    until=_nullable(_TIME),
)

PROVIDER_STATE: Final = _object(
    object=_choice("provider"),
    health=_object(
        breaker=_choice(*BreakerState),
        open_until=_nullable(_TIME),
        success_rate=_nullable(_RATE),
        approval_rate=_nullable(_RATE),
        latency_ms=_nullable({"type": "number"}),
        calls=_COUNT,
    ),
    faults=_nullable(_FAULTS),
)

_PROVIDER_HEALTH: Final = _object(
    id=_TEXT,
    type=_TEXT,
    status=_choice("ok", "degraded"),
    breaker=_choice(*BreakerState),
    success_rate=_nullable(_RATE),
    latency_ms=_nullable({"type": "number"}),
    outage={"type": "boolean"},
)

ERROR: Final = _object(
    error=_object(
        type=_choice(
            "invalid_request",
            "authentication",
            "permission",
            "not_found",
            "conflict",
            "rate_limit",
            "idempotency",
            "payment",
            "provider",
            "internal",
        ),
        code={"type": "string", "description": "Stable; see the list of error codes"},
        message=_TEXT,
        param=_nullable({"type": "string", "description": "JSON path of the field"}),
        request_id=_TEXT,
        doc_url=_nullable({"type": "string", "format": "uri-reference"}),
        retryable={"type": "boolean", "description": "Whether the same request may work later"},
    )
)

RESPONSE_SCHEMAS: Final[dict[str, Schema]] = {
    "Payment": _PAYMENT,
    "PaymentMethod": _METHOD,
    "Attempt": _ATTEMPT,
    "PaymentPage": _page("Payment"),
    "Refund": _REFUND,
    "RefundList": _object(data=_list(reference("Refund"))),
    "Timeline": _object(
        data=_list(
            {
                "type": "object",
                "required": ["at", "type", "summary"],
                "properties": {
                    "at": _TIME,
                    "type": {"type": "string", "examples": ["routing.decided", "ledger.posted"]},
                    "summary": _TEXT,
                },
                "additionalProperties": True,
            }
        )
    ),
    "Token": _object(
        id=_TEXT,
        object=_choice("token"),
        card=_object(brand=_TEXT, last4=_TEXT, exp_month=_COUNT, exp_year=_COUNT, bin=_TEXT),
        fingerprint={"type": "string", "description": "Equal for equal cards of one merchant"},
    ),
    "Account": _ACCOUNT,
    "AccountList": _object(data=_list(reference("Account"))),
    "Entry": _object(
        id=_TEXT,
        transaction_id=_TEXT,
        account_id=_TEXT,
        direction=_choice(*Side),
        amount={"type": "integer", "minimum": 1, "description": "Minor units"},
        currency=CURRENCY,
        payment_id=_TEXT,
        operation=_TEXT,
        created_at=_TIME,
    ),
    "EntryPage": _page("Entry"),
    "TrialBalance": _object(
        as_of=_TIME,
        currencies=_list(
            _object(
                currency=CURRENCY,
                debits=_AMOUNT,
                credits=_AMOUNT,
                balanced={
                    "type": ["boolean", "null"],
                    "description": "Null for a merchant, whose accounts are a part of the whole",
                },
            )
        ),
        accounts=_list(reference("Account")),
    ),
    "Balance": _object(
        data=_list(_object(currency=CURRENCY, payable=_AMOUNT, reserve=_AMOUNT, pending=_AMOUNT))
    ),
    "Merchant": _MERCHANT,
    "MerchantPage": _page("Merchant"),
    "MerchantWithKeys": _with(_MERCHANT, keys=_list(reference("ApiKey"))),
    "NewMerchant": _object(
        merchant=reference("MerchantWithKeys"),
        api_key=_SHOWN_ONCE,
        publishable_key=_SHOWN_ONCE,
    ),
    "ApiKey": _KEY,
    "NewApiKey": _with(_KEY, optional=True, api_key=_SHOWN_ONCE, publishable_key=_SHOWN_ONCE),
    "ProviderList": _object(data=_list(reference("Provider"))),
    "Explanation": _object(decision=_DECISION),
    "Health": _object(
        status=_choice("ok", "degraded"),
        version=_TEXT,
        checked_at=_TIME,
        parts={
            "type": "object",
            "additionalProperties": _object(status=_choice("ok", "unavailable")),
        },
        providers=_list(_PROVIDER_HEALTH),
    ),
    "Error": ERROR,
}
"""Every answer by the name that it has in the OpenAPI document."""

RESPONSE_OF: Final[dict[str, tuple[int, str]]] = {
    "createPayment": (201, "Payment"),
    "listPayments": (200, "PaymentPage"),
    "getPayment": (200, "Payment"),
    "getPaymentTimeline": (200, "Timeline"),
    "capturePayment": (200, "Payment"),
    "cancelPayment": (200, "Payment"),
    "refundPayment": (201, "Refund"),
    "listRefunds": (200, "RefundList"),
    "getRefund": (200, "Refund"),
    "createToken": (201, "Token"),
    "listLedgerAccounts": (200, "AccountList"),
    "getLedgerAccount": (200, "Account"),
    "listLedgerEntries": (200, "EntryPage"),
    "getTrialBalance": (200, "TrialBalance"),
    "getBalance": (200, "Balance"),
    "createMerchant": (201, "NewMerchant"),
    "listMerchants": (200, "MerchantPage"),
    "getMerchant": (200, "MerchantWithKeys"),
    "updateMerchant": (200, "Merchant"),
    "createMerchantKey": (201, "NewApiKey"),
    "revokeMerchantKey": (200, "ApiKey"),
    "listProviders": (200, "ProviderList"),
    "getProvider": (200, "Provider"),
    "putProvider": (200, "Provider"),
    "putProviderFaults": (200, "Provider"),
    "deleteProviderFaults": (200, "Provider"),
    "explainRouting": (200, "Explanation"),
    "getHealth": (200, "Health"),
}
"""What each operation answers when all went well: status and schema."""
