"""`payflow pay`: one payment, told as a story."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tools.conftest import FakeApi, Outcome, RunPayflow

Json = dict[str, Any]
PAYMENT: Json = {
    "id": "pay_1",
    "status": "succeeded",
    "created_at": "2026-01-01T10:00:00.000Z",
    "failure": None,
    "next_action": None,
}
DECLINED: Json = PAYMENT | {
    "status": "failed",
    "failure": {"code": "lost_card", "category": "customer", "message": "The card is lost."},
}
STORY: Json = {
    "data": [
        {"at": "2026-01-01T10:00:00.000Z", "type": "payment.created", "summary": "INR 1250.00"},
        {
            "at": "2026-01-01T10:00:00.750Z",
            "type": "ledger.posted",
            "summary": "INR 1250.00 booked as capture",
            "entries": [
                {
                    "account_id": "receivable:mockCardA",
                    "direction": "debit",
                    "amount": 125000,
                    "currency": "INR",
                },
                {
                    "account_id": "payable:mer_1",
                    "direction": "credit",
                    "amount": 125000,
                    "currency": "INR",
                },
            ],
        },
    ]
}


@pytest.fixture
def pay(payflow: RunPayflow, deployed: Path, api: FakeApi) -> RunPayflow:
    """`payflow pay` against an API at which every payment becomes `PAYMENT`."""
    api.answers["POST", "/api/v1/payments"] = (201, PAYMENT)
    api.answers["GET", "/api/v1/payments/pay_1/timeline"] = (200, STORY)

    def run(*arguments: str) -> Outcome:
        return payflow("pay", *arguments, "--amount", "125000", "--state-dir", str(deployed))

    return run


@pytest.mark.parametrize(
    ("option", "value", "method"),
    [
        ("--vpa", "success@upi", {"type": "upi", "upi": {"vpa": "success@upi"}}),
        ("--wallet", "wal_1", {"type": "wallet", "wallet": {"wallet_id": "wal_1"}}),
    ],
)
def test_the_demo_merchant_pays_by_what_was_named(
    pay: RunPayflow, api: FakeApi, option: str, value: str, method: Json
) -> None:
    outcome = pay(option, value)

    assert outcome.code == 0
    _, _, headers, body = api.requests[0]
    assert headers["Authorization"] == "Bearer sk_test_1"
    assert headers["Idempotency-Key"]
    assert "Prefer" not in headers
    assert body == {"amount": 125000, "currency": "INR", "method": method}


def test_a_card_may_be_written_in_groups_and_has_not_expired(pay: RunPayflow, api: FakeApi) -> None:
    pay("--card", "4242 4242 4242 4242", "--currency", "usd", "--reference", "order-1")

    _, _, _, body = api.requests[0]
    assert body is not None
    assert body["currency"] == "USD"
    assert body["reference"] == "order-1"
    assert body["method"]["card"]["number"] == "4242424242424242"
    assert body["method"]["card"]["exp_year"] > 2026


def test_the_merchant_may_be_owed_in_another_currency(pay: RunPayflow, api: FakeApi) -> None:
    pay("--vpa", "success@upi", "--settle-in", "usd")

    _, _, _, body = api.requests[0]
    assert body is not None
    assert (body["currency"], body["settlement_currency"]) == ("INR", "USD")


def test_the_story_tells_when_what_happened_and_the_ledger(pay: RunPayflow) -> None:
    outcome = pay("--vpa", "success@upi", "--wait")

    assert "pay_1" in outcome.out
    assert "+0.750 s" in outcome.out
    assert "INR 1250.00 booked as capture" in outcome.out
    assert "receivable:mockCardA" in outcome.out
    assert "125,000 INR" in outcome.out


def test_json_is_the_payment_and_nothing_else(pay: RunPayflow) -> None:
    outcome = pay("--vpa", "success@upi", "--json")

    assert json.loads(outcome.out) == PAYMENT


def test_a_payment_that_was_waited_for_and_failed_exits_with_1(
    pay: RunPayflow, api: FakeApi
) -> None:
    api.answers["POST", "/api/v1/payments"] = (201, DECLINED)

    outcome = pay("--card", "4000000000009987", "--wait")

    assert outcome.code == 1
    assert "lost_card" in outcome.out
    assert api.requests[0][2]["Prefer"] == "wait=25"


def test_a_refused_request_is_told_in_the_apis_words(pay: RunPayflow, api: FakeApi) -> None:
    error = {"code": "invalid_vpa", "message": "No such VPA.", "param": "method.upi.vpa"}
    api.answers["POST", "/api/v1/payments"] = (422, {"error": error})

    outcome = pay("--vpa", "invalid@upi")

    assert outcome.code == 1
    assert outcome.out == ""
    assert "422 invalid_vpa: No such VPA. (at method.upi.vpa)" in outcome.err
