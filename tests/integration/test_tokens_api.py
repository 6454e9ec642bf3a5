"""Tokens through both kinds of API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow import wiring
from tests.integration.conftest import NewShop, Shop
from tests.integration.test_payments_api import fits
from tests.support.api_client import ApiClient

TOKENS = "/api/v1/tokens"
NUMBER = "5555555555554444"


def a_body(**card: Any) -> dict[str, Any]:
    return {"card": {"number": NUMBER, "exp_month": 12, "exp_year": 2035, **card}}


@pytest.mark.parametrize("key", ["api_key", "publishable_key"])
def test_both_of_a_merchants_keys_make_tokens(new_shop: NewShop, key: str) -> None:
    shop = new_shop(key)

    answer = shop.api.post(TOKENS, a_body(cvc="737"))

    assert answer.status == 201
    assert fits(answer.document, "Token")
    assert answer.document["card"] == {
        "brand": "mastercard",
        "last4": "4444",
        "exp_month": 12,
        "exp_year": 2035,
        "bin": "555555",
    }
    known = wiring.vault().describe(answer.document["id"], shop.id)
    assert known is not None
    assert known.last4 == "4444"


def test_a_token_is_its_merchants_own(shop: Shop, new_shop: NewShop) -> None:
    token = shop.api.post(TOKENS, a_body()).document["id"]

    assert wiring.vault().describe(token, new_shop().id) is None


def test_a_card_has_one_fingerprint_per_merchant_and_many_tokens(
    shop: Shop, new_shop: NewShop
) -> None:
    first, again = (shop.api.post(TOKENS, a_body()).document for _ in range(2))
    renewed = shop.api.post(TOKENS, a_body(exp_year=2040)).document
    other = new_shop().api.post(TOKENS, a_body()).document

    assert first["id"] != again["id"]
    assert first["fingerprint"] == again["fingerprint"] == renewed["fingerprint"]
    assert other["fingerprint"] != first["fingerprint"]


def test_neither_answer_nor_table_holds_the_number(shop: Shop, dynamodb: DynamoDBClient) -> None:
    answer = shop.api.post(TOKENS, a_body(cvc="737"))

    stored = str(dynamodb.scan(TableName="vault")["Items"])
    assert NUMBER not in answer.body
    assert NUMBER not in stored


def test_an_operator_has_no_merchant_to_make_a_token_for(operator: ApiClient) -> None:
    assert operator.post(TOKENS, a_body()).refusal == (403, "key_not_permitted", None)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "field_missing", "card"),
        (a_body(number="5555555555554445"), "invalid_card_number", "card.number"),
        (a_body(exp_year=2020), "card_expired", "card.exp_year"),
        (a_body(cvc="1"), "invalid_cvc", "card.cvc"),
    ],
)
def test_mistakes(shop: Shop, body: Any, code: str, param: str) -> None:
    answer = shop.api.post(TOKENS, body)

    assert answer.refusal == (422, code, param)
    assert "55555" not in json.dumps(answer.document)
