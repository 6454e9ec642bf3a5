"""From request bodies to domain values: the schema first, then what no schema can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from payflow.api.schemas import CHECKER
from payflow.domain.approval import CustomerDecision
from payflow.domain.callback_document import callback_from_body
from payflow.domain.card import has_expired, holds_card_number, is_card_number
from payflow.domain.errors import InvalidRequest
from payflow.domain.merchant import MerchantTerms, Principal
from payflow.domain.method import CardData, UpiFlow, UpiMethod, WalletMethod
from payflow.domain.money import FeeTerms, Money
from payflow.domain.new_payment import NewMethod, NewPayment, TokenRef
from payflow.domain.payment import CaptureMethod, Customer
from payflow.domain.provider_callback import DISPUTE_TYPES, ProviderCallback
from payflow.domain.reviews import Decision, Resolution
from payflow.domain.routing.model import RoutingPreference

Body = Mapping[str, Any]

_REFUSED_VPA: Final = "invalid@upi"


def parse_create_payment(body: Body, now: datetime) -> NewPayment:
    """The payment that `body` asks for, checked against every limit of the HTTP contract.

    Raises `InvalidRequest` with `param` as a JSON path; no error quotes a value.
    """
    CHECKER.check("CreatePayment", body)
    _refuse_card_numbers(body)
    return NewPayment(
        amount=Money(body["amount"], body["currency"]),
        method=_method(body["method"], now),
        capture_method=CaptureMethod(body.get("capture_method") or CaptureMethod.AUTOMATIC),
        reference=body.get("reference"),
        description=body.get("description"),
        customer=_customer(body.get("customer")),
        metadata=dict(body.get("metadata") or {}),
        routing=_routing(body.get("routing") or {}),
        settlement_currency=body.get("settlement_currency"),
    )


def parse_capture(body: Body) -> tuple[int | None, bool]:
    """The amount to capture, None for all that is left, and whether that is final.

    Raises `InvalidRequest`.
    """
    CHECKER.check("CapturePayment", body)
    return body.get("amount"), body.get("final") or False


def parse_cancel(body: Body) -> None:
    """Raises `InvalidRequest` for anything but an empty object."""
    CHECKER.check("CancelPayment", body)


def parse_refund(body: Body) -> tuple[int | None, str | None]:
    """The amount to refund, None for all that is left, and why; raises `InvalidRequest`."""
    CHECKER.check("RefundPayment", body)
    reason = body.get("reason")
    if reason is not None:
        _refuse_card_number("reason", reason)
    return body.get("amount"), reason


def parse_evidence(body: Body) -> tuple[str, tuple[str, ...]]:
    """The text of the evidence and its files; raises `InvalidRequest`."""
    CHECKER.check("SubmitEvidence", body)
    files = tuple(body.get("files") or ())
    _refuse_card_number("text", body["text"])
    for index, name in enumerate(files):
        _refuse_card_number(f"files[{index}]", name)
    return body["text"], files


def parse_confirm(body: Body) -> CustomerDecision:
    """What the customer decides; raises `InvalidRequest`."""
    CHECKER.check("ConfirmPayment", body)
    return CustomerDecision(body.get("result") or CustomerDecision.APPROVE)


def parse_provider_callback(body: Body, *, message_id: str, provider: str) -> ProviderCallback:
    """The callback `message_id` of `provider`; raises `InvalidRequest`."""
    CHECKER.check("ProviderCallback", body)
    is_about_dispute = body["type"] in DISPUTE_TYPES
    if is_about_dispute != (body.get("dispute") is not None):
        code = "field_missing" if is_about_dispute else "invalid_value"
        raise InvalidRequest(code, "A dispute's callback, and no other, has one.", param="dispute")
    try:
        return callback_from_body(body, message_id=message_id, provider=provider)
    except ValueError as error:
        raise InvalidRequest("invalid_format", "There is no such time.") from error


def parse_create_token(body: Body, now: datetime) -> CardData:
    """The card to tokenise; raises `InvalidRequest`."""
    CHECKER.check("CreateToken", body)
    return _card(body["card"], now, "card")


def parse_create_wallet(body: Body) -> tuple[str, str]:
    """The customer's id and the currency; raises `InvalidRequest`."""
    CHECKER.check("CreateWallet", body)
    _refuse_card_number("customer_id", body["customer_id"])
    return body["customer_id"], body["currency"]


def parse_top_up_wallet(body: Body) -> int:
    """The amount to pay in; raises `InvalidRequest`."""
    CHECKER.check("TopUpWallet", body)
    amount: int = body["amount"]
    return amount


def parse_create_merchant(body: Body) -> tuple[str, MerchantTerms]:
    """The new merchant's name and terms; raises `InvalidRequest`."""
    CHECKER.check("CreateMerchant", body)
    _refuse_card_number("name", body["name"])
    return body["name"], _terms(body)


def parse_update_merchant(body: Body) -> MerchantTerms:
    """The terms to change, at least one; raises `InvalidRequest`."""
    CHECKER.check("UpdateMerchant", body)
    return _terms(body)


def parse_run_payouts(body: Body, today: date) -> tuple[str | None, date | None]:
    """The merchant to pay and the day, None for all and for today; raises `InvalidRequest`."""
    CHECKER.check("RunPayouts", body)
    text = body.get("date")
    if text is None:
        return body.get("merchant_id"), None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest("invalid_format", "There is no such day.", param="date") from error
    if day > today:
        raise InvalidRequest("invalid_value", "That day has not come yet.", param="date")
    return body.get("merchant_id"), day


def parse_create_key(body: Body) -> Principal:
    """Whom the new key shall speak for; raises `InvalidRequest`."""
    CHECKER.check("CreateKey", body)
    secret = body.get("kind") in (None, "secret")
    return Principal.MERCHANT if secret else Principal.PUBLISHABLE


def _terms(body: Body) -> MerchantTerms:
    fees = body.get("fees")
    return MerchantTerms(
        name=body.get("name"),
        settlement_currency=body.get("settlement_currency"),
        fees=FeeTerms(**fees) if fees else None,
        payout_minimum_minor=body.get("payout_minimum"),
    )


def parse_resolution(body: Body, key_id: str) -> Decision:
    """The operator's decision about a flagged payment; raises `InvalidRequest`."""
    CHECKER.check("ResolveReview", body)
    return Decision(resolution=Resolution(body["outcome"]), note=body["note"], by=key_id)


def _method(method: Body, now: datetime) -> NewMethod:
    match method["type"]:
        case "card":
            return _card(method["card"], now, "method.card")
        case "upi":
            return _upi(method["upi"])
        case "wallet":
            return WalletMethod(method["wallet"]["wallet_id"])
        case _:
            return TokenRef(method["token"])


def _card(card: Body, now: datetime, path: str) -> CardData:
    if not is_card_number(card["number"]):
        raise InvalidRequest(
            "invalid_card_number", "The card number is not valid.", param=f"{path}.number"
        )
    if has_expired(card["exp_month"], card["exp_year"], now):
        field = "exp_year" if card["exp_year"] < now.year else "exp_month"
        raise InvalidRequest("card_expired", "The card has expired.", param=f"{path}.{field}")
    return CardData(card["number"], card["exp_month"], card["exp_year"], card.get("cvc"))


def _upi(upi: Body) -> UpiMethod:
    if upi["vpa"].lower() == _REFUSED_VPA:
        raise InvalidRequest("invalid_vpa", "There is no such VPA.", param="method.upi.vpa")
    return UpiMethod(upi["vpa"], UpiFlow(upi.get("flow") or UpiFlow.COLLECT))


def _customer(customer: Body | None) -> Customer | None:
    if not customer:
        return None
    if customer.get("ip") is not None:
        _check_ip(customer["ip"])
    return Customer(**customer)


def _check_ip(text: str) -> None:
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError as error:
        raise InvalidRequest(
            "invalid_format", "Must be an IPv4 or IPv6 address.", param="customer.ip"
        ) from error


def _routing(routing: Body) -> RoutingPreference:
    return RoutingPreference(routing.get("strategy"), tuple(routing.get("providers") or ()))


def _refuse_card_numbers(body: Body) -> None:
    for path, text in _free_texts(body):
        _refuse_card_number(path, text)


def _refuse_card_number(path: str, text: str) -> None:
    if holds_card_number(text):
        raise InvalidRequest(
            "card_data_not_allowed", "Card numbers belong into `method` only.", param=path
        )


def _free_texts(body: Body) -> Iterator[tuple[str, str]]:
    customer, metadata = body.get("customer") or {}, body.get("metadata") or {}
    method = body["method"]
    fields = [(name, body.get(name)) for name in ("reference", "description")]
    fields += [("method.upi.vpa", method.get("upi", {}).get("vpa"))]
    wanted = (body.get("routing") or {}).get("providers") or ()
    fields += [(f"routing.providers[{index}]", name) for index, name in enumerate(wanted)]
    fields += [(f"customer.{name}", customer.get(name)) for name in ("id", "email")]
    fields += [("metadata", key) for key in metadata]
    fields += [(f"metadata.{key}", value) for key, value in metadata.items()]
    return ((path, text) for path, text in fields if text)
