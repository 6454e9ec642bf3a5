"""The payment API's promises on the deployed stack: idempotency, isolation, books, faults."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.e2e.harness import Back, Deployment, Json, ProviderBooks, Shop, card, upi, wallet

PAYMENTS = "/api/v1/payments"
TERMINAL = {"succeeded", "failed", "canceled"}
MIXED = [
    card("4242424242424242"),
    card("5555555555554444"),
    card("4000000000000002"),
    card("4000000000000341"),
    card("4000000000000267"),
    card("4000000000006975"),
    card("4012888888881881"),
    upi("success@upi"),
    upi("asha@okbank"),
    wallet("test_approved"),
]
"""Fixed outcomes and, for two of them, the providers' own models."""


def until(condition: Callable[[], bool], *, within_s: float) -> bool:
    """Whether `condition` comes true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def charged_once(payment: Json) -> list[tuple[str, int]]:
    """What all providers' books together must say of a payment."""
    captured = payment["amount_captured"]
    return [(payment["provider"], captured)] if captured else []


class TestCreation:
    def test_without_waiting_the_payment_is_pending_and_ends_by_itself(self, shop: Shop) -> None:
        created = shop.create(card("4242424242424242")).json()

        assert created["status"] in {"pending", "processing"}
        assert shop.until_settled(created["id"], timeout_s=15)["status"] == "succeeded"

    def test_waiting_is_acknowledged(self, shop: Shop) -> None:
        response = shop.create(upi("success@upi"), wait_s=10)

        assert response.headers["Preference-Applied"] == "wait=10"
        assert response.headers["X-Request-Id"]

    def test_a_wait_that_is_too_short_answers_with_what_is_known(self, shop: Shop) -> None:
        started = time.monotonic()
        payment = shop.create(card("4000000000001000"), wait_s=2).json()

        assert payment["status"] in {"pending", "processing"}
        assert time.monotonic() - started < 6

    def test_a_token_pays_like_its_card(self, shop: Shop) -> None:
        token = shop.client.post("/api/v1/tokens", json={"card": card("5555555555554444")["card"]})
        assert token.status_code == 201, token.text

        payment = shop.pay({"type": "token", "token": token.json()["id"]})

        assert payment["status"] == "succeeded"
        assert payment["method"]["card"]["last4"] == "4444"

    def test_manual_capture_stops_at_authorized(self, shop: Shop) -> None:
        payment = shop.pay(card("4242424242424242"), capture_method="manual")

        assert payment["status"] == "authorized"
        assert (payment["amount_authorized"], payment["amount_captured"]) == (125_000, 0)


class TestIdempotency:
    def test_twenty_parallel_requests_with_one_key_make_one_payment(self, fresh_shop: Shop) -> None:
        key = str(uuid4())

        with ThreadPoolExecutor(20) as pool:
            answers = list(
                pool.map(lambda _: fresh_shop.create(card("4242424242424242"), key=key), range(20))
            )

        created = [answer for answer in answers if answer.status_code == 201]
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert len({answer.content for answer in created}) == 1
        assert sum("Idempotent-Replayed" not in answer.headers for answer in created) == 1
        assert len(fresh_shop.client.get(PAYMENTS).json()["data"]) == 1

    def test_a_replay_gives_the_first_answer_byte_for_byte(self, shop: Shop) -> None:
        key = str(uuid4())
        first = shop.create(card("4242424242424242"), key=key, wait_s=20)

        replay = shop.create(card("4242424242424242"), key=key, wait_s=20)

        assert replay.content == first.content
        assert replay.status_code == 201
        assert replay.headers["Idempotent-Replayed"] == "true"

    def test_a_key_with_another_body_is_refused(self, shop: Shop) -> None:
        key = str(uuid4())
        shop.create(upi("success@upi"), key=key)

        refused = shop.create(upi("success@upi"), key=key, amount=1)

        assert refused.status_code == 422
        assert refused.json()["error"]["code"] == "idempotency_key_reused"

    def test_a_rejected_request_does_not_use_up_its_key(self, shop: Shop) -> None:
        key = str(uuid4())
        rejected = shop.create(upi("success@upi"), key=key, amount=0)

        accepted = shop.create(upi("success@upi"), key=key)

        assert rejected.status_code == 422
        assert rejected.json()["error"]["param"] == "amount"
        assert accepted.status_code == 201

    def test_the_key_is_required(self, shop: Shop) -> None:
        body = {"amount": 1, "currency": "INR", "method": upi("success@upi")}

        response = shop.client.post(PAYMENTS, json=body)

        assert response.status_code == 400
        assert response.json()["error"]["code"] == "idempotency_key_required"


class TestIsolation:
    def test_another_merchants_payment_looks_like_none(self, shop: Shop, fresh_shop: Shop) -> None:
        theirs = shop.pay(upi("success@upi"))["id"]

        foreign = fresh_shop.client.get(f"{PAYMENTS}/{theirs}")
        none = fresh_shop.client.get(f"{PAYMENTS}/pay_nobody")

        assert foreign.status_code == none.status_code == 404
        assert foreign.json()["error"]["code"] == none.json()["error"]["code"]
        assert fresh_shop.client.get(PAYMENTS).json()["data"] == []

    def test_one_key_of_two_merchants_makes_two_payments(
        self, shop: Shop, fresh_shop: Shop
    ) -> None:
        key = str(uuid4())

        ours = shop.pay(upi("success@upi"), key=key)
        theirs = fresh_shop.pay(upi("success@upi"), key=key)

        assert ours["id"] != theirs["id"]

    def test_a_revoked_key_stops_within_five_seconds(
        self, deployment: Deployment, operator: httpx.Client
    ) -> None:
        base = f"/internal/merchants/{Back(operator).new_merchant()['merchant']['id']}/keys"
        made = operator.post(base, json={})
        assert made.status_code == 201, made.text

        with deployment.client(made.json()["api_key"]) as client:
            assert client.get(PAYMENTS).status_code == 200
            revoked = operator.delete(f"{base}/{made.json()['id']}")
            assert revoked.is_success, revoked.text
            assert until(lambda: client.get(PAYMENTS).status_code == 401, within_s=5.5)

    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer sk_test_nobody"}])
    def test_without_a_known_key_nothing_is_shown(
        self, deployment: Deployment, headers: dict[str, str]
    ) -> None:
        response = httpx.get(f"{deployment.api_url}{PAYMENTS}", headers=headers, timeout=30)

        assert response.status_code == 401
        assert response.json()["error"]["type"] == "authentication"


class TestReading:
    def test_pages_are_complete_and_newest_first(self, fresh_shop: Shop) -> None:
        made = [fresh_shop.create(upi("success@upi")).json()["id"] for _ in range(5)]

        seen: list[str] = []
        cursor: str | None = None
        for _ in range(5):
            query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = fresh_shop.client.get(PAYMENTS, params=query).json()
            seen += [payment["id"] for payment in page["data"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break

        assert seen == list(reversed(made))

    def test_filters_select(self, fresh_shop: Shop) -> None:
        fresh_shop.pay(upi("success@upi"), reference="order-7")
        fresh_shop.pay(upi("failure@upi"))

        def found(**query: str) -> list[Json]:
            listed: list[Json] = fresh_shop.client.get(PAYMENTS, params=query).json()["data"]
            return listed

        assert [p["status"] for p in found(status="failed")] == ["failed"]
        assert [p["reference"] for p in found(reference="order-7")] == ["order-7"]

    def test_the_timeline_tells_the_whole_story(self, shop: Shop) -> None:
        payment = shop.pay(card("4000000000000341"))

        story = shop.client.get(f"{PAYMENTS}/{payment['id']}/timeline").json()["data"]

        kinds = " ".join(event["type"] for event in story)
        assert story[0]["type"] == "payment.created"
        assert all(part in kinds for part in ("routing", "attempt", "ledger", "succeeded"))
        assert [event["at"] for event in story] == sorted(event["at"] for event in story)

    def test_the_operator_sees_the_parts_healthy(self, operator: httpx.Client) -> None:
        assert operator.get("/internal/health").status_code == 200


class TestBooks:
    def test_a_capture_is_booked_with_both_fees(self, fresh_shop: Shop) -> None:
        payment = fresh_shop.pay(card("4242424242424242"))

        (account,) = fresh_shop.client.get("/api/v1/ledger/accounts").json()["data"]
        entries = fresh_shop.client.get(f"/api/v1/ledger/accounts/{account['id']}/entries").json()

        owed = 125_000 - payment["fees"]["platform"]
        assert payment["fees"]["platform"] == 1250
        assert account["id"] == f"merchant_payable:{payment['merchant_id']}:INR"
        assert account["balance"] == owed
        assert [(e["direction"], e["amount"]) for e in entries["data"]] == [("credit", owed)]

    def test_two_hundred_mixed_payments_all_end_and_the_books_balance(
        self, fresh_shop: Shop, operator: httpx.Client, deployment: Deployment
    ) -> None:
        chosen = random.Random(7).choices(MIXED, k=200)

        with ThreadPoolExecutor(8) as pool:
            payments = list(pool.map(fresh_shop.pay, chosen))
        balance = operator.get("/api/v1/ledger/trial-balance").json()
        (payable,) = fresh_shop.client.get("/api/v1/ledger/accounts").json()["data"]

        assert {payment["status"] for payment in payments} <= TERMINAL
        assert all(currency["balanced"] for currency in balance["currencies"])
        assert payable["balance"] == sum(
            payment["amount_captured"] - payment["fees"]["platform"] for payment in payments
        )
        charges = ProviderBooks(deployment).charges()
        assert {payment["id"]: charges.get(payment["id"], []) for payment in payments} == {
            payment["id"]: charged_once(payment) for payment in payments
        }


class TestFaults:
    def test_an_outage_sends_payments_elsewhere(
        self, fresh_shop: Shop, operator: httpx.Client
    ) -> None:
        first = fresh_shop.pay(card("4242424242424242"))["provider"]
        faults = f"/internal/providers/{first}/faults"
        broken = operator.put(faults, json={"outage": True, "duration_s": 120})
        assert broken.is_success, broken.text

        try:
            time.sleep(5)  # a change applies within five seconds
            payments = [fresh_shop.pay(card("4242424242424242")) for _ in range(5)]
        finally:
            mended = operator.delete(faults)

        assert mended.is_success, mended.text
        assert {payment["status"] for payment in payments} == {"succeeded"}
        assert first not in {payment["provider"] for payment in payments}

    def test_a_provider_configuration_is_refused_whole(self, operator: httpx.Client) -> None:
        path = f"/internal/providers/{operator.get('/internal/providers').json()['data'][0]['id']}"
        before = operator.get(path).json()

        bad = before | {"timeoutMs": -1, "failureRate": 7}
        refused = operator.put(path, json=bad)

        assert refused.status_code == 422
        assert "timeoutMs" in refused.text
        assert "failureRate" in refused.text
        assert operator.get(path).json()["timeoutMs"] == before["timeoutMs"]
