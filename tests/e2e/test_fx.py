"""Payments that settle in another currency, on the deployed stack."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.e2e.harness import Json, Shop, card

APPROVED = "4242424242424242"


def refund(shop: Shop, payment_id: str, amount: int) -> None:
    answer = shop.client.post(
        f"/api/v1/payments/{payment_id}/refund",
        json={"amount": amount},
        headers={"Idempotency-Key": uuid4().hex, "Prefer": "wait=20"},
    )
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded"), answer.text


def payable(shop: Shop) -> dict[str, int]:
    data = shop.client.get("/api/v1/balance").json()["data"]
    return {one["currency"]: one["payable"] for one in data}


def counter_value(fx: Json, minor: int, shift: int) -> int:
    """`minor` at the rate that is shown, rounded up; the target has `shift` more decimals."""
    numerator, denominator = int(fx["rate"]["numerator"]), int(fx["rate"]["denominator"])
    minor_per_minor: int = numerator * 10**shift
    return -(-minor * minor_per_minor // denominator)


@pytest.mark.parametrize(
    ("source", "target", "amount", "shift"),
    [("USD", "INR", 10_001, 0), ("JPY", "KWD", 9_999, 3)],
)
def test_a_converted_payment_is_owed_and_refunded_in_the_settlement_currency(
    fresh_shop: Shop, operator: httpx.Client, source: str, target: str, amount: int, shift: int
) -> None:
    payment = fresh_shop.pay(
        card(APPROVED), amount=amount, currency=source, settlement_currency=target
    )
    assert payment["status"] == "succeeded", payment
    fx = payment["fx"]
    assert (fx["from"], fx["to"], fx["amount_refunded"]) == (source, target, 0)
    assert payable(fresh_shop)[target] == fx["amount_settled"]

    for part in (1, amount // 3, amount - amount // 3 - 1):
        refund(fresh_shop, payment["id"], part)

    after = fresh_shop.payment(payment["id"])
    assert after["amount_refunded"] == amount
    assert after["fx"] == fx | {"amount_refunded": counter_value(fx, amount, shift)}
    assert payable(fresh_shop)[target] == fx["amount_settled"] - after["fx"]["amount_refunded"]
    trial = operator.get("/api/v1/ledger/trial-balance").json()
    assert {source, target} <= {one["currency"] for one in trial["currencies"]}
    assert all(one["balanced"] for one in trial["currencies"])


def test_a_conversion_without_a_rate_is_refused(shop: Shop) -> None:
    refused = shop.create(card(APPROVED), currency="USD", settlement_currency="BRL")

    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (422, "unsupported_conversion")
    assert error["param"] == "settlement_currency"
