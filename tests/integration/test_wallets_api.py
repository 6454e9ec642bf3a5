"""Customers' wallets through both kinds of API, and payments from them on the real adapters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from payflow import wiring
from tests.integration.conftest import NewShop, Shop
from tests.integration.executions import ImmediateWorkflow
from tests.integration.test_payments_api import fits
from tests.support.api_client import Answer, ApiClient

WALLETS, PAYMENTS = "/api/v1/wallets", "/api/v1/payments"
BODY = {"customer_id": "cus_1", "currency": "INR"}


@pytest.fixture(autouse=True)
def workflow(fresh_wiring: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImmediateWorkflow]:
    """Executions that end before the request that started them is answered."""
    functions = json.dumps({kind: f"call_{kind}_provider" for kind in ("card", "upi", "wallet")})
    monkeypatch.setenv("PROVIDER_FUNCTIONS", functions)
    immediate = ImmediateWorkflow()
    monkeypatch.setattr(wiring, "workflow", lambda: immediate)
    yield immediate


def post(api: ApiClient, path: str, body: dict[str, Any], key: str = "k") -> Answer:
    return api.post(path, body, headers={"Idempotency-Key": key})


def topup(wallet_id: str) -> str:
    return f"{WALLETS}/{wallet_id}/topup"


def opened(shop: Shop, balance: int = 1_000) -> str:
    wallet_id = str(post(shop.api, WALLETS, BODY).document["id"])
    assert post(shop.api, topup(wallet_id), {"amount": balance}, "fund").status == 201
    return wallet_id


def paid(shop: Shop, wallet_id: str, amount: int, key: str, **more: Any) -> Answer:
    method = {"type": "wallet", "wallet": {"wallet_id": wallet_id}}
    body = {"amount": amount, "currency": "INR", "method": method, **more}
    return post(shop.api, PAYMENTS, body, key)


def state(shop: Shop, wallet_id: str) -> Any:
    return shop.api.get(f"{WALLETS}/{wallet_id}").document


def test_a_wallet_is_opened_topped_up_and_seen(shop: Shop, operator: ApiClient) -> None:
    created = post(shop.api, WALLETS, BODY)
    path = f"{WALLETS}/{created.document['id']}"

    topped_up = post(shop.api, f"{path}/topup", {"amount": 700})

    assert (created.status, topped_up.status) == (201, 201)
    assert fits(created.document, "Wallet")
    assert fits(topped_up.document, "Wallet")
    assert (created.document["balance"], topped_up.document["balance"]) == (0, 700)
    assert shop.api.get(path).document == operator.get(path).document == topped_up.document


def test_a_replay_gives_the_same_bytes_and_another_body_nothing(shop: Shop) -> None:
    wallet_id = opened(shop)

    for path, body, other in (
        (WALLETS, BODY, {**BODY, "customer_id": "cus_2"}),
        (topup(wallet_id), {"amount": 5}, {"amount": 6}),
    ):
        first = post(shop.api, path, body)
        again = post(shop.api, path, body)
        reused = post(shop.api, path, other)

        assert (again.status, again.body) == (201, first.body)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert reused.refusal == (422, "idempotency_key_reused", None)
    assert state(shop, wallet_id)["balance"] == 1_005


def test_a_key_is_required_and_a_refusal_consumes_none(shop: Shop) -> None:
    wallet_id = opened(shop)

    missing = shop.api.post(WALLETS, BODY)
    beyond = post(shop.api, topup(wallet_id), {"amount": 10**12})
    accepted = post(shop.api, topup(wallet_id), {"amount": 1})

    assert missing.refusal == (400, "idempotency_key_required", None)
    assert beyond.refusal == (422, "wallet_limit_exceeded", "amount")
    assert accepted.status == 201


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"currency": "INR"}, ("field_missing", "customer_id")),
        ({**BODY, "currency": "XXX"}, ("unsupported_currency", "currency")),
        ({**BODY, "balance": 5}, ("unknown_field", "balance")),
        ({**BODY, "customer_id": "4242424242424242"}, ("card_data_not_allowed", "customer_id")),
    ],
)
def test_a_wrong_body_is_refused_with_its_place(
    shop: Shop, body: dict[str, Any], refusal: tuple[str, str]
) -> None:
    assert post(shop.api, WALLETS, body).refusal == (422, *refusal)


@pytest.mark.parametrize(
    ("amount", "code"),
    [(0, "amount_too_small"), (10**12 + 1, "amount_too_large"), (1.5, "invalid_type")],
)
def test_an_amount_has_its_limits(shop: Shop, amount: object, code: str) -> None:
    assert post(shop.api, topup("wal_1"), {"amount": amount}).refusal == (422, code, "amount")


def test_another_merchants_wallet_looks_like_none(shop: Shop, new_shop: NewShop) -> None:
    wallet_id, stranger = opened(shop), new_shop()

    foreign = stranger.api.get(f"{WALLETS}/{wallet_id}")
    nobodys = stranger.api.get(f"{WALLETS}/wal_none")
    operation = shop.api.get(f"{WALLETS}/{wallet_id}%23fund")

    assert foreign.refusal == nobodys.refusal == operation.refusal
    assert foreign.refusal == (404, "wallet_not_found", None)
    assert post(stranger.api, topup(wallet_id), {"amount": 1}).status == 404
    assert paid(stranger, wallet_id, 1, "p").refusal == (
        422,
        "invalid_wallet",
        "method.wallet.wallet_id",
    )
    assert state(shop, wallet_id)["balance"] == 1_000


def test_a_publishable_key_may_not_touch_wallets(new_shop: NewShop) -> None:
    api = new_shop("publishable_key").api

    assert post(api, WALLETS, BODY).refusal == (403, "key_not_permitted", None)
    assert api.get(f"{WALLETS}/wal_1").status == 403


def test_a_payment_of_what_is_there_succeeds_and_one_more_fails(shop: Shop) -> None:
    wallet_id = opened(shop)

    first = paid(shop, wallet_id, 600, "1").document
    second = paid(shop, wallet_id, 401, "2").document

    done, failed = (shop.api.get(f"{PAYMENTS}/{one['id']}").document for one in (first, second))
    assert (done["status"], done["provider"]) == ("succeeded", "payflowWallet")
    assert (failed["status"], failed["failure"]["code"]) == ("failed", "insufficient_funds")
    assert len(failed["attempts"]) == 1
    assert state(shop, wallet_id)["balance"] == 400


def test_a_hold_is_captured_in_part_released_and_refunded(shop: Shop, operator: ApiClient) -> None:
    wallet_id = opened(shop)
    payment = paid(shop, wallet_id, 600, "1", capture_method="manual").document
    path = f"{PAYMENTS}/{payment['id']}"

    held = state(shop, wallet_id)
    post(shop.api, f"{path}/capture", {"amount": 400, "final": True})
    captured = state(shop, wallet_id)
    refund = post(shop.api, f"{path}/refund", {"amount": 150})

    assert fits(held, "Wallet")
    assert (held["balance"], held["available"]) == (1_000, 400)
    assert [(one["payment_id"], one["amount"]) for one in held["holds"]] == [(payment["id"], 600)]
    assert (captured["balance"], captured["available"], captured["holds"]) == (600, 600, [])
    assert refund.document["status"] == "succeeded"
    assert state(shop, wallet_id)["balance"] == 750
    account = operator.get(f"/api/v1/ledger/accounts/customer_wallet:{wallet_id}:INR").document
    assert account["debits"] == 400


def test_routing_explains_who_serves_which_wallet(operator: ApiClient) -> None:
    def explained(wallet_id: str) -> Any:
        method = {"type": "wallet", "wallet": {"wallet_id": wallet_id}}
        body = {"amount": 100, "currency": "INR", "method": method}
        return operator.post("/internal/routing/explain", body).document["decision"]

    stored, fixed = explained("wal_1"), explained("test_approved")

    assert [one["provider"] for one in stored["candidates"]] == ["payflowWallet"]
    assert {"provider": "mockWalletA", "reason": "wallet_not_served"} in stored["excluded"]
    assert {"provider": "payflowWallet", "reason": "wallet_not_served"} in fixed["excluded"]
