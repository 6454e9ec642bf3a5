"""One call to a provider, as the workflow carries it: no card data, only tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from payflow.domain.method import CardMethod, Method, MethodType, UpiFlow, UpiMethod, WalletMethod
from payflow.domain.money import Money
from payflow.domain.outcomes import Category, NextActionType, Operation, Outcome, ProviderResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCall:
    """What to ask of which provider.

    `key` is the provider idempotency key of this very operation, the same in every repetition; an
    inquiry carries the key of the operation that it asks about. `authorization_key` is the key of
    the authorisation that the operation belongs to, so for an authorisation it is `key` itself.
    `amount` is the operation's. `capture` asks for authorisation and capture in one call. A capture
    that is `final` releases what it leaves. `merchant_id` is who charges: a wallet pays its own
    merchant only.
    """

    payment_id: str
    merchant_id: str
    attempt_number: int
    operation: Operation
    provider: str
    key: str
    authorization_key: str
    method: Method
    amount: Money
    capture: bool
    final: bool = False


def call_to_document(call: ProviderCall) -> dict[str, Any]:
    """`call` as JSON for the workflow's state."""
    return {
        "payment_id": call.payment_id,
        "merchant_id": call.merchant_id,
        "attempt_number": call.attempt_number,
        "operation": call.operation.value,
        "provider": call.provider,
        "key": call.key,
        "authorization_key": call.authorization_key,
        "method": method_to_document(call.method),
        "amount": call.amount.minor,
        "currency": call.amount.currency,
        "capture": call.capture,
        "final": call.final,
    }


def call_from_document(document: dict[str, Any]) -> ProviderCall:
    """The call that `call_to_document` wrote down."""
    return ProviderCall(
        payment_id=document["payment_id"],
        merchant_id=document["merchant_id"],
        attempt_number=int(document["attempt_number"]),
        operation=Operation(document["operation"]),
        provider=document["provider"],
        key=document["key"],
        authorization_key=document["authorization_key"],
        method=method_from_document(document["method"]),
        amount=Money(int(document["amount"]), document["currency"]),
        capture=document["capture"],
        final=document["final"],
    )


def result_to_document(attempt_number: int, result: ProviderResult) -> dict[str, Any]:
    """`result` as JSON for the workflow's state, with the attempt that it answers."""
    return {
        "attempt_number": attempt_number,
        "outcome": result.outcome.value,
        "latency_ms": result.latency_ms,
        "code": result.code,
        "category": result.category.value if result.category else None,
        "provider_code": result.provider_code,
        "provider_reference": result.provider_reference,
        "message": result.message,
        "amount": result.amount_minor,
        "currency": result.currency,
        "next_action": result.next_action.value if result.next_action else None,
        "next_action_url": result.next_action_url,
    }


def result_from_document(document: dict[str, Any]) -> ProviderResult:
    """The result that `result_to_document` wrote down; missing keys are None."""
    category, action = document.get("category"), document.get("next_action")
    amount = document.get("amount")
    return ProviderResult(
        outcome=Outcome(document["outcome"]),
        latency_ms=int(document["latency_ms"]),
        code=document.get("code"),
        category=Category(category) if category else None,
        provider_code=document.get("provider_code"),
        provider_reference=document.get("provider_reference"),
        message=document.get("message"),
        amount_minor=int(amount) if amount is not None else None,
        currency=document.get("currency"),
        next_action=NextActionType(action) if action else None,
        next_action_url=document.get("next_action_url"),
    )


def method_to_document(method: Method) -> dict[str, Any]:
    """`method` as flat JSON, for the workflow's state and for storage."""
    if isinstance(method, CardMethod):
        return {
            "type": "card",
            "token": method.token,
            "brand": method.brand,
            "bin": method.bin,
            "last4": method.last4,
            "exp_month": method.exp_month,
            "exp_year": method.exp_year,
        }
    if isinstance(method, UpiMethod):
        return {"type": "upi", "vpa": method.vpa, "flow": method.flow.value}
    return {"type": "wallet", "wallet_id": method.wallet_id}


def method_from_document(document: dict[str, Any]) -> Method:
    """The method that `method_to_document` wrote down."""
    match MethodType(document["type"]):
        case MethodType.CARD:
            return CardMethod(
                token=document["token"],
                brand=document["brand"],
                bin=document["bin"],
                last4=document["last4"],
                exp_month=int(document["exp_month"]),
                exp_year=int(document["exp_year"]),
            )
        case MethodType.UPI:
            return UpiMethod(vpa=document["vpa"], flow=UpiFlow(document["flow"]))
        case MethodType.WALLET:
            return WalletMethod(wallet_id=document["wallet_id"])
