"""Disputes and payouts on the deployed stack: told over the wire, answered, decided, paid out."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from tests.e2e.harness import Json, Shop, card

APPROVED, DISPUTED = "4242424242424242", "4000000000000259"
WITHIN_S = 120
PAUSE_S = 0.5


def until(found: Callable[[], Json | None]) -> Json:
    """What `found` finds at last."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        document = found()
        if document is not None:
            return document
        time.sleep(PAUSE_S)
    raise AssertionError("not found in time")


def dispute_of(shop: Shop, payment: Json, *statuses: str) -> Json:
    """The payment's dispute once it has one of these statuses."""

    def found() -> Json | None:
        listed = shop.client.get("/api/v1/disputes?limit=100").json()["data"]
        mine = [one for one in listed if one["payment_id"] == payment["id"]]
        return next((one for one in mine if one["status"] in statuses), None)

    return until(found)


def balance(shop: Shop) -> Json:
    (one,) = shop.client.get("/api/v1/balance").json()["data"]
    return dict(one)


def refund(shop: Shop, payment: Json) -> httpx.Response:
    headers = {"Idempotency-Key": uuid4().hex, "Prefer": "wait=20"}
    return shop.client.post(f"/api/v1/payments/{payment['id']}/refund", json={}, headers=headers)


@pytest.mark.parametrize(
    ("text", "outcome"), [("It was delivered.", "won"), ("losing_evidence", "lost")]
)
def test_a_dispute_is_opened_answered_and_decided(
    fresh_shop: Shop, text: str, outcome: str
) -> None:
    payment = fresh_shop.pay(card(DISPUTED), amount=100_000)
    earned = balance(fresh_shop)["payable"]

    dispute = dispute_of(fresh_shop, payment, "needs_response")
    held, refused = balance(fresh_shop), refund(fresh_shop, payment)
    path = f"/api/v1/disputes/{dispute['id']}/evidence"
    answered = fresh_shop.client.post(path, json={"text": text})
    dispute_of(fresh_shop, payment, outcome)

    assert payment["status"] == "succeeded"
    assert (dispute["amount"], dispute["reason"]) == (100_000, "fraudulent")
    assert (held["payable"], held["reserve"]) == (earned - 100_000, 100_000)
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "payment_disputed"
    assert answered.status_code == 200, answered.text
    after = balance(fresh_shop)
    kept = earned if outcome == "won" else earned - 100_000
    assert (after["payable"], after["reserve"]) == (kept, 0)


def test_what_is_settled_is_paid_out_once(fresh_shop: Shop, operator: httpx.Client) -> None:
    payment = fresh_shop.pay(card(APPROVED), amount=100_000)
    _settle_at_once(operator, payment["provider"])
    owed = balance(fresh_shop)["payable"]
    run: Json = {"merchant_id": payment["merchant_id"]}
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()

    (payout,) = _run(operator, run)
    again, another_day = _run(operator, run), _run(operator, {**run, "date": yesterday})

    assert (payout["amount"], payout["carried"]) == (owed, 0)
    assert (again, another_day) == ([payout], [])
    assert balance(fresh_shop)["payable"] == 0
    assert fresh_shop.client.get("/api/v1/payouts").json()["data"] == [payout]
    # Refunded after it was paid: owed by the merchant, and carried.
    assert refund(fresh_shop, payment).status_code == 201
    until(lambda: _with_payable(fresh_shop, -100_000))
    assert _run(operator, {**run, "date": yesterday}) == []


def _with_payable(shop: Shop, minor: int) -> Json | None:
    found = balance(shop)
    return found if found["payable"] == minor else None


def _run(operator: httpx.Client, body: Json) -> list[Json]:
    made = operator.post("/internal/payouts", json=body)
    assert made.status_code == 201, made.text
    return list(made.json()["data"])


def _settle_at_once(operator: httpx.Client, provider: str) -> None:
    """The provider settles what was captured without a day between."""
    path = f"/internal/providers/{provider}"
    shown = operator.get(path).json()
    state = {"object", "health", "faults"}
    document = {name: value for name, value in shown.items() if name not in state}
    document["settlement"] = {**document.get("settlement", {}), "lagDays": 0}
    changed = operator.put(path, json=document)
    assert changed.status_code == 200, changed.text
    time.sleep(6)  # Changes apply within five seconds.
