"""What waits on the deployed stack: nothing runs meanwhile, and it ends by itself when due."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.e2e.harness import Json, Shop, card

CHALLENGE, APPROVED = "4000000000003220", "4242424242424242"
HASTY, CURRENCY = "hastyCard", "CHF"
AUTHORIZATION_MS, APPROVAL_MS = 4_000, 3_000
DUE_WITHIN_S = 60


@pytest.fixture(scope="module")
def hasty(operator: httpx.Client) -> Iterator[str]:
    """A provider whose customers and authorisations have seconds."""
    entry = {
        "id": HASTY,
        "type": "CARD",
        "timeoutMs": 2_000,
        "latencyMs": {"min": 20, "max": 60},
        "approvalTimeoutMs": APPROVAL_MS,
        "authorizationValidityMs": AUTHORIZATION_MS,
        "visibilityMs": 500,
        # Nobody else pays in it, so no other test's payment comes here.
        "currencies": [CURRENCY],
    }
    answer = operator.put(f"/internal/providers/{HASTY}", json=entry)
    assert answer.status_code == 200, answer.text
    time.sleep(2)  # Instances that have read the configuration keep it for a moment.
    yield HASTY


def ended(shop: Shop, payment_id: str, *statuses: str) -> Json:
    """The payment once it has one of `statuses`, within the time that a wake-up may take."""
    deadline = time.monotonic() + DUE_WITHIN_S
    while (payment := shop.payment(payment_id))["status"] not in statuses:
        assert time.monotonic() < deadline, payment
        time.sleep(0.25)
    return payment


def test_a_customer_who_does_not_act_in_time_fails_the_payment(shop: Shop, hasty: str) -> None:
    asked = shop.pay(card(CHALLENGE), currency=CURRENCY, routing={"providers": [hasty]})
    assert asked["status"] == "requires_action"
    assert asked["next_action"]["type"] == "three_ds_redirect"

    payment = ended(shop, asked["id"], "failed")

    assert payment["failure"]["code"] == "customer_timeout"
    assert payment["next_action"] is None
    assert [a["operation"] for a in payment["attempts"]] == ["authorize", "inquire"]


def test_what_nobody_captures_is_voided(shop: Shop, hasty: str) -> None:
    held = shop.pay(
        card(APPROVED), capture_method="manual", currency=CURRENCY, routing={"providers": [hasty]}
    )
    assert held["status"] == "authorized"

    payment = ended(shop, held["id"], "canceled")

    assert payment["attempts"][-1]["operation"] == "void"
    assert payment["attempts"][-1]["outcome"] == "approved"


def test_what_was_captured_before_the_authorisation_lapsed_stands(shop: Shop, hasty: str) -> None:
    held = shop.pay(
        card(APPROVED), capture_method="manual", currency=CURRENCY, routing={"providers": [hasty]}
    )
    captured = shop.client.post(
        f"/api/v1/payments/{held['id']}/capture",
        json={"amount": 1_000},
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert captured.status_code == 200, captured.text

    payment = ended(shop, held["id"], "succeeded")

    assert payment["amount_captured"] == 1_000
    assert [a["operation"] for a in payment["attempts"]] == ["authorize", "capture", "void"]


def test_nothing_needs_a_person_when_all_went_well(operator: httpx.Client) -> None:
    answer = operator.get("/internal/reviews")

    assert (answer.status_code, answer.json()) == (200, {"data": []})


def test_a_payment_that_is_not_flagged_cannot_be_resolved(
    shop: Shop, operator: httpx.Client
) -> None:
    paid = shop.pay(card(APPROVED))
    decision = {"outcome": "declined", "note": "just a try"}

    answer = operator.post(f"/internal/payments/{paid['id']}/resolve", json=decision)

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "no_open_review"
    assert shop.payment(paid["id"]) == paid
