"""Listings skip nothing, repeat nothing, and end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow.aws.payments import DynamoPayments
from payflow.domain.errors import InvalidRequest
from payflow.domain.listing import PaymentFilter
from payflow.domain.method import MethodType
from payflow.domain.payment import Status
from tests.integration.stored_payments import (
    ASHAS,
    BELAS,
    a_repository,
    all_pages,
    numbered,
)
from tests.support.builders import NOON, a_vpa, later


@pytest.fixture
def payments(dynamodb: DynamoDBClient) -> DynamoPayments:
    return a_repository(dynamodb, ASHAS, BELAS)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_pages_of_any_size_list_every_payment_once_newest_first(
    payments: DynamoPayments, limit: int
) -> None:
    made = [numbered(number) for number in range(7)]
    for payment in made:
        payments.create(payment)
    payments.create(numbered(3, BELAS))

    listed = list(all_pages(payments, PaymentFilter(merchant_id=ASHAS, limit=limit)))

    assert listed == made[::-1]


def test_a_full_last_page_says_that_nothing_follows(payments: DynamoPayments) -> None:
    for number in range(3):
        payments.create(numbered(number))

    page = payments.list(PaymentFilter(merchant_id=ASHAS, limit=3))

    assert len(page.payments) == 3
    assert page.next_after is None


def test_payments_of_one_millisecond_are_neither_skipped_nor_repeated(
    payments: DynamoPayments,
) -> None:
    made = [replace(numbered(number), created_at=NOON) for number in range(9)]
    for payment in made:
        payments.create(payment)

    listed = list(all_pages(payments, PaymentFilter(merchant_id=ASHAS, limit=2)))

    assert [p.id for p in listed] == sorted((p.id for p in made), reverse=True)


def test_a_payment_made_between_two_pages_does_not_move_the_second(
    payments: DynamoPayments,
) -> None:
    for number in range(4):
        payments.create(numbered(number))
    first = payments.list(PaymentFilter(merchant_id=ASHAS, limit=2))

    payments.create(numbered(9))
    second = payments.list(PaymentFilter(merchant_id=ASHAS, limit=2, after=first.next_after))

    assert [p.created_at for p in second.payments] == [later(1), later(0)]


@pytest.mark.parametrize(
    ("criteria", "numbers"),
    [
        ({"status": Status.FAILED}, [12, 6, 0]),
        ({"method": MethodType.UPI}, [15, 10, 5, 0]),
        ({"reference": "order-3"}, [3]),
        ({"status": Status.FAILED, "method": MethodType.UPI}, [0]),
        ({"reference": "nothing"}, []),
    ],
)
def test_a_filter_finds_what_is_far_down(
    payments: DynamoPayments,
    monkeypatch: pytest.MonkeyPatch,
    criteria: dict[str, Any],
    numbers: list[int],
) -> None:
    monkeypatch.setattr("payflow.aws.payments.BATCH_MAX", 4)
    for number in range(16):
        changes: dict[str, Any] = {"reference": f"order-{number}"}
        if number % 6 == 0:
            changes["status"] = Status.FAILED
        if number % 5 == 0:
            changes["method"] = a_vpa()
        payments.create(numbered(number, **changes))

    listed = all_pages(payments, PaymentFilter(merchant_id=ASHAS, limit=2, **criteria))

    assert [p.created_at for p in listed] == [later(number) for number in numbers]


def test_a_search_that_looked_far_enough_gives_a_short_page_and_goes_on_there(
    payments: DynamoPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payflow.aws.payments.SCANNED_MAX", 6)
    monkeypatch.setattr("payflow.aws.payments.BATCH_MAX", 4)
    rare = numbered(0, reference="rare")
    for payment in (rare, *(numbered(number) for number in range(1, 15))):
        payments.create(payment)
    wanted = PaymentFilter(merchant_id=ASHAS, limit=2, reference="rare")

    first = payments.list(wanted)

    assert first.payments == ()
    assert first.next_after is not None
    assert list(all_pages(payments, wanted)) == [rare]


@pytest.mark.parametrize(
    ("created_from", "created_to", "numbers"),
    [
        (later(2), None, [5, 4, 3, 2]),
        (None, later(2), [2, 1, 0]),
        (later(1), later(3), [3, 2, 1]),
        (later(2), later(2), [2]),
        (later(3), later(1), []),
        (later(100), None, []),
    ],
)
def test_the_time_of_creation_bounds_a_listing_on_both_sides(
    payments: DynamoPayments,
    created_from: datetime | None,
    created_to: datetime | None,
    numbers: list[int],
) -> None:
    for number in range(6):
        payments.create(numbered(number))
    wanted = PaymentFilter(
        merchant_id=ASHAS, limit=2, created_from=created_from, created_to=created_to
    )

    listed = all_pages(payments, wanted)

    assert [p.created_at for p in listed] == [later(number) for number in numbers]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_a_listing_across_merchants_is_one_order_in_time(
    payments: DynamoPayments, limit: int
) -> None:
    made = [numbered(number, ASHAS if number % 3 else BELAS) for number in range(10)]
    for payment in made:
        payments.create(payment)

    listed = list(all_pages(payments, PaymentFilter(merchant_id=None, limit=limit)))

    assert listed == made[::-1]


def test_a_listing_across_too_many_merchants_is_refused(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payflow.aws.across_merchants.MERCHANTS_MAX", 1)

    with pytest.raises(InvalidRequest):
        a_repository(dynamodb, ASHAS, BELAS).list(PaymentFilter(merchant_id=None, limit=1))


def test_an_empty_listing_is_an_empty_page(payments: DynamoPayments) -> None:
    for merchant_id in (ASHAS, None):
        page = payments.list(PaymentFilter(merchant_id=merchant_id, limit=5))

        assert (page.payments, page.next_after) == ((), None)
