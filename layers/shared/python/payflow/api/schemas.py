"""What requests may look like: JSON Schemas, enforced by `Checker` and published as they are.

An optional field may be null, which means the same as leaving it out. Fields that a server owns
(`id`, `status`, `merchant_id`, …) are nobody's to send: they are unknown here, and so refused.
"""

from __future__ import annotations

from typing import Any, Final

from payflow.api.json_schema import REFERENCE_PREFIX, Checker, Schema
from payflow.domain.approval import CustomerDecision
from payflow.domain.card import NUMBER_LENGTH_MAX, NUMBER_LENGTH_MIN
from payflow.domain.method import UpiFlow
from payflow.domain.money import AMOUNT_MINOR_MAX, BASIS_POINTS, MINOR_UNIT_EXPONENT
from payflow.domain.outcomes import Outcome
from payflow.domain.payment import CaptureMethod
from payflow.domain.provider_callback import CallbackType
from payflow.domain.reviews import Resolution
from payflow.domain.routing.strategies import STRATEGIES

TEXT_MAX: Final = 255
DESCRIPTION_MAX: Final = 1000
METADATA_KEYS_MAX: Final = 20
METADATA_KEY_MAX: Final = 40
METADATA_VALUE_MAX: Final = 500
PROVIDERS_MAX: Final = 50
FEE_FIXED_MINOR_MAX: Final = 10**9

_TOKEN_PATTERN: Final = "^tok_[0-9a-z]{26}$"
_WALLET_PATTERN: Final = "^(test_(approved|declined|insufficient|timeout)|wal_[0-9a-z]{1,40})$"
_VPA_PATTERN: Final = "^[A-Za-z0-9._-]{1,255}@[A-Za-z][A-Za-z0-9]{1,63}$"
_EMAIL_PATTERN: Final = r"^[^\s@]{1,64}@[^\s@]{1,255}$"
_TIME_PATTERN: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$"
_PROVIDER_PATTERN: Final = "^[A-Za-z][A-Za-z0-9_-]{0,63}$"


def reference(name: str) -> Schema:
    """A reference to the schema called `name`."""
    return {"$ref": f"{REFERENCE_PREFIX}{name}"}


def _object(required: tuple[str, ...], **properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def _optional(schema: Schema) -> Schema:
    nullable = {**schema, "type": [schema["type"], "null"]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def _string(minimum: int, maximum: int, **more: Any) -> Schema:
    return {"type": "string", "minLength": minimum, "maxLength": maximum, **more}


def _integer(minimum: int, maximum: int, **more: Any) -> Schema:
    return {"type": "integer", "minimum": minimum, "maximum": maximum, **more}


def _choice(*values: str, **more: Any) -> Schema:
    return {"type": "string", "enum": list(values), **more}


CURRENCY: Final = _choice(*sorted(MINOR_UNIT_EXPONENT), description="ISO 4217")

_CARD: Final = _object(
    ("number", "exp_month", "exp_year"),
    number=_string(
        NUMBER_LENGTH_MIN,
        NUMBER_LENGTH_MAX,
        pattern="^[0-9]+$",
        writeOnly=True,
        description="Digits only, with a valid check digit, or one of the test instruments.",
        examples=["5105105105105100"],
    ),
    exp_month=_integer(1, 12),
    exp_year=_integer(2000, 2099, description="Four digits; the card must not have expired."),
    cvc=_optional(_string(3, 4, pattern="^[0-9]+$", writeOnly=True)),
)

_METHOD_TYPES: Final = {
    "card": _object(("type", "card"), type=_choice("card"), card=reference("Card")),
    "upi": _object(
        ("type", "upi"),
        type=_choice("upi"),
        upi=_object(
            ("vpa",),
            vpa=_string(4, 320, pattern=_VPA_PATTERN, examples=["name@bank"]),
            flow=_optional(_choice(*UpiFlow, default=UpiFlow.COLLECT.value)),
        ),
    ),
    "wallet": _object(
        ("type", "wallet"),
        type=_choice("wallet"),
        wallet=_object(("wallet_id",), wallet_id=_string(5, 44, pattern=_WALLET_PATTERN)),
    ),
    "token": _object(
        ("type", "token"),
        type=_choice("token"),
        token=_string(30, 30, pattern=_TOKEN_PATTERN),
    ),
}

_CUSTOMER: Final = _object(
    (),
    id=_optional(_string(1, TEXT_MAX)),
    email=_optional(_string(3, 320, pattern=_EMAIL_PATTERN, format="email")),
    ip=_optional(_string(2, 45, description="IPv4 or IPv6", examples=["203.0.113.9"])),
    country=_optional(_string(2, 2, pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")),
)

_ROUTING: Final = _object(
    (),
    strategy=_optional(_choice(*sorted(STRATEGIES))),
    providers=_optional(
        {
            "type": "array",
            "items": _string(1, 64, pattern=_PROVIDER_PATTERN),
            "minItems": 1,
            "maxItems": PROVIDERS_MAX,
            "uniqueItems": True,
            "description": "Route to one of these only.",
        }
    ),
)

_METADATA: Final[Schema] = {
    "type": "object",
    "maxProperties": METADATA_KEYS_MAX,
    "propertyNames": {"minLength": 1, "maxLength": METADATA_KEY_MAX},
    "additionalProperties": _string(0, METADATA_VALUE_MAX),
}

_CREATE_PAYMENT: Final = _object(
    ("amount", "currency", "method"),
    amount=_integer(1, AMOUNT_MINOR_MAX, description="Minor units", examples=[125000]),
    currency=CURRENCY,
    method=reference("PaymentMethodInput"),
    capture_method=_optional(_choice(*CaptureMethod, default=CaptureMethod.AUTOMATIC.value)),
    reference=_optional(_string(1, TEXT_MAX, description="The merchant's own id of the order.")),
    description=_optional(_string(0, DESCRIPTION_MAX)),
    customer=_optional(_CUSTOMER),
    metadata=_optional(_METADATA),
    routing=_optional(_ROUTING),
    settlement_currency=_optional(
        {
            **CURRENCY,
            "description": "What the merchant is owed in. By default the payment's own currency; "
            "for another one the payment is converted, see `fx`.",
        }
    ),
)

REASON_MAX: Final = 255
NOTE_MAX: Final = 1000
_AMOUNT_LEFT: Final = _optional(
    _integer(1, AMOUNT_MINOR_MAX, description="Minor units; by default all that is left")
)
_CAPTURE_PAYMENT: Final = _object(
    (),
    amount=_AMOUNT_LEFT,
    final=_optional(
        {
            "type": "boolean",
            "default": False,
            "description": "Release what this capture leaves of the authorisation.",
        }
    ),
)
_REFUND_PAYMENT: Final = _object((), amount=_AMOUNT_LEFT, reason=_optional(_string(1, REASON_MAX)))

EVIDENCE_TEXT_MAX: Final = 20_000
EVIDENCE_FILES_MAX: Final = 10
_SUBMIT_EVIDENCE: Final = _object(
    ("text",),
    text=_string(1, EVIDENCE_TEXT_MAX, description="Why the payment was rightful."),
    files=_optional(
        {
            "type": "array",
            "items": _string(1, TEXT_MAX),
            "maxItems": EVIDENCE_FILES_MAX,
            "description": "Names or addresses of documents that you keep.",
        }
    ),
)

_CONFIRM_PAYMENT: Final = _object(
    (),
    result=_optional(
        _choice(
            *CustomerDecision,
            default=CustomerDecision.APPROVE.value,
            description="What the customer decides; the first decision counts.",
        )
    ),
)

_TIME: Final = _string(20, 40, pattern=_TIME_PATTERN, format="date-time")
_DISPUTE_NOTICE: Final = _object(
    ("reference", "amount", "currency", "reason", "evidence_due_at"),
    reference=_string(1, TEXT_MAX),
    amount=_integer(1, AMOUNT_MINOR_MAX, description="Minor units"),
    currency=CURRENCY,
    reason=_string(1, TEXT_MAX),
    evidence_due_at=_TIME,
)
_PROVIDER_CALLBACK: Final = _object(
    ("type", "payment_id", "key", "occurred_at"),
    type=_choice(*CallbackType),
    payment_id=_string(1, 64, description="The order that the provider was given"),
    key=_string(1, 64, description="The key of the operation that it is about"),
    occurred_at=_TIME,
    outcome=_optional(_choice(*Outcome, description="A hint: it is asked back before it counts.")),
    provider_reference=_optional(_string(1, TEXT_MAX)),
    dispute=_optional(_DISPUTE_NOTICE),
)

_FEES: Final = _object(
    (),
    bps=_integer(0, BASIS_POINTS, description="Basis points of the captured amount"),
    fixed_minor=_integer(0, FEE_FIXED_MINOR_MAX, description="Minor units per capture"),
)
_PAYOUT_MINIMUM: Final = _integer(
    0, AMOUNT_MINOR_MAX, description="Minor units of the settlement currency; less is carried"
)
_MERCHANT_NAME: Final = _string(1, TEXT_MAX, pattern=r"^.*\S.*$")

REQUEST_SCHEMAS: Final[dict[str, Schema]] = {
    "CreatePayment": _CREATE_PAYMENT,
    "PaymentMethodInput": {
        "oneOf": [reference(f"{name.capitalize()}MethodInput") for name in _METHOD_TYPES],
        "discriminator": {
            "propertyName": "type",
            "mapping": {
                name: f"{REFERENCE_PREFIX}{name.capitalize()}MethodInput" for name in _METHOD_TYPES
            },
        },
    },
    **{f"{name.capitalize()}MethodInput": schema for name, schema in _METHOD_TYPES.items()},
    "Card": _CARD,
    "CapturePayment": _CAPTURE_PAYMENT,
    "CancelPayment": _object(()),
    "ConfirmPayment": _CONFIRM_PAYMENT,
    "RefundPayment": _REFUND_PAYMENT,
    "SubmitEvidence": _SUBMIT_EVIDENCE,
    "ResolveReview": _object(
        ("outcome", "note"),
        outcome=_choice(
            *Resolution, description="Whether the provider has done what it was asked to do"
        ),
        note=_string(1, NOTE_MAX, description="How you know; kept with the payment"),
    ),
    "CreateToken": _object(("card",), card=reference("Card")),
    "CreateWallet": _object(
        ("customer_id", "currency"),
        customer_id=_string(1, TEXT_MAX, description="The merchant's own id of its customer."),
        currency=CURRENCY,
    ),
    "TopUpWallet": _object(
        ("amount",), amount=_integer(1, AMOUNT_MINOR_MAX, description="Minor units")
    ),
    "CreateMerchant": _object(
        ("name",),
        name=_MERCHANT_NAME,
        settlement_currency=_optional(CURRENCY),
        fees=_optional(_FEES),
        payout_minimum=_optional(_PAYOUT_MINIMUM),
    ),
    "UpdateMerchant": {
        **_object(
            (),
            name=_MERCHANT_NAME,
            settlement_currency=CURRENCY,
            fees=_FEES,
            payout_minimum=_PAYOUT_MINIMUM,
        ),
        "minProperties": 1,
    },
    "RunPayouts": _object(
        (),
        merchant_id=_optional(_string(1, 64, description="By default all merchants")),
        date=_optional(
            _string(
                10,
                10,
                pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
                format="date",
                description="The day that is paid for, in UTC; today by default, never later",
            )
        ),
    ),
    "ProviderCallback": _PROVIDER_CALLBACK,
    "CreateKey": _object((), kind=_optional(_choice("secret", "publishable", default="secret"))),
}
"""Every request body by the name that it has in the OpenAPI document."""

_CODES: Final = {
    ("amount", "minimum"): "amount_too_small",
    ("amount", "maximum"): "amount_too_large",
    ("currency", "enum"): "unsupported_currency",
    ("settlement_currency", "enum"): "unsupported_currency",
    ("strategy", "enum"): "unknown_strategy",
    ("number", "minLength"): "invalid_card_number",
    ("number", "maxLength"): "invalid_card_number",
    ("number", "pattern"): "invalid_card_number",
    ("cvc", "minLength"): "invalid_cvc",
    ("cvc", "maxLength"): "invalid_cvc",
    ("cvc", "pattern"): "invalid_cvc",
    ("exp_month", "minimum"): "invalid_expiry",
    ("exp_month", "maximum"): "invalid_expiry",
    ("exp_year", "minimum"): "invalid_expiry",
    ("exp_year", "maximum"): "invalid_expiry",
    ("vpa", "minLength"): "invalid_vpa",
    ("vpa", "maxLength"): "invalid_vpa",
    ("vpa", "pattern"): "invalid_vpa",
    ("wallet_id", "minLength"): "invalid_wallet",
    ("wallet_id", "maxLength"): "invalid_wallet",
    ("wallet_id", "pattern"): "invalid_wallet",
    ("token", "minLength"): "invalid_token",
    ("token", "maxLength"): "invalid_token",
    ("token", "pattern"): "invalid_token",
}
"""Codes that say more than the keyword which was broken, by field and keyword."""

CHECKER: Final = Checker(REQUEST_SCHEMAS, _CODES)
