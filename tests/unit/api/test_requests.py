"""What a request body may say, and how each mistake is answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from payflow.api.requests import (
    parse_create_key,
    parse_create_merchant,
    parse_create_payment,
    parse_create_token,
    parse_update_merchant,
)
from payflow.domain.card import TEST_NUMBERS
from payflow.domain.errors import InvalidRequest
from payflow.domain.merchant import MerchantTerms, Principal
from payflow.domain.method import CardData, UpiFlow, UpiMethod, WalletMethod
from payflow.domain.money import FeeTerms, Money
from payflow.domain.new_payment import NewPayment, TokenRef
from payflow.domain.payment import CaptureMethod, Customer
from payflow.domain.routing.model import RoutingPreference

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NUMBER = "5105105105105100"
FULL_WIDTH = "".join(chr(0xFF10 + int(digit)) for digit in NUMBER)
CARD = {"number": NUMBER, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
FULL = {
    "amount": 125000,
    "currency": "INR",
    "method": {"type": "card", "card": CARD},
    "capture_method": "manual",
    "reference": "order-1001",
    "description": "Two books",
    "customer": {"id": "cus_1", "email": "a@b.in", "ip": "203.0.113.9", "country": "IN"},
    "metadata": {"k": "v"},
    "routing": {"strategy": "success_rate", "providers": ["mockCardA"]},
    "settlement_currency": "INR",
}
GONE = object()


def a_body(**changes: Any) -> dict[str, Any]:
    """A minimal body; `GONE` leaves a field out."""
    body = {"amount": 100, "currency": "INR", "method": {"type": "card", "card": dict(CARD)}}
    body.update(changes)
    return {name: value for name, value in body.items() if value is not GONE}


def a_card(**changes: Any) -> dict[str, Any]:
    card = {name: value for name, value in {**CARD, **changes}.items() if value is not GONE}
    return {"type": "card", "card": card}


def upi(vpa: Any, **more: Any) -> dict[str, Any]:
    return {"type": "upi", "upi": {"vpa": vpa, **more}}


def a_wallet(wallet_id: Any) -> dict[str, Any]:
    return {"type": "wallet", "wallet": {"wallet_id": wallet_id}}


def parsed(**changes: Any) -> NewPayment:
    return parse_create_payment(a_body(**changes), NOW)


def refusal(**changes: Any) -> tuple[str, str | None]:
    with pytest.raises(InvalidRequest) as caught:
        parsed(**changes)
    return caught.value.code, caught.value.param


class TestAPaymentThatIsTaken:
    def test_with_everything(self) -> None:
        payment = parse_create_payment(FULL, NOW)

        assert payment == NewPayment(
            amount=Money(125000, "INR"),
            method=CardData(NUMBER, 12, 2030, "123"),
            capture_method=CaptureMethod.MANUAL,
            reference="order-1001",
            description="Two books",
            customer=Customer("cus_1", "a@b.in", "203.0.113.9", "IN"),
            metadata={"k": "v"},
            routing=RoutingPreference("success_rate", ("mockCardA",)),
            settlement_currency="INR",
        )

    def test_with_nothing_optional(self) -> None:
        assert parsed() == NewPayment(
            amount=Money(100, "INR"), method=CardData(NUMBER, 12, 2030, "123")
        )

    def test_null_means_the_same_as_leaving_a_field_out(self) -> None:
        optional = {name: None for name in FULL if name not in ("amount", "currency", "method")}

        assert parsed(**optional) == parsed()
        assert parsed(customer={"id": None}, routing={"strategy": None}).routing == (
            RoutingPreference()
        )

    @pytest.mark.parametrize("amount", [1, 10**12])
    def test_at_both_ends_of_the_amount(self, amount: int) -> None:
        assert parsed(amount=amount).amount.minor == amount

    @pytest.mark.parametrize("number", sorted(TEST_NUMBERS))
    def test_by_every_test_card_whether_or_not_its_check_digit_is_right(self, number: str) -> None:
        assert parsed(method=a_card(number=number)).method == CardData(number, 12, 2030, "123")

    def test_by_a_card_without_cvc_in_its_last_month(self) -> None:
        method = parsed(method=a_card(cvc=GONE, exp_month=11, exp_year=2026)).method

        assert method == CardData(NUMBER, 11, 2026, None)

    def test_by_upi(self) -> None:
        assert parsed(method=upi("name.x-1@okbank")).method == UpiMethod("name.x-1@okbank")
        assert parsed(method=upi("a1@upi", flow="intent")).method == UpiMethod(
            "a1@upi", UpiFlow.INTENT
        )

    @pytest.mark.parametrize("wallet_id", ["test_approved", "test_timeout", "wal_01jd0abc"])
    def test_by_wallet(self, wallet_id: str) -> None:
        assert parsed(method=a_wallet(wallet_id)).method == WalletMethod(wallet_id)

    def test_by_token(self) -> None:
        token = "tok_" + "0" * 26

        assert parsed(method={"type": "token", "token": token}).method == TokenRef(token)

    def test_with_metadata_at_its_limits(self) -> None:
        metadata = {f"{n:040}": "x" * 500 for n in range(20)}

        assert parsed(metadata=metadata).metadata == metadata


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"amount": GONE}, "field_missing", "amount"),
    ({"amount": 0}, "amount_too_small", "amount"),
    ({"amount": -5}, "amount_too_small", "amount"),
    ({"amount": 10**12 + 1}, "amount_too_large", "amount"),
    ({"amount": 10**40}, "amount_too_large", "amount"),
    ({"amount": True}, "invalid_type", "amount"),
    ({"amount": "100"}, "invalid_type", "amount"),
    ({"amount": 100.0}, "invalid_type", "amount"),
    ({"amount": None}, "invalid_type", "amount"),
    ({"currency": GONE}, "field_missing", "currency"),
    ({"currency": "XXX"}, "unsupported_currency", "currency"),
    ({"currency": "inr"}, "unsupported_currency", "currency"),
    ({"currency": 356}, "invalid_type", "currency"),
    ({"method": GONE}, "field_missing", "method"),
    ({"method": "card"}, "invalid_type", "method"),
    ({"method": {}}, "field_missing", "method.type"),
    ({"method": {"type": "cash"}}, "invalid_value", "method.type"),
    ({"method": {"type": ["card"]}}, "invalid_type", "method.type"),
    ({"method": {"type": "card"}}, "field_missing", "method.card"),
    ({"method": {**a_card(), "upi": {"vpa": "a@b"}}}, "unknown_field", "method.upi"),
    ({"method": a_card(number=GONE)}, "field_missing", "method.card.number"),
    ({"method": a_card(number=int(NUMBER))}, "invalid_type", "method.card.number"),
    ({"method": a_card(number="5105105105105101")}, "invalid_card_number", "method.card.number"),
    ({"method": a_card(number="5105 1051 0510 5100")}, "invalid_card_number", "method.card.number"),
    ({"method": a_card(number="٤" * 16)}, "invalid_card_number", "method.card.number"),
    ({"method": a_card(number="42424242424")}, "invalid_card_number", "method.card.number"),
    ({"method": a_card(number="4" * 20)}, "invalid_card_number", "method.card.number"),
    ({"method": a_card(exp_month=0)}, "invalid_expiry", "method.card.exp_month"),
    ({"method": a_card(exp_month=13)}, "invalid_expiry", "method.card.exp_month"),
    ({"method": a_card(exp_month="12")}, "invalid_type", "method.card.exp_month"),
    ({"method": a_card(exp_year=30)}, "invalid_expiry", "method.card.exp_year"),
    ({"method": a_card(exp_year=2025)}, "card_expired", "method.card.exp_year"),
    ({"method": a_card(exp_month=10, exp_year=2026)}, "card_expired", "method.card.exp_month"),
    ({"method": a_card(cvc="12")}, "invalid_cvc", "method.card.cvc"),
    ({"method": a_card(cvc="12345")}, "invalid_cvc", "method.card.cvc"),
    ({"method": a_card(cvc="12a")}, "invalid_cvc", "method.card.cvc"),
    ({"method": a_card(cvc=123)}, "invalid_type", "method.card.cvc"),
    ({"method": a_card(holder="A B")}, "unknown_field", "method.card.holder"),
    ({"method": upi("invalid@upi")}, "invalid_vpa", "method.upi.vpa"),
    ({"method": upi("Invalid@UPI")}, "invalid_vpa", "method.upi.vpa"),
    ({"method": upi("nobody")}, "invalid_vpa", "method.upi.vpa"),
    ({"method": upi("a b@upi")}, "invalid_vpa", "method.upi.vpa"),
    ({"method": upi("name@bank\n")}, "invalid_vpa", "method.upi.vpa"),
    ({"method": upi("a@b@c")}, "invalid_vpa", "method.upi.vpa"),
    ({"method": upi("ab@upi", flow="push")}, "invalid_value", "method.upi.flow"),
    ({"method": a_wallet("test_other")}, "invalid_wallet", "method.wallet.wallet_id"),
    ({"method": a_wallet("w")}, "invalid_wallet", "method.wallet.wallet_id"),
    ({"method": {"type": "token", "token": "tok_x"}}, "invalid_token", "method.token"),
    ({"method": {"type": "token", "token": {}}}, "invalid_type", "method.token"),
    ({"capture_method": "later"}, "invalid_value", "capture_method"),
    ({"reference": ""}, "too_short", "reference"),
    ({"reference": "x" * 256}, "too_long", "reference"),
    ({"reference": 1001}, "invalid_type", "reference"),
    ({"description": "x" * 1001}, "too_long", "description"),
    ({"customer": []}, "invalid_type", "customer"),
    ({"customer": {"name": "A"}}, "unknown_field", "customer.name"),
    ({"customer": {"email": "nobody"}}, "invalid_format", "customer.email"),
    ({"customer": {"ip": "300.1.1.1"}}, "invalid_format", "customer.ip"),
    ({"customer": {"country": "India"}}, "too_long", "customer.country"),
    ({"customer": {"country": "in"}}, "invalid_format", "customer.country"),
    ({"metadata": {"a": 1}}, "invalid_type", "metadata.a"),
    ({"metadata": {"a": None}}, "invalid_type", "metadata.a"),
    ({"metadata": {"a": "x" * 501}}, "too_long", "metadata.a"),
    ({"metadata": {"x" * 41: "v"}}, "too_long", "metadata"),
    ({"metadata": {"": "v"}}, "too_short", "metadata"),
    ({"metadata": {str(n): "v" for n in range(21)}}, "too_many", "metadata"),
    ({"metadata": ["a"]}, "invalid_type", "metadata"),
    ({"routing": {"strategy": "luck"}}, "unknown_strategy", "routing.strategy"),
    ({"routing": {"providers": []}}, "too_few", "routing.providers"),
    ({"routing": {"providers": ["a", "a"]}}, "repeated_value", "routing.providers"),
    ({"routing": {"providers": ["a", 1]}}, "invalid_type", "routing.providers[1]"),
    ({"routing": {"providers": [{}]}}, "invalid_type", "routing.providers[0]"),
    ({"routing": {"weights": {}}}, "unknown_field", "routing.weights"),
    ({"settlement_currency": "ABC"}, "unsupported_currency", "settlement_currency"),
    ({"id": "pay_1"}, "unknown_field", "id"),
    ({"merchant_id": "mer_1"}, "unknown_field", "merchant_id"),
    ({"status": "succeeded"}, "unknown_field", "status"),
    ({"amount_captured": 100}, "unknown_field", "amount_captured"),
    ({"fees": {}}, "unknown_field", "fees"),
    ({"reference": NUMBER}, "card_data_not_allowed", "reference"),
    ({"description": f"card {NUMBER}!"}, "card_data_not_allowed", "description"),
    ({"metadata": {"card": "5105 1051 0510 5100"}}, "card_data_not_allowed", "metadata.card"),
    ({"metadata": {"5105-1051-0510-5100": ""}}, "card_data_not_allowed", "metadata"),
    ({"customer": {"id": "4242424242424242"}}, "card_data_not_allowed", "customer.id"),
    ({"description": "5105.1051.0510.5100"}, "card_data_not_allowed", "description"),
    ({"description": FULL_WIDTH}, "card_data_not_allowed", "description"),
    ({"routing": {"providers": [f"p{NUMBER}"]}}, "card_data_not_allowed", "routing.providers[0]"),
    (
        {"method": {"type": "upi", "upi": {"vpa": f"{NUMBER}@upi"}}},
        "card_data_not_allowed",
        "method.upi.vpa",
    ),
]


class TestAPaymentThatIsRefused:
    @pytest.mark.parametrize(
        ("changes", "code", "param"),
        REFUSED,
        ids=[f"{c}-{p}-{n}" for n, (_, c, p) in enumerate(REFUSED)],
    )
    def test_with_code_and_place(self, changes: dict[str, Any], code: str, param: str) -> None:
        assert refusal(**changes) == (code, param)

    @pytest.mark.parametrize("card", [a_card(exp_year=2020), a_card(number="5105105105105101")])
    def test_without_a_digit_of_the_card(self, card: dict[str, Any]) -> None:
        with pytest.raises(InvalidRequest) as caught:
            parsed(method=card)

        assert card["card"]["number"][:4] not in f"{caught.value}{caught.value.message}"

    def test_but_long_numbers_that_are_no_card_are_fine_in_free_text(self) -> None:
        harmless = ["1732363200123", "17323632001234567", "+49 1512 3456789", "8" * 16]

        assert [parsed(reference=text).reference for text in harmless] == harmless


class TestTokens:
    def test_a_card_is_taken(self) -> None:
        assert parse_create_token({"card": CARD}, NOW) == CardData(NUMBER, 12, 2030, "123")

    @pytest.mark.parametrize(
        ("body", "code", "param"),
        [
            ({}, "field_missing", "card"),
            ({"card": CARD, "merchant_id": "mer_1"}, "unknown_field", "merchant_id"),
            (
                {"card": {**CARD, "number": "1234567890123456"}},
                "invalid_card_number",
                "card.number",
            ),
            ({"card": {**CARD, "exp_year": 2021}}, "card_expired", "card.exp_year"),
        ],
    )
    def test_mistakes(self, body: dict[str, Any], code: str, param: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            parse_create_token(body, NOW)

        assert (caught.value.code, caught.value.param) == (code, param)


class TestMerchants:
    def test_terms_are_taken(self) -> None:
        body = {"name": "Acme", "settlement_currency": "USD", "fees": {"bps": 50}}

        assert parse_create_merchant(body) == (
            "Acme",
            MerchantTerms(name="Acme", settlement_currency="USD", fees=FeeTerms(50, 0)),
        )

    def test_a_key_is_secret_unless_said_otherwise(self) -> None:
        assert parse_create_key({}) is Principal.MERCHANT
        assert parse_create_key({"kind": "publishable"}) is Principal.PUBLISHABLE

    @pytest.mark.parametrize(
        ("body", "code", "param"),
        [
            ({}, "field_missing", "name"),
            ({"name": "  "}, "invalid_format", "name"),
            ({"name": "A", "fees": {"bps": 10001}}, "too_large", "fees.bps"),
            ({"name": "A", "fees": {"bps": 1.5}}, "invalid_type", "fees.bps"),
            ({"name": "A", "fees": {"fixed_minor": -1}}, "too_small", "fees.fixed_minor"),
            ({"name": "A", "id": "mer_1"}, "unknown_field", "id"),
        ],
    )
    def test_mistakes(self, body: dict[str, Any], code: str, param: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            parse_create_merchant(body)

        assert (caught.value.code, caught.value.param) == (code, param)

    def test_a_change_of_nothing_is_refused(self) -> None:
        with pytest.raises(InvalidRequest) as caught:
            parse_update_merchant({})

        assert caught.value.code == "too_few"
