"""Payments in DynamoDB keep what the port promises."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber
from types_boto3_dynamodb import DynamoDBClient

from payflow.aws.payments import DynamoPayments
from payflow.domain.errors import Unavailable, VersionConflict
from payflow.domain.listing import PaymentFilter
from payflow.domain.payment import Status
from tests.integration.stored_payments import (
    ASHAS,
    BELAS,
    a_repository,
    next_version,
    numbered,
)


@pytest.fixture
def payments(dynamodb: DynamoDBClient) -> DynamoPayments:
    return a_repository(dynamodb, ASHAS, BELAS)


def test_a_created_payment_is_read_back_exactly(payments: DynamoPayments) -> None:
    payment = numbered(1, metadata={"b": "2", "a": "1"}, reference="order-1")

    assert payments.create(payment) is None

    stored = payments.get(payment.id)
    assert stored == payment
    assert list(stored.metadata) == ["b", "a"]


def test_an_unknown_payment_is_none(payments: DynamoPayments) -> None:
    assert payments.get("pay_nobody") is None


def test_creating_a_taken_id_stores_nothing_and_returns_what_is_there(
    payments: DynamoPayments,
) -> None:
    first = numbered(1, reference="first")
    payments.create(first)

    assert payments.create(replace(first, reference="second")) == first

    assert payments.get(first.id) == first


def test_twenty_threads_that_create_one_id_make_exactly_one_payment(
    payments: DynamoPayments,
) -> None:
    rivals = [numbered(1, reference=f"thread-{number}") for number in range(20)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(payments.create, rivals))

    winners = [rival for rival, answer in zip(rivals, answers, strict=True) if answer is None]
    assert len(winners) == 1
    assert {answer.reference for answer in answers if answer} == {winners[0].reference}
    assert payments.get(winners[0].id) == winners[0]


def test_a_save_replaces_the_version_before(payments: DynamoPayments) -> None:
    payment = numbered(1)
    payments.create(payment)
    following = next_version(payment, status=Status.PROCESSING)

    payments.save(following)

    assert payments.get(payment.id) == following


def test_a_stale_save_is_a_conflict_and_writes_nothing(payments: DynamoPayments) -> None:
    payment = numbered(1)
    payments.create(payment)
    winner = next_version(payment, reference="winner")
    payments.save(winner)

    with pytest.raises(VersionConflict):
        payments.save(next_version(payment, reference="late"))

    assert payments.get(payment.id) == winner


def test_a_payment_that_is_not_there_cannot_be_saved(payments: DynamoPayments) -> None:
    ghost = next_version(numbered(1))

    with pytest.raises(VersionConflict):
        payments.save(ghost)

    assert payments.get(ghost.id) is None


def test_of_twenty_equal_saves_exactly_one_wins(payments: DynamoPayments) -> None:
    payment = numbered(1)
    payments.create(payment)
    following = next_version(payment, status=Status.PROCESSING)

    def save(_: int) -> bool:
        try:
            payments.save(following)
        except VersionConflict:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(save, range(20))) == 1


def test_a_write_that_the_client_repeats_after_a_lost_answer_is_not_a_conflict(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    once: Callable[..., Any] = dynamodb.put_item

    def twice(**parameters: Any) -> Any:
        once(**parameters)
        return once(**parameters)

    monkeypatch.setattr(dynamodb, "put_item", twice)
    payments = a_repository(dynamodb)
    payment = numbered(1)

    assert payments.create(payment) is None
    payments.save(next_version(payment))


def test_a_time_out_is_unavailable(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def times_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="payments")

    monkeypatch.setattr(dynamodb, "put_item", times_out)

    with pytest.raises(Unavailable) as raised:
        a_repository(dynamodb).create(numbered(1))

    assert raised.value.retryable


@pytest.mark.parametrize(
    ("code", "status"), [("ProvisionedThroughputExceededException", 400), ("Whatever", 500)]
)
def test_a_throttled_read_is_unavailable(dynamodb: DynamoDBClient, code: str, status: int) -> None:
    with Stubber(dynamodb) as stubber:
        stubber.add_client_error("get_item", code, http_status_code=status)

        with pytest.raises(Unavailable):
            a_repository(dynamodb).get("pay_1")


def test_keys_that_stay_unprocessed_are_asked_for_again_and_then_given_up(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    payments = a_repository(dynamodb)
    payments.create(numbered(1))
    asked = []

    def throttled(**parameters: Any) -> Any:
        asked.append(parameters["RequestItems"])
        return {"Responses": {}, "UnprocessedKeys": parameters["RequestItems"]}

    monkeypatch.setattr(dynamodb, "batch_get_item", throttled)
    monkeypatch.setattr("payflow.aws.table_reading.sleep", lambda _: None)

    with pytest.raises(Unavailable):
        payments.list(PaymentFilter(merchant_id=ASHAS, limit=10))

    assert len(asked) == 6
