"""The REST variant, as LocalStack's free edition needs it, keeps the same promises."""

from __future__ import annotations

import httpx

from tests.e2e.harness import Deployment, Shop, card, upi, wallet


def test_cards_upi_and_wallets_pay(rest_shop: Shop) -> None:
    methods = [card("4242424242424242"), upi("success@upi"), wallet("test_approved")]

    assert [rest_shop.pay(method)["status"] for method in methods] == ["succeeded"] * 3


def test_a_replay_gives_the_first_answer(rest_shop: Shop) -> None:
    first = rest_shop.create(upi("success@upi"), key="rest-1", wait_s=20)
    replay = rest_shop.create(upi("success@upi"), key="rest-1", wait_s=20)

    assert replay.content == first.content
    assert replay.headers["Idempotent-Replayed"] == "true"


def test_errors_have_the_one_shape(rest_deployment: Deployment, rest_shop: Shop) -> None:
    refused = rest_shop.create(upi("success@upi"), amount=0)
    anonymous = httpx.get(f"{rest_deployment.api_url}/api/v1/payments", timeout=30)
    nowhere = rest_shop.client.get("/api/v1/nowhere")

    answers = (refused, anonymous, nowhere)
    assert [answer.status_code for answer in answers] == [422, 401, 404]
    for answer in answers:
        assert set(answer.json()["error"]) == {
            "type",
            "code",
            "message",
            "param",
            "request_id",
            "doc_url",
            "retryable",
        }
