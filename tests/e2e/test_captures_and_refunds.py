"""Captures, cancellations and refunds on the deployed stack, with real requests at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.e2e.harness import Json, Shop, card, upi, wallet

AMOUNT = 100_000
APPROVED, CAPTURE_FAILS_ONCE = "4242424242424242", "4000000000000077"
REFUND_COMES_BACK, SLOW = "4000000000005126", "4000000000001000"
SETTLE_WITHIN_S = 60


def act(
    shop: Shop, payment_id: str, action: str, key: str | None = None, **body: object
) -> httpx.Response:
    """The raw answer to a capture, cancel or refund."""
    return shop.client.post(
        f"/api/v1/payments/{payment_id}/{action}",
        json=body,
        headers={"Idempotency-Key": key or uuid4().hex, "Prefer": "wait=20"},
    )


def authorized(shop: Shop, number: str = APPROVED) -> str:
    payment = shop.pay(card(number), amount=AMOUNT, capture_method="manual")
    assert payment["status"] == "authorized", payment
    return str(payment["id"])


def captured(shop: Shop, method: Json | None = None) -> str:
    payment = shop.pay(method or card(APPROVED), amount=AMOUNT)
    assert payment["status"] == "succeeded", payment
    return str(payment["id"])


def refunds(shop: Shop, payment_id: str) -> list[Json]:
    answer = shop.client.get(f"/api/v1/payments/{payment_id}/refunds")
    assert answer.status_code == 200, answer.text
    listed: list[Json] = answer.json()["data"]
    return listed


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SETTLE_WITHIN_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.25)
    return True


def payable(shop: Shop) -> int:
    (balance,) = shop.client.get("/api/v1/balance").json()["data"]
    return int(balance["payable"])


class TestRefunds:
    def test_twenty_parallel_tenths_refund_the_payment_exactly(self, fresh_shop: Shop) -> None:
        payment_id = captured(fresh_shop)

        with ThreadPoolExecutor(20) as pool:
            answers = list(
                pool.map(
                    lambda _: act(fresh_shop, payment_id, "refund", amount=AMOUNT // 10), range(20)
                )
            )

        assert Counter(answer.status_code for answer in answers) == {201: 10, 422: 10}
        refused = [answer.json()["error"] for answer in answers if answer.status_code == 422]
        assert {error["code"] for error in refused} == {"refund_exceeds_captured"}
        assert until(
            lambda: all(one["status"] == "succeeded" for one in refunds(fresh_shop, payment_id))
        )
        assert len(refunds(fresh_shop, payment_id)) == 10
        payment = fresh_shop.payment(payment_id)
        assert (payment["status"], payment["amount_refunded"]) == ("succeeded", AMOUNT)
        assert payable(fresh_shop) == -payment["fees"]["platform"]

    @pytest.mark.parametrize("method", [upi("success@upi"), wallet("test_approved")])
    def test_every_method_gives_money_back(self, shop: Shop, method: Json) -> None:
        payment_id = captured(shop, method)

        answer = act(shop, payment_id, "refund")

        assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
        assert shop.payment(payment_id)["amount_refunded"] == AMOUNT

    def test_one_that_comes_back_fails_and_frees_its_amount(self, shop: Shop) -> None:
        payment_id = captured(shop, card(REFUND_COMES_BACK))

        refund = act(shop, payment_id, "refund").json()

        assert until(lambda: refunds(shop, payment_id)[0]["status"] == "failed")
        found = shop.client.get(f"/api/v1/refunds/{refund['id']}").json()
        assert (found["status"], found["payment_id"]) == ("failed", payment_id)
        assert found["failure"]["code"]
        assert shop.payment(payment_id)["amount_refunded"] == 0
        assert act(shop, payment_id, "refund").status_code == 201

    def test_a_replay_gives_the_same_refund_and_another_body_none(self, shop: Shop) -> None:
        payment_id, key = captured(shop), uuid4().hex
        first = act(shop, payment_id, "refund", key, amount=30_000, reason="damaged")

        again = act(shop, payment_id, "refund", key, reason="damaged", amount=30_000)
        other = act(shop, payment_id, "refund", key, amount=40_000)

        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
        assert len(refunds(shop, payment_id)) == 1

    def test_parallel_requests_with_one_key_refund_once(self, shop: Shop) -> None:
        payment_id, key = captured(shop), uuid4().hex

        with ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(lambda _: act(shop, payment_id, "refund", key, amount=10_000), range(8))
            )

        assert {answer.status_code for answer in answers} <= {201, 409}
        assert len({a.content for a in answers if a.status_code == 201}) == 1
        assert len(refunds(shop, payment_id)) == 1

    def test_another_merchants_refund_looks_like_none(self, shop: Shop, fresh_shop: Shop) -> None:
        payment_id = captured(shop)
        refund = act(shop, payment_id, "refund").json()

        foreign = fresh_shop.client.get(f"/api/v1/refunds/{refund['id']}")

        assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "refund_not_found")
        assert act(fresh_shop, payment_id, "refund").status_code == 404


class TestCaptures:
    def test_parts_add_up_and_more_than_was_authorised_is_refused(self, shop: Shop) -> None:
        payment_id = authorized(shop)

        first = act(shop, payment_id, "capture", amount=40_000)
        too_much = act(shop, payment_id, "capture", amount=60_001)
        last = act(shop, payment_id, "capture")

        assert (first.status_code, first.json()["status"]) == (200, "authorized")
        assert first.json()["amount_captured"] == 40_000
        assert too_much.status_code == 422
        assert too_much.json()["error"]["code"] == "capture_exceeds_authorized"
        assert (last.json()["status"], last.json()["amount_captured"]) == ("succeeded", AMOUNT)

    def test_a_final_capture_releases_the_rest(self, shop: Shop) -> None:
        payment_id = authorized(shop)

        done = act(shop, payment_id, "capture", amount=40_000, final=True)
        more = act(shop, payment_id, "capture", amount=1)

        assert (done.json()["status"], done.json()["amount_captured"]) == ("succeeded", 40_000)
        assert more.status_code == 422

    def test_parallel_captures_never_exceed_the_authorisation(self, shop: Shop) -> None:
        payment_id = authorized(shop)

        with ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(lambda _: act(shop, payment_id, "capture", amount=25_000), range(8))
            )

        assert Counter(answer.status_code for answer in answers) == {200: 4, 422: 4}
        assert until(lambda: shop.payment(payment_id)["status"] == "succeeded")
        assert shop.payment(payment_id)["amount_captured"] == AMOUNT

    def test_a_capture_that_fails_once_is_tried_again(self, shop: Shop) -> None:
        payment_id = authorized(shop, CAPTURE_FAILS_ONCE)

        done = act(shop, payment_id, "capture").json()

        assert done["status"] == "succeeded"
        captures = [one for one in done["attempts"] if one["operation"] == "capture"]
        assert [one["outcome"] for one in captures] == ["error", "approved"]

    def test_a_replay_gives_the_first_answer_whatever_happened_since(self, shop: Shop) -> None:
        payment_id, key = authorized(shop), uuid4().hex
        first = act(shop, payment_id, "capture", key, amount=40_000)
        act(shop, payment_id, "capture")

        again = act(shop, payment_id, "capture", key, amount=40_000)

        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"

    def test_what_waits_for_no_capture_takes_none(self, shop: Shop) -> None:
        refused = act(shop, captured(shop), "capture", amount=1)

        assert (refused.status_code, refused.json()["error"]["type"]) == (409, "conflict")


class TestCancellations:
    def test_an_authorised_payment_is_voided(self, fresh_shop: Shop) -> None:
        payment_id, key = authorized(fresh_shop), uuid4().hex

        done = act(fresh_shop, payment_id, "cancel", key)

        assert (done.status_code, done.json()["status"]) == (200, "canceled")
        assert done.json()["attempts"][-1]["operation"] == "void"
        assert fresh_shop.client.get("/api/v1/ledger/accounts").json()["data"] == []
        assert act(fresh_shop, payment_id, "cancel", key).content == done.content
        assert act(fresh_shop, payment_id, "capture").status_code == 409

    def test_one_whose_call_is_in_the_air_is_settled_by_what_the_provider_says(
        self, shop: Shop
    ) -> None:
        created = shop.create(card(SLOW), amount=AMOUNT, capture_method="manual").json()

        done = act(shop, created["id"], "cancel").json()

        assert done["status"] == "canceled"
        first, *verified, last = [one["operation"] for one in done["attempts"]]
        assert (first, last, set(verified)) == ("authorize", "void", {"inquire"})

    def test_what_is_captured_cannot_be_canceled(self, shop: Shop) -> None:
        refused = act(shop, captured(shop), "cancel")

        assert refused.status_code == 409
        assert refused.json()["error"]["code"] == "payment_not_cancelable"


def test_the_books_balance_after_all_of_it(shop: Shop, operator: httpx.Client) -> None:
    payment_id = captured(shop)
    act(shop, payment_id, "refund", amount=12_345)

    trial = operator.get("/api/v1/ledger/trial-balance").json()
    story = shop.client.get(f"/api/v1/payments/{payment_id}/timeline").json()["data"]

    assert all(total["balanced"] for total in trial["currencies"])
    assert [one["type"] for one in story if one["type"].startswith(("refund", "ledger"))] == [
        "ledger.posted",
        "refund.requested",
        "refund.succeeded",
        "ledger.posted",
    ]
