"""The journal on a real deployment: holds, captures and voids, any time, and an audit."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from infra_cdk.settings import Target
from tests.e2e.harness import Deployment, Shop, card, run_payflow
from tools.deployment.cloud import Cloud
from tools.deployment.stack import read_outputs

APPROVED = "4242424242424242"


def authorized(shop: Shop, amount: int) -> str:
    payment = shop.pay(card(APPROVED), amount=amount, capture_method="manual")
    assert payment["status"] == "authorized"
    return str(payment["id"])


def act(shop: Shop, payment_id: str, what: str, **body: Any) -> Any:
    answer = shop.client.post(
        f"/api/v1/payments/{payment_id}/{what}",
        json=body,
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    assert answer.is_success, answer.text
    return answer.json()


def payable(shop: Shop, **query: str) -> Any:
    accounts = shop.client.get("/api/v1/ledger/accounts").json()["data"]
    (account,) = [one for one in accounts if one["kind"] == "merchant_payable"]
    return shop.client.get(f"/api/v1/ledger/accounts/{account['id']}", params=query).json()


def verify(deployment: Deployment) -> tuple[int, Any]:
    ran = run_payflow("ledger", "verify", "--json", "--state-dir", str(deployment.state_dir))
    return ran.returncode, json.loads(ran.stdout)


def test_what_is_held_captured_and_released_is_booked_when_it_is_seen(fresh_shop: Shop) -> None:
    first = authorized(fresh_shop, 10_000)
    assert payable(fresh_shop)["pending_credits"] == 10_000
    (owed,) = fresh_shop.client.get("/api/v1/balance").json()["data"]
    assert (owed["payable"], owed["pending"]) == (0, 10_000)

    partly = act(fresh_shop, first, "capture", amount=3_000)
    after_first = payable(fresh_shop)
    act(fresh_shop, first, "capture", amount=2_000, final=True)
    after_last = payable(fresh_shop)
    second = authorized(fresh_shop, 7_000)
    act(fresh_shop, second, "cancel")

    assert (after_first["pending_credits"], after_last["pending_credits"]) == (7_000, 0)
    now, then = payable(fresh_shop), payable(fresh_shop, at=partly["updated_at"])
    assert now == after_last
    assert then == after_first
    entries = fresh_shop.client.get(f"/api/v1/ledger/accounts/{now['id']}/entries").json()["data"]
    assert [entry["operation"] for entry in entries] == ["capture", "capture"]
    assert sum(entry["amount"] for entry in entries) == now["balance"]


def test_the_commands_answer_what_the_api_answers(fresh_shop: Shop, deployment: Deployment) -> None:
    act(fresh_shop, authorized(fresh_shop, 5_000), "capture")
    account = payable(fresh_shop)

    ran = run_payflow(
        *("ledger", "balance", account["id"], "--json"),
        *("--state-dir", str(deployment.state_dir)),
    )

    assert json.loads(ran.stdout) == account | {"at": None}


class LedgerTable:
    """The deployed table, written to behind PayFlow's back; `restore` undoes it."""

    def __init__(self, deployment: Deployment) -> None:
        cloud = Cloud(Target.EMBEDDED, deployment.endpoints["aws_endpoint_url"])
        outputs = read_outputs(cloud)
        assert outputs is not None
        self._dynamodb, self._name = cloud.dynamodb(), outputs["LedgerTable"]
        self._before: Any = None

    def change_a_byte(self) -> tuple[int, int]:
        """Flip one bit of some page; its shard and number."""
        page = self._dynamodb.scan(TableName=self._name, Limit=1)["Items"][0]
        self._before = page
        text = bytearray(page["text"]["B"])
        text[len(text) // 2] ^= 1
        self._dynamodb.put_item(TableName=self._name, Item={**page, "text": {"B": bytes(text)}})
        return int(page["shard"]["S"]), int(page["page"]["N"])

    def restore(self) -> None:
        if self._before is not None:
            self._dynamodb.put_item(TableName=self._name, Item=self._before)


@pytest.fixture
def ledger_table(deployment: Deployment) -> Iterator[LedgerTable]:
    table = LedgerTable(deployment)
    yield table
    table.restore()


def test_an_audit_finds_one_changed_byte(
    fresh_shop: Shop, deployment: Deployment, ledger_table: LedgerTable
) -> None:
    act(fresh_shop, authorized(fresh_shop, 5_000), "capture")
    code, sound = verify(deployment)
    assert (code, sound["ok"]) == (0, True)
    assert sound["transactions"] >= 3

    changed = ledger_table.change_a_byte()

    code, found = verify(deployment)
    assert code == 1
    assert (found["broken"]["shard"], found["broken"]["page"]) == changed
