"""The control table and the market that routers cache, against DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow.aws import settings
from payflow.aws.control import MARKET_AGE_MAX, CachedMarket, ControlTable
from payflow.domain.control import Control, by_id
from payflow.domain.errors import Unavailable, VersionConflict
from payflow.domain.health import HealthBook, ProviderRecord, Window
from payflow.domain.provider import Faults
from tests.support.builders import NOON, later
from tests.support.fakes import FakeClock
from tests.support.ports import a_document

DEPLOYED = [a_document("mockCardA"), a_document("mockCardB")]
BOOK = HealthBook(
    {"mockCardA": ProviderRecord(NOON, Window(calls=20, judged=20, approved=10))}, ("abcde",)
)


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> ControlTable:
    return ControlTable(dynamodb, settings.control_table(), DEPLOYED)


@contextmanager
def answers(
    client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> Iterator[list[dict[str, Any]]]:
    """Each `BatchGetItem` is counted, and answered by `answer` unless that is None."""
    real, calls = client.batch_get_item, list[dict[str, Any]]()

    def batch_get_item(**request: Any) -> Any:
        calls.append(request)
        return real(**request) if answer is None else answer(request)

    with monkeypatch.context() as patch:
        patch.setattr(client, "batch_get_item", batch_get_item)
        yield calls


class TestControlTable:
    def test_an_empty_table_means_what_was_deployed(self, table: ControlTable) -> None:
        assert table.load() == Control(by_id(DEPLOYED)) == table.deployed

    def test_what_is_stored_comes_back(self, table: ControlTable) -> None:
        overrides = {"mockCardA": a_document(priority=1), "new": a_document("new")}
        faults = {"mockCardB": Faults(failure_rate=0.25, outage=True, until=later(9))}

        table.save_overrides(overrides, 0)
        table.save_faults(faults, 0)
        table.save_health(BOOK, 0)

        control = table.load()
        assert (control.overrides.content, control.overrides.version) == (overrides, 1)
        assert (control.faults.content, control.faults.version) == (faults, 1)
        assert (control.health.content, control.health.version) == (BOOK, 1)
        assert list(control.documents()) == ["mockCardA", "mockCardB", "new"]

    def test_each_record_has_its_own_version(self, table: ControlTable) -> None:
        table.save_health(BOOK, 0)
        table.save_health(BOOK, 1)
        table.save_faults({}, 0)

        control = table.load()

        assert (control.health.version, control.faults.version) == (2, 1)

    @pytest.mark.parametrize("version", [0, 2])
    def test_a_write_over_another_version_is_refused(
        self, table: ControlTable, version: int
    ) -> None:
        table.save_faults({"mockCardA": Faults(outage=True)}, 0)

        with pytest.raises(VersionConflict):
            table.save_faults({}, version)

        assert table.load().faults.content == {"mockCardA": Faults(outage=True)}

    def test_all_three_are_one_request(
        self, table: ControlTable, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with answers(dynamodb, monkeypatch, None) as calls:
            table.load()

        assert len(calls) == 1

    def test_what_was_left_out_of_an_answer_is_asked_for_again(
        self, table: ControlTable, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def nothing(request: dict[str, Any]) -> dict[str, Any]:
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}

        with (
            answers(dynamodb, monkeypatch, nothing) as calls,
            pytest.raises(Unavailable),
        ):
            table.load()

        assert len(calls) == 3

    def test_a_record_that_nobody_can_read_is_empty_and_can_be_replaced(
        self, table: ControlTable, dynamodb: DynamoDBClient
    ) -> None:
        dynamodb.put_item(
            TableName=settings.control_table(),
            Item={"id": {"S": "health"}, "version": {"N": "7"}, "document": {"S": "{"}},
        )

        control = table.load()

        assert (control.health.content, control.health.version) == (HealthBook(), 7)
        table.save_health(BOOK, 7)
        assert table.load().health.content == BOOK


class TestCachedMarket:
    def test_it_is_read_once_within_its_age(
        self, table: ControlTable, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = FakeClock()
        market = CachedMarket(table, clock)

        with answers(dynamodb, monkeypatch, None) as calls:
            for _ in range(5):
                market.snapshot()
            clock.time += MARKET_AGE_MAX
            market.snapshot()

        assert len(calls) == 2

    def test_an_operator_s_change_arrives_within_two_seconds(self, table: ControlTable) -> None:
        clock = FakeClock()
        market = CachedMarket(table, clock)
        market.snapshot()

        table.save_overrides({"mockCardA": a_document(priority=3)}, 0)
        table.save_faults({"mockCardB": Faults(outage=True)}, 0)
        table.save_health(BOOK, 0)
        clock.time += timedelta(seconds=2)

        snapshot = market.snapshot()
        assert [p.priority for p in snapshot.providers] == [3, 100]
        assert snapshot.faults == {"mockCardB": Faults(outage=True)}
        assert snapshot.health["mockCardA"].approval_rate == 0.5

    def test_faults_end_and_breakers_move_on_without_a_read(
        self, table: ControlTable, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = FakeClock()
        table.save_faults({"mockCardB": Faults(outage=True, until=later(0.5))}, 0)
        market = CachedMarket(table, clock)
        assert market.snapshot().faults

        with answers(dynamodb, monkeypatch, None) as calls:
            clock.time = later(0.5)
            assert not market.snapshot().faults

        assert calls == []

    def test_a_table_that_does_not_answer_leaves_the_last_market_in_force(
        self, table: ControlTable, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = FakeClock()
        table.save_overrides({"mockCardA": a_document(priority=3)}, 0)
        market = CachedMarket(table, clock)
        before = market.snapshot()
        clock.time += timedelta(minutes=1)

        def nothing(request: dict[str, Any]) -> dict[str, Any]:
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}

        with answers(dynamodb, monkeypatch, nothing):
            after = market.snapshot()
            never_read = CachedMarket(table, clock).snapshot()

        assert after.providers == before.providers
        assert [p.priority for p in never_read.providers] == [100, 100]

    def test_a_document_gone_bad_leaves_the_last_market_in_force(self, table: ControlTable) -> None:
        clock = FakeClock()
        market = CachedMarket(table, clock)
        market.snapshot()

        table.save_overrides({"mockCardA": {"id": "mockCardA"}}, 0)
        clock.time += timedelta(seconds=2)

        assert [p.id for p in market.snapshot().providers] == ["mockCardA", "mockCardB"]
