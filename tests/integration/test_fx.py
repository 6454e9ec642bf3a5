"""Payments that settle in another currency, through both kinds of API, on the real adapters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow import wiring
from payflow.aws.rates_file import DeployedRates
from payflow.domain.fx import quoted
from tests.integration.conftest import Shop
from tests.integration.executions import ImmediateWorkflow
from tests.integration.test_payment_actions_api import APPROVED, PAYMENTS, act, fits
from tests.support.api_client import Answer, ApiClient
from tests.support.builders import NOON

Json = dict[str, Any]
LESS_THAN_A_YEN = {"amount": 57, "currency": "INR", "settlement_currency": "JPY"}


@pytest.fixture(autouse=True)
def workflow(fresh_wiring: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImmediateWorkflow]:
    """Executions that end before the request that started them is answered."""
    functions = json.dumps({kind: f"call_{kind}_provider" for kind in ("card", "upi", "wallet")})
    monkeypatch.setenv("PROVIDER_FUNCTIONS", functions)
    immediate = ImmediateWorkflow()
    monkeypatch.setattr(wiring, "workflow", lambda: immediate)
    yield immediate


def create(shop: Shop, key: str = "p", **fields: Any) -> Answer:
    card = {"number": APPROVED, "exp_month": 12, "exp_year": 2035, "cvc": "123"}
    body = {
        "amount": 10_000, "currency": "USD", "method": {"type": "card", "card": card},
        "settlement_currency": "INR", "routing": {"providers": ["mockCardB"]},
    } | fields  # fmt: skip
    return shop.api.post(PAYMENTS, body, headers={"Idempotency-Key": key})


def paid(shop: Shop, **fields: Any) -> Json:
    """The payment once its execution has ended, with the answer to its creation checked."""
    created = create(shop, **fields)
    assert created.status == 201, created.body
    assert fits(created.document, "Payment")
    return read(shop, created.document["id"])


def read(shop: Shop, payment_id: str) -> Json:
    answer = shop.api.get(f"{PAYMENTS}/{payment_id}")
    assert fits(answer.document, "Payment")
    document: Json = answer.document
    return document


def balance(shop: Shop) -> dict[str, int]:
    data = shop.api.get("/api/v1/balance").document["data"]
    return {one["currency"]: one["payable"] for one in data}


def test_the_merchant_is_owed_in_the_settlement_currency(shop: Shop, operator: ApiClient) -> None:
    payment = paid(shop)

    quote = quoted("USD", "INR", DeployedRates().table(), NOON)
    assert quote is not None
    bought = quote.bought(10_000 - payment["fees"]["platform"])
    assert payment["status"] == "succeeded"
    assert payment["fx"]["spread"] == quote.spread_on(bought)
    assert payment["fx"]["amount_settled"] == bought - quote.spread_on(bought)
    assert balance(shop) == {"INR": payment["fx"]["amount_settled"]}
    trial = operator.get("/api/v1/ledger/trial-balance").document
    assert {one["currency"]: one["balanced"] for one in trial["currencies"]} == {
        "INR": True,
        "USD": True,
    }


def test_partial_refunds_take_what_the_whole_does(shop: Shop) -> None:
    payment = paid(shop, amount=9_999, currency="JPY", settlement_currency="KWD")
    before = balance(shop)["KWD"]

    for number, amount in enumerate((1, 3_333, 5_000, 1_665)):
        assert act(shop.api, payment["id"], "refund", str(number), amount=amount).status == 201

    quote = quoted("JPY", "KWD", DeployedRates().table(), NOON)
    assert quote is not None
    after = read(shop, payment["id"])
    assert after["amount_refunded"] == 9_999
    assert after["fx"]["amount_refunded"] == quote.returned(9_999)
    assert balance(shop)["KWD"] == before - quote.returned(9_999)


def test_captures_in_parts_and_a_cancellation(shop: Shop) -> None:
    parts = paid(shop, key="parts", capture_method="manual")
    canceled = paid(shop, key="canceled", capture_method="manual")
    assert (parts["status"], parts["fx"]["amount_settled"]) == ("authorized", 0)

    first = act(shop.api, parts["id"], "capture", "1", amount=3_333)
    act(shop.api, parts["id"], "capture", "2")
    act(shop.api, canceled["id"], "cancel", "3")

    done = read(shop, parts["id"])
    assert fits(first.document, "Payment")
    assert 0 < read(shop, parts["id"])["fx"]["amount_settled"] == balance(shop)["INR"]
    assert done["status"] == "succeeded"
    assert read(shop, canceled["id"])["status"] == "canceled"
    assert read(shop, canceled["id"])["fx"]["amount_settled"] == 0


def test_a_replay_gives_the_first_answers_bytes(shop: Shop) -> None:
    first = create(shop)
    act(shop.api, first.document["id"], "refund", amount=5_000)

    again = create(shop)

    assert (again.status, again.body) == (201, first.body)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"settlement_currency": "BRL"}, "unsupported_conversion"),
        (LESS_THAN_A_YEN, "settlement_amount_too_small"),
        ({"amount": 10**12}, "settlement_amount_too_large"),
        ({"settlement_currency": "XYZ"}, "unsupported_currency"),
    ],
)
def test_what_cannot_be_converted_is_refused_and_nothing_is_stored(
    shop: Shop, dynamodb: DynamoDBClient, fields: Json, code: str
) -> None:
    refused = create(shop, **fields)

    error = refused.document["error"]
    assert (refused.status, error["code"], error["param"]) == (422, code, "settlement_currency")
    for table in ("payments", "vault"):
        assert dynamodb.scan(TableName=table)["Count"] == 0


def test_the_timeline_tells_of_rate_and_conversion(shop: Shop) -> None:
    payment = paid(shop)

    story = shop.api.get(f"{PAYMENTS}/{payment['id']}/timeline").document

    assert fits(story, "Timeline")
    told = {one["type"]: one for one in story["data"]}
    assert told["fx.quoted"]["rate"] == payment["fx"]["rate"]
    assert ", converted: INR " in told["ledger.posted"]["summary"]
    assert {one["currency"] for one in told["ledger.posted"]["entries"]} == {"USD", "INR"}


def test_a_merchants_own_settlement_currency_converts_nothing_by_itself(shop: Shop) -> None:
    payment = paid(shop, settlement_currency=None)

    assert payment["fx"] is None
    assert balance(shop) == {"INR": 0, "USD": 10_000 - payment["fees"]["platform"]}
