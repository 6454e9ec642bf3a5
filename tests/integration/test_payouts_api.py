"""Payouts through both kinds of API and by the schedule, on the real tables."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow import wiring
from payflow.aws.payouts import DynamoPayouts
from payflow.aws.posting_item import postings_from_item
from payflow.domain.booking import capture_transaction, refund_transaction
from payflow.domain.errors import VersionConflict
from payflow.domain.ledger import JournalTransaction
from payflow.domain.money import Money
from payflow.domain.payout import PaidOut, Payout, payout_id, payout_transaction
from tests.integration.conftest import NewShop, Shop
from tests.integration.test_payments_api import fits, stored
from tests.support.api_client import ApiClient
from tests.support.builders import NOON

PAYOUTS, RUN = "/api/v1/payouts", "/internal/payouts"
TWO_DAYS = timedelta(days=2)


def booked(shop: Shop, minor: int, number: int, book: Callable[..., JournalTransaction]) -> None:
    """A payment of two days ago with one booking."""
    payment = stored(shop.id, number, amount_minor=minor)
    posting = book(
        payment_id=payment.id,
        merchant_id=shop.id,
        provider="mockCardA",
        amount=Money(minor, "INR"),
        sequence=1,
        posted_at=wiring.clock().now() - TWO_DAYS,
    )
    wiring.payments().save(replace(payment, version=2, postings=(posting,)))


def capture(shop: Shop, minor: int, number: int = 1) -> None:
    def book(**fact: Any) -> JournalTransaction:
        return capture_transaction(provider_fee_minor=0, platform_fee_minor=0, **fact)

    booked(shop, minor, number, book)


def run(operator: ApiClient, **body: Any) -> list[Any]:
    answer = operator.post(RUN, body or None)
    assert answer.status == 201, answer.body
    assert fits(answer.document, "PayoutList")
    return list(answer.document["data"])


def days_ago(days: int) -> str:
    return (wiring.clock().now().date() - timedelta(days=days)).isoformat()


class TestARun:
    def test_pays_what_is_available_and_books_it(self, shop: Shop, operator: ApiClient) -> None:
        capture(shop, 50_000)

        (payout,) = run(operator)

        assert fits(payout, "Payout")
        assert (payout["merchant_id"], payout["amount"], payout["carried"]) == (shop.id, 50_000, 0)
        assert (payout["status"], payout["date"]) == ("paid", days_ago(0))
        (balance,) = shop.api.get("/api/v1/balance").document["data"]
        assert balance["payable"] == 0
        account = f"/api/v1/ledger/accounts/merchant_payable:{shop.id}:INR/entries"
        entries = shop.api.get(account).document
        assert fits(entries, "EntryPage")
        assert {(one["operation"], one["payment_id"] is None) for one in entries["data"]} == {
            ("capture", False),
            ("payout", True),
        }

    def test_repeated_answers_the_same_and_pays_nothing_more(
        self, shop: Shop, operator: ApiClient
    ) -> None:
        capture(shop, 50_000)

        assert run(operator) == run(operator)
        capture(shop, 30_000, 2)
        assert [one["amount"] for one in run(operator)] == [50_000]
        assert [one["amount"] for one in run(operator, date=days_ago(1))] == [30_000]

    def test_of_one_merchant_leaves_the_others(
        self, shop: Shop, new_shop: NewShop, operator: ApiClient
    ) -> None:
        other = new_shop()
        capture(shop, 50_000)
        capture(other, 60_000)

        assert [one["merchant_id"] for one in run(operator, merchant_id=other.id)] == [other.id]
        assert len(run(operator)) == 2

    def test_keeps_to_the_merchants_minimum(self, shop: Shop, operator: ApiClient) -> None:
        capture(shop, 9_999)
        path = f"/internal/merchants/{shop.id}"

        assert operator.get(path).document["payout_minimum"] == 10_000
        assert run(operator) == []
        changed = operator.call("PATCH", path, {"payout_minimum": 9_999})

        assert changed.document["payout_minimum"] == 9_999
        assert [one["amount"] for one in run(operator)] == [9_999]

    def test_offsets_what_was_refunded_after_it_was_paid(
        self, shop: Shop, operator: ApiClient
    ) -> None:
        capture(shop, 50_000)
        run(operator, date=days_ago(2))
        booked(shop, 20_000, 2, refund_transaction)

        assert run(operator, date=days_ago(1)) == []
        capture(shop, 35_000, 3)
        assert [one["amount"] for one in run(operator)] == [15_000]

    def test_by_many_at_once_pays_once(self, shop: Shop, operator: ApiClient) -> None:
        capture(shop, 50_000)
        wiring.pay_out_merchants()

        with ThreadPoolExecutor(6) as pool:
            runs = list(pool.map(lambda n: run(operator, date=days_ago(n % 3)), range(6)))

        paid = {one["id"]: one["amount"] for payouts in runs for one in payouts}
        assert list(paid.values()) == [50_000]

    @pytest.mark.parametrize(
        ("body", "refusal"),
        [
            ({"date": "2999-01-01"}, (422, "invalid_value", "date")),
            ({"date": "2026-02-30"}, (422, "invalid_format", "date")),
            ({"date": "yesterday"}, (422, "invalid_format", "date")),
            ({"amount": 1}, (422, "unknown_field", "amount")),
            ({"merchant_id": "mer_none"}, (404, "merchant_not_found", None)),
        ],
    )
    def test_mistakes(self, operator: ApiClient, body: Any, refusal: tuple[Any, ...]) -> None:
        answer = operator.post(RUN, body)

        assert answer.status == refusal[0]
        assert answer.error["param"] == refusal[2]

    def test_is_no_business_of_a_merchant(self, shop: Shop) -> None:
        assert shop.api.post(RUN, {}).refusal == (403, "key_not_permitted", None)


class TestReading:
    def test_a_payout_is_shown_to_its_merchant_and_to_operators(
        self, shop: Shop, new_shop: NewShop, operator: ApiClient
    ) -> None:
        capture(shop, 50_000)
        (payout,) = run(operator)
        path = f"{PAYOUTS}/{payout['id']}"

        assert shop.api.get(path).document == operator.get(path).document == payout
        foreign, none = new_shop().api.get(path), shop.api.get(f"{PAYOUTS}/po_none")
        assert foreign.refusal == none.refusal == (404, "payout_not_found", None)

    def test_the_sum_of_payouts_is_no_payout(self, shop: Shop, operator: ApiClient) -> None:
        capture(shop, 50_000)
        run(operator)

        answer = operator.get(f"{PAYOUTS}/paid%23{shop.id}%23INR")

        assert answer.refusal == (404, "payout_not_found", None)

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_pages_of_any_size_list_every_payout_once_newest_first(
        self, shop: Shop, new_shop: NewShop, operator: ApiClient, limit: int
    ) -> None:
        shops = [shop, new_shop()]
        made = []
        for number in range(5):
            for one in shops:
                capture(one, 10_000 + number, number)
                made += run(operator, date=days_ago(5 - number), merchant_id=one.id)

        mine = [one for one in made if one["merchant_id"] == shop.id]
        assert listed(shop.api, limit) == mine[::-1]
        assert listed(operator, limit) == made[::-1]

    def test_a_cursor_is_good_for_its_own_list_only(
        self, shop: Shop, new_shop: NewShop, operator: ApiClient
    ) -> None:
        for number in range(2):
            capture(shop, 10_000, number)
            run(operator, date=days_ago(number))
        cursor = shop.api.get(f"{PAYOUTS}?limit=1").document["next_cursor"]

        answer = new_shop().api.get(f"{PAYOUTS}?limit=1&cursor={cursor}")

        assert answer.refusal == (422, "invalid_cursor", "cursor")


def listed(api: ApiClient, limit: int) -> list[Any]:
    found: list[Any] = []
    query: str | None = f"?limit={limit}"
    while query:
        page = api.get(f"{PAYOUTS}{query}").document
        assert fits(page, "PayoutPage")
        found += page["data"]
        query = page["next_cursor"] and f"?limit={limit}&cursor={page['next_cursor']}"
    return found


class TestTheSchedule:
    def test_pays_everybody(self, shop: Shop, operator: ApiClient) -> None:
        capture(shop, 50_000)

        importlib.import_module("functions.pay_out_merchants").handler({"id": "event"}, None)

        assert [one["amount"] for one in listed(shop.api, 10)] == [50_000]


class TestTheTable:
    def a_payout(self, minor: int = 500, day: int = 0) -> Payout:
        on = NOON.date() + timedelta(days=day)
        identifier = payout_id("mer_a", "INR", on)
        amount = Money(minor, "INR")
        return Payout(
            id=identifier,
            merchant_id="mer_a",
            amount=amount,
            day=on,
            carried_minor=-7,
            created_at=NOON,
            posting=payout_transaction(identifier, "mer_a", amount, NOON),
        )

    def a_repository(self, dynamodb: DynamoDBClient) -> DynamoPayouts:
        return DynamoPayouts(dynamodb, "payouts", merchants=lambda: unused)

    def test_gives_back_every_field(self, dynamodb: DynamoDBClient) -> None:
        payouts, payout = self.a_repository(dynamodb), self.a_payout()

        payouts.add(payout, PaidOut("mer_a", "INR"))

        assert payouts.get(payout.id) == payout
        assert payouts.paid_out("mer_a", "INR") == PaidOut("mer_a", "INR", 500, 1)

    def test_adds_nothing_on_a_sum_that_has_changed_or_for_a_day_that_is_paid(
        self, dynamodb: DynamoDBClient
    ) -> None:
        payouts = self.a_repository(dynamodb)
        before = payouts.paid_out("mer_a", "INR")
        payouts.add(self.a_payout(), before)

        with pytest.raises(VersionConflict):
            payouts.add(self.a_payout(day=1), before)
        with pytest.raises(VersionConflict):
            payouts.add(self.a_payout(), payouts.paid_out("mer_a", "INR"))

        assert payouts.paid_out("mer_a", "INR").total_minor == 500
        assert payouts.get(self.a_payout(day=1).id) is None

    def test_carries_the_booking_as_the_ledger_reads_it(self, dynamodb: DynamoDBClient) -> None:
        payout = self.a_payout()
        self.a_repository(dynamodb).add(payout, PaidOut("mer_a", "INR"))

        items: Any = dynamodb.scan(TableName="payouts")["Items"]

        (item,) = [one for one in items if "postings" in one]
        assert postings_from_item(item) == (payout.posting,)


unused: Any = None
