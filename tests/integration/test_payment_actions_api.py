"""Capture, cancel and refund through both kinds of API, on the real adapters and providers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from payflow import wiring
from payflow.api.openapi import openapi_document
from tests.integration.conftest import NewShop, Shop
from tests.integration.executions import ImmediateWorkflow
from tests.support.api_client import Answer, ApiClient

PAYMENTS = "/api/v1/payments"
APPROVED = "4242424242424242"
DOCUMENT = openapi_document()


def fits(document: Any, schema: str) -> bool:
    """Whether an answer is as the OpenAPI document promises; says why not."""
    wanted = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(wanted).validate(document)
    return True


@pytest.fixture(autouse=True)
def workflow(fresh_wiring: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImmediateWorkflow]:
    """Executions that end before the request that started them is answered."""
    functions = json.dumps({kind: f"call_{kind}_provider" for kind in ("card", "upi", "wallet")})
    monkeypatch.setenv("PROVIDER_FUNCTIONS", functions)
    immediate = ImmediateWorkflow()
    monkeypatch.setattr(wiring, "workflow", lambda: immediate)
    yield immediate


def paid(shop: Shop, key: str = "p", *, capture: str = "automatic", number: str = APPROVED) -> str:
    card = {"number": number, "exp_month": 12, "exp_year": 2035, "cvc": "123"}
    body = {
        "amount": 1_000, "currency": "INR", "method": {"type": "card", "card": card},
        "capture_method": capture,
    }  # fmt: skip
    answer = shop.api.post(PAYMENTS, body, headers={"Idempotency-Key": key})
    assert answer.status == 201, answer.body
    return str(answer.document["id"])


def act(api: ApiClient, payment_id: str, action: str, key: str = "k", **body: Any) -> Answer:
    return api.post(f"{PAYMENTS}/{payment_id}/{action}", body, headers={"Idempotency-Key": key})


class TestCapture:
    def test_answers_with_the_payment(self, shop: Shop) -> None:
        payment_id = paid(shop, capture="manual")

        part = act(shop.api, payment_id, "capture", "1", amount=400)
        rest = act(shop.api, payment_id, "capture", "2")

        assert (part.status, part.document["status"]) == (200, "authorized")
        assert (rest.document["status"], rest.document["amount_captured"]) == ("succeeded", 1_000)
        assert fits(rest.document, "Payment")
        assert shop.api.get(f"{PAYMENTS}/{payment_id}").document == rest.document

    def test_takes_an_empty_body_for_all_that_is_left(self, shop: Shop) -> None:
        payment_id = paid(shop, capture="manual")

        path, key = f"{PAYMENTS}/{payment_id}/capture", {"Idempotency-Key": "k"}
        answer = shop.api.post(path, headers=key)

        assert answer.document["amount_captured"] == 1_000
        assert shop.api.post(path, {}, headers=key).body == answer.body

    def test_refuses_more_than_was_authorised(self, shop: Shop) -> None:
        answer = act(shop.api, paid(shop, capture="manual"), "capture", amount=1_001)

        assert answer.refusal == (422, "capture_exceeds_authorized", "amount")

    def test_refuses_a_payment_that_waits_for_none(self, shop: Shop) -> None:
        answer = act(shop.api, paid(shop), "capture", amount=1)

        assert answer.refusal == (409, "payment_not_capturable", None)


class TestCancel:
    def test_answers_with_the_canceled_payment_and_posts_nothing(self, shop: Shop) -> None:
        payment_id = paid(shop, capture="manual")

        answer = act(shop.api, payment_id, "cancel")

        assert (answer.status, answer.document["status"]) == (200, "canceled")
        assert shop.api.get("/api/v1/ledger/accounts").document["data"] == []

    def test_refuses_what_was_captured(self, shop: Shop) -> None:
        assert act(shop.api, paid(shop), "cancel").refusal == (409, "payment_not_cancelable", None)


class TestRefund:
    def test_is_answered_found_and_listed_alike(self, shop: Shop, operator: ApiClient) -> None:
        payment_id = paid(shop)

        first = act(shop.api, payment_id, "refund", "1", amount=400, reason="damaged")
        second = act(shop.api, payment_id, "refund", "2")

        assert (first.status, first.document["status"]) == (201, "succeeded")
        assert (first.document["amount"], first.document["reason"]) == (400, "damaged")
        assert fits(first.document, "Refund")
        path = f"/api/v1/refunds/{first.document['id']}"
        assert shop.api.get(path).document == operator.get(path).document == first.document
        listed = shop.api.get(f"{PAYMENTS}/{payment_id}/refunds").document
        assert fits(listed, "RefundList")
        assert listed["data"] == [second.document, first.document]

    def test_is_booked(self, shop: Shop) -> None:
        payment_id = paid(shop)
        act(shop.api, payment_id, "refund", amount=400)

        (account,) = shop.api.get("/api/v1/ledger/accounts").document["data"]
        path = f"/api/v1/ledger/accounts/{account['id']}/entries"
        entries = shop.api.get(path).document["data"]

        assert account["debits"] == 400
        assert [(e["operation"], e["direction"]) for e in entries] == [
            ("refund", "debit"),
            ("capture", "credit"),
        ]

    def test_a_replay_gives_the_first_answer(self, shop: Shop, workflow: ImmediateWorkflow) -> None:
        payment_id = paid(shop)
        workflow.held = True
        headers = {"Idempotency-Key": "k", "Prefer": "wait=0"}
        path = f"{PAYMENTS}/{payment_id}/refund"
        first = shop.api.post(path, {"amount": 400}, headers=headers)
        workflow.run()

        again = shop.api.post(path, {"amount": 400}, headers=headers)

        assert first.document["status"] == "pending"
        assert first.headers["Preference-Applied"] == "wait=0"
        assert (again.status, again.body) == (201, first.body)
        assert again.headers["Idempotent-Replayed"] == "true"
        refund = shop.api.get(f"/api/v1/refunds/{first.document['id']}").document
        assert refund["status"] == "succeeded"

    def test_a_key_with_another_body_is_refused(self, shop: Shop) -> None:
        payment_id = paid(shop)
        act(shop.api, payment_id, "refund", amount=400)

        answer = act(shop.api, payment_id, "refund", amount=401)

        assert answer.refusal == (422, "idempotency_key_reused", None)

    def test_refuses_more_than_was_captured(self, shop: Shop) -> None:
        answer = act(shop.api, paid(shop), "refund", amount=1_001)

        assert answer.refusal == (422, "refund_exceeds_captured", "amount")


@pytest.mark.parametrize("action", ["capture", "cancel", "refund"])
class TestEveryAction:
    def test_needs_a_key(self, shop: Shop, action: str) -> None:
        answer = shop.api.post(f"{PAYMENTS}/pay_none/{action}", {})

        assert answer.refusal == (400, "idempotency_key_required", None)

    def test_takes_no_field_that_it_does_not_know(self, shop: Shop, action: str) -> None:
        answer = act(shop.api, "pay_none", action, status="succeeded")

        assert answer.refusal == (422, "unknown_field", "status")

    def test_another_merchants_payment_looks_like_none(
        self, shop: Shop, new_shop: NewShop, action: str
    ) -> None:
        theirs = paid(new_shop(), capture="manual")

        for payment_id in (theirs, "pay_none"):
            answer = act(shop.api, payment_id, action)
            assert answer.refusal == (404, "payment_not_found", None)

    def test_is_the_merchants_alone(self, shop: Shop, operator: ApiClient, action: str) -> None:
        answer = act(operator, paid(shop), action)

        assert answer.refusal == (403, "key_not_permitted", None)


@pytest.mark.parametrize(
    ("action", "body", "refusal"),
    [
        ("capture", {"amount": 0}, (422, "amount_too_small", "amount")),
        ("capture", {"final": "yes"}, (422, "invalid_type", "final")),
        ("refund", {"amount": 1.5}, (422, "invalid_type", "amount")),
        ("refund", {"reason": APPROVED}, (422, "card_data_not_allowed", "reason")),
        ("refund", {"reason": ""}, (422, "too_short", "reason")),
    ],
)
def test_a_bad_request_says_what_is_wrong(
    shop: Shop, action: str, body: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    answer = act(shop.api, "pay_none", action, **body)

    assert answer.refusal == refusal
    assert APPROVED not in answer.body


def test_another_merchants_refund_looks_like_none(shop: Shop, new_shop: NewShop) -> None:
    other = new_shop()
    theirs = act(other.api, paid(other), "refund").document["id"]

    for refund_id in (theirs, "ref_none", theirs[:-1] + "!", "r" * 200):
        answer = shop.api.get(f"/api/v1/refunds/{refund_id}")
        assert answer.refusal == (404, "refund_not_found", None)
