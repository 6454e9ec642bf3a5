"""Reading payments, and refusing bad ones, through both kinds of API."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow import wiring
from payflow.api.openapi import openapi_document
from payflow.domain.ids import derived_id
from payflow.domain.outcomes import Outcome
from payflow.domain.payment import Claim, Payment, Status, moved
from tests.integration.conftest import NewShop, Shop
from tests.support.api_client import ApiClient
from tests.support.builders import a_payment, a_result, a_vpa, tried

PAYMENTS = "/api/v1/payments"
NUMBER = "5105105105105100"
DOCUMENT = openapi_document()


def stored(merchant_id: str, number: int, **changes: Any) -> Payment:
    """A payment of that merchant, in the table; the later the number, the newer."""
    now = wiring.clock().now()
    payment = a_payment(
        id=derived_id("pay", merchant_id, str(number)),
        merchant_id=merchant_id,
        claim=Claim("0" * 64),
        created_at=now,
        updated_at=now,
        **changes,
    )
    wiring.payments().create(payment)
    wiring.clock().sleep_ms(2)
    return payment


def fits(document: Any, schema: str) -> bool:
    """Whether an answer is as the OpenAPI document promises; says why not."""
    wanted = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(wanted).validate(document)
    return True


class TestOnePayment:
    def test_is_shown_to_its_merchant_and_to_operators(
        self, shop: Shop, operator: ApiClient
    ) -> None:
        payment = stored(shop.id, 1)

        answer = shop.api.get(f"{PAYMENTS}/{payment.id}")

        assert answer.status == 200
        assert answer.document["id"] == payment.id
        assert fits(answer.document, "Payment")
        assert operator.get(f"{PAYMENTS}/{payment.id}").document == answer.document

    def test_looks_like_none_to_another_merchant(self, shop: Shop, new_shop: NewShop) -> None:
        theirs = stored(new_shop().id, 1)

        for tail in ("", "/timeline"):
            foreign = shop.api.get(f"{PAYMENTS}/{theirs.id}{tail}")
            none = shop.api.get(f"{PAYMENTS}/pay_none{tail}")
            different = {"request_id"}
            assert foreign.refusal == none.refusal == (404, "payment_not_found", None)
            assert {k: v for k, v in foreign.error.items() if k not in different} == {
                k: v for k, v in none.error.items() if k not in different
            }

    def test_has_a_timeline(self, shop: Shop) -> None:
        payment = stored(shop.id, 1, method=a_vpa())
        done = tried(payment, "mockUpiA", a_result(Outcome.APPROVED), at=payment.created_at)
        succeeded = moved(done, Status.SUCCEEDED, payment.created_at + timedelta(seconds=1))
        wiring.payments().save(replace(succeeded, version=2))

        answer = shop.api.get(f"{PAYMENTS}/{payment.id}/timeline")

        assert fits(answer.document, "Timeline")
        assert [one["type"] for one in answer.document["data"]] == [
            "payment.created",
            "attempt.started",
            "payment.processing",
            "attempt.finished",
            "payment.succeeded",
        ]


class TestTheList:
    def test_pages_through_a_merchants_own_payments_newest_first(
        self, shop: Shop, new_shop: NewShop
    ) -> None:
        mine = [stored(shop.id, number).id for number in range(5)]
        stored(new_shop().id, 1)
        seen: list[str] = []
        query = "?limit=2"

        while query:
            page = shop.api.get(f"{PAYMENTS}{query}").document
            assert fits(page, "PaymentPage")
            seen += [payment["id"] for payment in page["data"]]
            query = page["next_cursor"] and f"?limit=2&cursor={page['next_cursor']}"

        assert seen == mine[::-1]

    def test_filters(self, shop: Shop) -> None:
        upi = stored(shop.id, 1, method=a_vpa(), reference="order-7")
        stored(shop.id, 2, reference="order-7")

        found = shop.api.get(f"{PAYMENTS}?method=upi&reference=order-7&status=pending").document

        assert [payment["id"] for payment in found["data"]] == [upi.id]
        assert shop.api.get(f"{PAYMENTS}?status=failed").document == {
            "data": [],
            "next_cursor": None,
        }

    def test_shows_an_operator_those_of_all_merchants(
        self, shop: Shop, new_shop: NewShop, operator: ApiClient
    ) -> None:
        ids = {stored(shop.id, 1).id, stored(new_shop().id, 1).id}

        page = operator.get(PAYMENTS).document

        assert {payment["id"] for payment in page["data"]} == ids

    def test_a_cursor_of_another_merchant_is_refused(self, shop: Shop, new_shop: NewShop) -> None:
        other = new_shop()
        for number in range(3):
            stored(shop.id, number)
            stored(other.id, number)
        cursor = other.api.get(f"{PAYMENTS}?limit=1").document["next_cursor"]

        answer = shop.api.get(f"{PAYMENTS}?limit=1&cursor={cursor}")

        assert answer.refusal == (422, "invalid_cursor", "cursor")

    @pytest.mark.parametrize(
        ("query", "code", "param"),
        [
            ("limit=0", "too_small", "limit"),
            ("limit=101", "too_large", "limit"),
            ("cursor=x", "invalid_cursor", "cursor"),
            ("status=paid", "invalid_value", "status"),
            ("sort=amount", "unknown_parameter", "sort"),
            ("created_from=now", "invalid_format", "created_from"),
        ],
    )
    def test_mistakes(self, shop: Shop, query: str, code: str, param: str) -> None:
        assert shop.api.get(f"{PAYMENTS}?{query}").refusal == (422, code, param)


def a_body(**changes: Any) -> dict[str, Any]:
    card = {"number": NUMBER, "exp_month": 12, "exp_year": 2035, "cvc": "123"}
    return {
        "amount": 100,
        "currency": "INR",
        "method": {"type": "card", "card": card},
        **changes,
    }


class TestARefusedCreation:
    @pytest.mark.parametrize(
        ("body", "headers", "refusal"),
        [
            (a_body(), {}, (400, "idempotency_key_required", None)),
            (a_body(), {"Idempotency-Key": "é"}, (400, "idempotency_key_malformed", None)),
            (a_body(amount=0), {"Idempotency-Key": "k"}, (422, "amount_too_small", "amount")),
            (a_body(status="succeeded"), {"Idempotency-Key": "k"},
             (422, "unknown_field", "status")),
            (a_body(**{NUMBER: 1}), {"Idempotency-Key": "k"}, (422, "unknown_field", "…")),
            (a_body(), {"Idempotency-Key": "k", "Content-Type": "text/plain"},
             (415, "unsupported_media_type", None)),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong_and_leaves_nothing_behind(
        self,
        shop: Shop,
        dynamodb: DynamoDBClient,
        body: Any,
        headers: dict[str, str],
        refusal: tuple[Any, ...],
    ) -> None:
        answer = shop.api.post(PAYMENTS, body, headers=headers)

        assert answer.refusal == refusal
        assert NUMBER not in answer.body
        assert dynamodb.scan(TableName="payments")["Items"] == []
        assert dynamodb.scan(TableName="vault")["Items"] == []

    def test_an_operator_cannot_create(self, operator: ApiClient) -> None:
        answer = operator.post(PAYMENTS, a_body(), headers={"Idempotency-Key": "k"})

        assert answer.refusal == (403, "key_not_permitted", None)

    def test_a_publishable_key_cannot_create_or_read(self, new_shop: NewShop) -> None:
        api = new_shop("publishable_key").api

        created = api.post(PAYMENTS, a_body(), headers={"Idempotency-Key": "k"})

        assert created.refusal == (403, "key_not_permitted", None)
        assert api.get(PAYMENTS).refusal == (403, "key_not_permitted", None)


class TestErrorsEverywhere:
    def test_have_the_one_shape(self, shop: Shop, kind: Any) -> None:
        answers = [
            ApiClient(kind).get(PAYMENTS),
            ApiClient(kind, "sk_test_unknown").get(PAYMENTS),
            shop.api.get("/nowhere"),
            shop.api.call("DELETE", PAYMENTS),
            shop.api.get("/internal/health"),
            shop.api.post(PAYMENTS, body="{", headers={"Content-Type": "application/json",
                                                       "Idempotency-Key": "k"}),
            shop.api.get(f"{PAYMENTS}/pay_none"),
        ]  # fmt: skip

        assert [answer.status for answer in answers] == [401, 401, 404, 405, 403, 400, 404]
        for answer in answers:
            assert fits(answer.document, "Error")
            assert answer.headers["X-Request-Id"] == answer.error["request_id"]
            assert json.loads(answer.body)
