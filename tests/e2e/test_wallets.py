"""Customers' wallets on the deployed stack: topped up, paid from at once, held, refunded."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx

from tests.e2e.harness import Json, Shop, wallet

FULL = 100_000
ASKED_MAX = 6
SETTLE_WITHIN_S = 180
BOOKED_WITHIN_S = 30


def post(shop: Shop, path: str, body: Json, key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key or uuid4().hex, "Prefer": "wait=20"}
    return shop.client.post(path, json=body, headers=headers)


def opened(shop: Shop, *, balance: int = FULL, currency: str = "INR") -> str:
    created = post(shop, "/api/v1/wallets", {"customer_id": "cus_1", "currency": currency})
    assert created.status_code == 201, created.text
    wallet_id = str(created.json()["id"])
    topped_up = post(shop, f"/api/v1/wallets/{wallet_id}/topup", {"amount": balance})
    assert topped_up.status_code == 201, topped_up.text
    assert topped_up.json()["balance"] == balance
    return wallet_id


def state(shop: Shop, wallet_id: str) -> Json:
    answer = shop.client.get(f"/api/v1/wallets/{wallet_id}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def accepted(shop: Shop, wallet_id: str, amount: int) -> str:
    """A new payment, asked for again with its key while the machine is too busy to answer."""
    key = uuid4().hex
    for _ in range(ASKED_MAX):
        created = shop.create(wallet(wallet_id), amount=amount, key=key)
        if created.status_code < 500:
            break
    assert created.status_code == 201, created.text
    return str(created.json()["id"])


def act(shop: Shop, payment: Json, action: str, **body: Any) -> Json:
    answer = post(shop, f"/api/v1/payments/{payment['id']}/{action}", body)
    assert answer.status_code in (200, 201), answer.text
    done: Json = answer.json()
    return done


def booked(operator: httpx.Client, wallet_id: str, *, debits: int, credits: int) -> int:
    """The wallet's balance in the ledger, as soon as that much has been booked on both sides."""
    path = f"/api/v1/ledger/accounts/customer_wallet:{wallet_id}:INR"
    deadline = time.monotonic() + BOOKED_WITHIN_S
    while True:
        answer = operator.get(path)
        account: Json = answer.json() if answer.status_code == 200 else {}
        if (account.get("debits"), account.get("credits")) == (debits, credits):
            return int(account["balance"])
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.25)


def test_of_twenty_parallel_payments_of_more_than_a_tenth_nine_succeed(fresh_shop: Shop) -> None:
    wallet_id, part = opened(fresh_shop), FULL // 10 + 1

    with ThreadPoolExecutor(20) as pool:
        ids = list(pool.map(lambda _: accepted(fresh_shop, wallet_id, part), range(20)))
    payments = [fresh_shop.until_settled(one, SETTLE_WITHIN_S) for one in ids]

    assert Counter(payment["status"] for payment in payments) == {"succeeded": 9, "failed": 11}
    failures = [payment["failure"] for payment in payments if payment["status"] == "failed"]
    assert {(one["code"], one["category"]) for one in failures} == {
        ("insufficient_funds", "customer")
    }
    tried = {attempt["provider"] for payment in payments for attempt in payment["attempts"]}
    assert tried == {"payflowWallet"}
    after = state(fresh_shop, wallet_id)
    assert (after["balance"], after["holds"]) == (FULL - 9 * part, [])


def test_an_authorisation_holds_a_capture_takes_and_a_refund_gives_back(
    fresh_shop: Shop, operator: httpx.Client
) -> None:
    wallet_id = opened(fresh_shop)

    payment = fresh_shop.pay(wallet(wallet_id), amount=60_000, capture_method="manual")
    held = state(fresh_shop, wallet_id)
    too_much = fresh_shop.pay(wallet(wallet_id), amount=40_001)
    act(fresh_shop, payment, "capture", amount=25_000)
    partly = state(fresh_shop, wallet_id)
    captured = act(fresh_shop, payment, "capture", amount=15_000, final=True)
    taken = state(fresh_shop, wallet_id)
    refund = act(fresh_shop, payment, "refund", amount=10_000)
    given_back = state(fresh_shop, wallet_id)

    assert (payment["status"], payment["provider"]) == ("authorized", "payflowWallet")
    assert (held["balance"], held["available"]) == (FULL, 40_000)
    (hold,) = held["holds"]
    assert (hold["payment_id"], hold["amount"]) == (payment["id"], 60_000)
    assert too_much["failure"]["code"] == "insufficient_funds"
    assert (partly["balance"], partly["available"]) == (75_000, 40_000)
    assert (captured["status"], captured["fees"]["provider"]) == ("succeeded", 0)
    assert (taken["balance"], taken["available"], taken["holds"]) == (60_000, 60_000, [])
    assert refund["status"] == "succeeded"
    assert (given_back["balance"], given_back["available"]) == (70_000, 70_000)
    assert booked(operator, wallet_id, debits=40_000, credits=FULL + 10_000) == 70_000


def test_a_canceled_payment_gives_its_hold_back(fresh_shop: Shop) -> None:
    wallet_id = opened(fresh_shop)
    payment = fresh_shop.pay(wallet(wallet_id), amount=60_000, capture_method="manual")

    canceled = act(fresh_shop, payment, "cancel")

    assert canceled["status"] == "canceled"
    assert state(fresh_shop, wallet_id)["available"] == FULL


def test_parallel_top_ups_with_one_key_pay_in_once(fresh_shop: Shop) -> None:
    wallet_id, key = opened(fresh_shop), uuid4().hex
    path = f"/api/v1/wallets/{wallet_id}/topup"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(fresh_shop, path, {"amount": 500}, key), range(8)))
    other = post(fresh_shop, path, {"amount": 501}, key)

    assert {(answer.status_code, answer.content) for answer in answers} == {
        (201, answers[0].content)
    }
    assert [a.headers.get("Idempotent-Replayed") for a in answers].count(None) == 1
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert state(fresh_shop, wallet_id)["balance"] == FULL + 500


def test_a_lost_answer_of_the_wallet_takes_the_money_once(
    fresh_shop: Shop, operator: httpx.Client
) -> None:
    wallet_id = opened(fresh_shop)
    faults = "/internal/providers/payflowWallet/faults"
    broken = operator.put(faults, json={"lost_response_rate": 1, "duration_s": 60})
    assert broken.status_code == 200, broken.text
    try:
        payment = fresh_shop.pay(wallet(wallet_id), amount=60_000)
    finally:
        operator.delete(faults)

    assert payment["status"] == "succeeded", payment
    assert [one["outcome"] for one in payment["attempts"]] == ["unknown", "approved"]
    assert state(fresh_shop, wallet_id)["balance"] == FULL - 60_000


def test_another_merchants_wallet_looks_like_none_and_pays_nothing(
    shop: Shop, fresh_shop: Shop
) -> None:
    wallet_id = opened(shop)

    found = fresh_shop.client.get(f"/api/v1/wallets/{wallet_id}")
    topped_up = post(fresh_shop, f"/api/v1/wallets/{wallet_id}/topup", {"amount": 1})
    paid = fresh_shop.create(wallet(wallet_id), amount=1)

    assert (found.status_code, found.json()["error"]["code"]) == (404, "wallet_not_found")
    assert topped_up.status_code == 404
    assert (paid.status_code, paid.json()["error"]["code"]) == (422, "invalid_wallet")
    assert state(shop, wallet_id)["balance"] == FULL
