"""What answers look like: JSON Schemas for the OpenAPI document, checked against real answers."""

from __future__ import annotations

from typing import Any, Final

from payflow.api.json_schema import Schema
from payflow.api.provider_responses import PROVIDER_HEALTH
from payflow.api.response_parts import (
    AMOUNT,
    COUNT,
    POSITIVE,
    TEXT,
    TIME,
    answer_object,
    choice,
    list_of,
    nullable,
    page_of,
)
from payflow.api.schemas import CURRENCY, reference
from payflow.api.settlement_responses import SETTLEMENT_RESPONSE_OF, SETTLEMENT_SCHEMAS
from payflow.domain.instruction import InstructionStatus
from payflow.domain.ledger import AccountKind, Side
from payflow.domain.outcomes import Category, NextActionType, Operation, Outcome
from payflow.domain.payment import CaptureMethod, Status
from payflow.domain.review import ReviewReason

_CARD_VIEW: Final = answer_object(
    brand=TEXT, last4=TEXT, exp_month=COUNT, exp_year=COUNT, token=TEXT
)

_METHOD: Final[Schema] = {
    "oneOf": [
        answer_object(type=choice("card"), card=_CARD_VIEW),
        answer_object(
            type=choice("upi"), upi=answer_object(vpa=TEXT, flow=choice("collect", "intent"))
        ),
        answer_object(type=choice("wallet"), wallet=answer_object(wallet_id=TEXT)),
    ]
}

_ATTEMPT: Final = answer_object(
    id=TEXT,
    number={"type": "integer", "minimum": 1},
    operation=choice(*Operation),
    provider=TEXT,
    outcome=nullable(choice(*Outcome)),
    code=nullable(TEXT),
    category=nullable(choice(*Category)),
    provider_code=nullable(TEXT),
    provider_reference=nullable(TEXT),
    started_at=TIME,
    latency_ms=nullable(COUNT),
)

_FAILURE: Final = answer_object(
    code=TEXT,
    category=choice(*Category),
    message=TEXT,
    provider_code=nullable(TEXT),
)

_NEXT_ACTION: Final[Schema] = {
    "type": ["object", "null"],
    "required": ["type"],
    "properties": {
        "type": choice(*NextActionType),
        "url": TEXT,
        "uri": TEXT,
        "expires_at": TIME,
    },
    "additionalProperties": False,
}

_FX: Final = answer_object(
    **{"from": CURRENCY},
    to=CURRENCY,
    rate=answer_object(
        numerator=POSITIVE,
        denominator=POSITIVE,
        decimal={"type": "string", "description": "Six significant digits or more, cut off"},
    ),
    spread_bps={"type": "integer", "description": "Basis points of what was bought"},
    source={"type": "string", "description": "Whose rates; two if they crossed a third currency"},
    as_of={**TIME, "description": "Of when the rates are"},
    quoted_at=TIME,
    expires_at={**TIME, "description": "Captures are accepted until then; refunds always"},
    amount_settled={
        "type": "integer",
        "description": "Credited to the merchant so far, less fees and spread; minor units of `to`",
    },
    spread={"type": "integer", "description": "Charged so far, in minor units of `to`"},
    amount_refunded={
        "type": "integer",
        "description": "Taken back from the merchant so far, in minor units of `to`",
    },
)

_PAYMENT: Final = answer_object(
    id=TEXT,
    object=choice("payment"),
    merchant_id=TEXT,
    status=choice(*Status),
    amount=AMOUNT,
    currency=CURRENCY,
    amount_authorized=AMOUNT,
    amount_captured=AMOUNT,
    amount_refunded=AMOUNT,
    capture_method=choice(*CaptureMethod),
    method=reference("PaymentMethod"),
    provider=nullable(TEXT),
    reference=nullable(TEXT),
    description=nullable(TEXT),
    customer=nullable(
        answer_object(
            id=nullable(TEXT),
            email=nullable(TEXT),
            ip=nullable(TEXT),
            country=nullable(TEXT),
        )
    ),
    metadata={"type": "object", "additionalProperties": TEXT},
    attempts=list_of(reference("Attempt")),
    failure=nullable(_FAILURE),
    next_action=_NEXT_ACTION,
    risk=answer_object(decision=TEXT, score={"type": "integer", "minimum": 0, "maximum": 100}),
    fees=answer_object(provider=AMOUNT, platform=AMOUNT),
    settlement_currency=nullable(TEXT),
    fx=nullable(reference("Conversion")),
    created_at=TIME,
    updated_at=TIME,
    version={"type": "integer", "minimum": 1},
)

_REFUND: Final = answer_object(
    id=TEXT,
    object=choice("refund"),
    payment_id=TEXT,
    merchant_id=TEXT,
    amount=AMOUNT,
    currency=CURRENCY,
    status=choice(*InstructionStatus),
    reason=nullable(TEXT),
    failure=nullable(_FAILURE),
    created_at=TIME,
    updated_at=TIME,
)

_DECISION: Final = answer_object(
    strategy=TEXT,
    candidates=list_of(
        answer_object(provider=TEXT, score={"type": "number"}, reasons=list_of(TEXT))
    ),
    excluded=list_of(answer_object(provider=TEXT, reason=TEXT)),
)

_ACCOUNT: Final = answer_object(
    id={"type": "string", "description": "`kind:owner:currency`, or `kind:currency`"},
    kind=choice(*AccountKind),
    currency=CURRENCY,
    debits=AMOUNT,
    credits=AMOUNT,
    balance={"type": "integer", "description": "On the account's own side, in minor units"},
    pending_debits=AMOUNT,
    pending_credits=AMOUNT,
)

_KEY: Final = answer_object(
    id=TEXT,
    object=choice("api_key"),
    kind=choice("secret", "publishable"),
    hint={"type": "string", "description": "The key's first characters"},
    created_at=TIME,
    revoked_at=nullable(TIME),
)

_MERCHANT: Final = answer_object(
    id=TEXT,
    object=choice("merchant"),
    name=TEXT,
    settlement_currency=CURRENCY,
    fees=answer_object(bps=COUNT, fixed_minor=COUNT),
    payout_minimum=AMOUNT,
    created_at=TIME,
    updated_at=TIME,
    version={"type": "integer", "minimum": 1},
)


def _with(schema: dict[str, Any], *, optional: bool = False, **more: Schema) -> Schema:
    required = schema["required"] if optional else [*schema["required"], *more]
    return {**schema, "required": required, "properties": {**schema["properties"], **more}}


_SHOWN_ONCE: Final[Schema] = {"type": "string", "description": "Shown this once"}

ERROR: Final = answer_object(
    error=answer_object(
        type=choice(
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
        message=TEXT,
        param=nullable({"type": "string", "description": "JSON path of the field"}),
        request_id=TEXT,
        doc_url=nullable({"type": "string", "format": "uri-reference"}),
        retryable={"type": "boolean", "description": "Whether the same request may work later"},
    )
)

RESPONSE_SCHEMAS: Final[dict[str, Schema]] = {
    "Payment": _PAYMENT,
    "PaymentMethod": _METHOD,
    "Attempt": _ATTEMPT,
    "Conversion": _FX,
    "PaymentPage": page_of("Payment"),
    "Refund": _REFUND,
    "RefundList": answer_object(data=list_of(reference("Refund"))),
    "Timeline": answer_object(
        data=list_of(
            {
                "type": "object",
                "required": ["at", "type", "summary"],
                "properties": {
                    "at": TIME,
                    "type": {"type": "string", "examples": ["routing.decided", "ledger.posted"]},
                    "summary": TEXT,
                },
                "additionalProperties": True,
            }
        )
    ),
    "Token": answer_object(
        id=TEXT,
        object=choice("token"),
        card=answer_object(brand=TEXT, last4=TEXT, exp_month=COUNT, exp_year=COUNT, bin=TEXT),
        fingerprint={"type": "string", "description": "Equal for equal cards of one merchant"},
    ),
    "ReceivedCallback": answer_object(id={"type": "string", "description": "The message's id"}),
    "Wallet": answer_object(
        id=TEXT,
        object=choice("wallet"),
        merchant_id=TEXT,
        customer_id=TEXT,
        currency=CURRENCY,
        balance={"type": "integer", "minimum": 0, "description": "Posted, in minor units"},
        available={"type": "integer", "minimum": 0, "description": "The balance without the holds"},
        holds={
            "type": "array",
            "items": answer_object(payment_id=TEXT, amount=AMOUNT, created_at=TIME),
            "description": "What authorised payments still hold, oldest first",
        },
        created_at=TIME,
        updated_at=TIME,
        version={"type": "integer", "minimum": 1},
    ),
    "Account": _ACCOUNT,
    "AccountList": answer_object(data=list_of(reference("Account"))),
    "Entry": answer_object(
        id=TEXT,
        transaction_id=TEXT,
        account_id=TEXT,
        direction=choice(*Side),
        amount={"type": "integer", "minimum": 1, "description": "Minor units"},
        currency=CURRENCY,
        payment_id={
            "type": ["string", "null"],
            "description": "Null for what is not about a payment, such as a payout",
        },
        operation=TEXT,
        created_at=TIME,
    ),
    "EntryPage": page_of("Entry"),
    "TrialBalance": answer_object(
        as_of=TIME,
        currencies=list_of(
            answer_object(
                currency=CURRENCY,
                debits=AMOUNT,
                credits=AMOUNT,
                balanced={
                    "type": ["boolean", "null"],
                    "description": "Null for a merchant, whose accounts are a part of the whole",
                },
            )
        ),
        accounts=list_of(reference("Account")),
    ),
    "Balance": answer_object(
        data=list_of(
            answer_object(currency=CURRENCY, payable=AMOUNT, reserve=AMOUNT, pending=AMOUNT)
        )
    ),
    "Merchant": _MERCHANT,
    "MerchantPage": page_of("Merchant"),
    "MerchantWithKeys": _with(_MERCHANT, keys=list_of(reference("ApiKey"))),
    "NewMerchant": answer_object(
        merchant=reference("MerchantWithKeys"),
        api_key=_SHOWN_ONCE,
        publishable_key=_SHOWN_ONCE,
    ),
    "ApiKey": _KEY,
    "NewApiKey": _with(_KEY, optional=True, api_key=_SHOWN_ONCE, publishable_key=_SHOWN_ONCE),
    "ProviderList": answer_object(data=list_of(reference("Provider"))),
    "Explanation": answer_object(decision=_DECISION),
    "Health": answer_object(
        status=choice("ok", "degraded"),
        version=TEXT,
        checked_at=TIME,
        parts={
            "type": "object",
            "additionalProperties": answer_object(status=choice("ok", "unavailable")),
        },
        providers=list_of(PROVIDER_HEALTH),
    ),
    "ReviewList": answer_object(
        data=list_of(
            answer_object(
                payment_id=TEXT,
                merchant_id=TEXT,
                status=choice(*Status),
                amount=AMOUNT,
                currency=CURRENCY,
                provider=nullable(TEXT),
                reason=choice(*ReviewReason),
                operation_id=nullable(TEXT),
                opened_at=TIME,
            )
        )
    ),
    **SETTLEMENT_SCHEMAS,
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
    "confirmPayment": (200, "Payment"),
    "refundPayment": (201, "Refund"),
    "listRefunds": (200, "RefundList"),
    "getRefund": (200, "Refund"),
    "createToken": (201, "Token"),
    "createWallet": (201, "Wallet"),
    "topUpWallet": (201, "Wallet"),
    "getWallet": (200, "Wallet"),
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
    "receiveProviderCallback": (202, "ReceivedCallback"),
    "explainRouting": (200, "Explanation"),
    "getHealth": (200, "Health"),
    "listReviews": (200, "ReviewList"),
    "resolveReview": (200, "Payment"),
    **SETTLEMENT_RESPONSE_OF,
}
"""What each operation answers when all went well: status and schema."""
