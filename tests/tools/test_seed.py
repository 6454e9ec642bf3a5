"""`payflow seed` without a deployment: what it says, and how it loads."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payflow.aws.attributes import Item
from tests.tools.conftest import FakeApi, RunPayflow
from tools.endpoints import DemoMerchant, Endpoints
from tools.errors import ToolError
from tools.seeding import bulk
from tools.seeding.bulk import BATCH_ITEMS, BulkWriter


def items(count: int) -> list[Item]:
    return [{"id": {"S": f"item-{number}"}} for number in range(count)]


class FakeDynamoDb:
    """Takes batches; of each it first leaves out what `leaves` says."""

    def __init__(self, leaves: Callable[[list[Any]], list[Any]] = lambda _: []) -> None:
        self.tables: dict[str, list[str]] = {}
        self.sizes: list[int] = []
        self._leaves = leaves
        self._lock = threading.Lock()

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:
        ((table, requests),) = RequestItems.items()
        left = self._leaves(requests)
        with self._lock:
            self.sizes.append(len(requests))
            taken = [one for one in requests if one not in left]
            ids = [one["PutRequest"]["Item"]["id"]["S"] for one in taken]
            self.tables.setdefault(table, []).extend(ids)
        return {"UnprocessedItems": {table: left} if left else {}}


class TestBulkWriter:
    def test_everything_is_written_in_batches(self) -> None:
        dynamodb = FakeDynamoDb()

        with BulkWriter(dynamodb) as writer:  # type: ignore[arg-type]
            writer.write("one", items(60))
            writer.write("other", items(3))

        assert len(dynamodb.tables["one"]) == len(set(dynamodb.tables["one"])) == 60
        assert len(dynamodb.tables["other"]) == 3
        assert max(dynamodb.sizes) == BATCH_ITEMS

    def test_what_a_table_does_not_take_is_written_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk, "PAUSE_S", 0)
        dynamodb = FakeDynamoDb(leaves=lambda requests: requests[1:])

        with BulkWriter(dynamodb) as writer:  # type: ignore[arg-type]
            writer.write("one", items(4))

        assert sorted(dynamodb.tables["one"]) == [f"item-{number}" for number in range(4)]

    def test_a_table_that_never_takes_it_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bulk, "PAUSE_S", 0)
        dynamodb = FakeDynamoDb(leaves=lambda requests: requests)

        with (
            pytest.raises(ToolError, match="takes no more"),
            BulkWriter(dynamodb) as writer,  # type: ignore[arg-type]
        ):
            writer.write("one", items(4))


def test_without_a_deployment_it_says_how_to_start_one(payflow: RunPayflow, tmp_path: Path) -> None:
    ended = payflow("seed", "--state-dir", str(tmp_path))

    assert ended.code == 1
    assert "there is no deployment" in ended.err
    assert "payflow up" in ended.err


def test_a_deployment_that_does_not_run_is_told(payflow: RunPayflow, tmp_path: Path) -> None:
    Endpoints(
        target="embedded",
        api_url="http://127.0.0.1:9",
        dashboard_url="http://127.0.0.1:9/",
        operator_key="ok_none",
        demo_merchant=DemoMerchant("mer_none", "sk_test_none"),
        aws_endpoint_url="http://127.0.0.1:9",
    ).write(tmp_path)

    ended = payflow("seed", "--state-dir", str(tmp_path))

    assert ended.code == 1
    assert "http://127.0.0.1:9 does not answer" in ended.err
    assert "payflow status" in ended.err


def test_a_history_can_be_paid_through_the_api_instead(
    payflow: RunPayflow, deployed: Path, api: FakeApi
) -> None:
    api.answers["POST", "/api/v1/payments"] = (201, {"id": "pay_1", "status": "failed"})

    ended = payflow(
        *("seed", "--payments", "5", "--replay-through-api", "--rate", "500"),
        *("--json", "--state-dir", str(deployed)),
    )

    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["payments"] == 5
    keys = {asked[2]["Idempotency-Key"] for asked in api.requests if asked[0] == "POST"}
    assert len(keys) == 5
