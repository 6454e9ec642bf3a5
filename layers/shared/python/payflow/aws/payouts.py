"""Payouts in DynamoDB: an item each, and one more for each merchant and currency that was paid.

    po_…                      a payout with its booking; in by_merchant and by_posting
    paid#<merchant>#<currency>  the sum of the payouts so far and their number; in no index

A payout is added in one transaction with that sum, which must be as it was read. So whoever decided
on an older sum adds nothing, whatever its day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.across_merchants import merged
from payflow.aws.attributes import (
    Item,
    number,
    read_number,
    read_text,
    text,
)
from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.aws.posting_item import postings_from_item, postings_to_attributes
from payflow.domain.errors import VersionConflict
from payflow.domain.money import Money
from payflow.domain.payout import PaidOut, Payout, PayoutFilter, PayoutPage
from payflow.domain.ports import MerchantRepository
from payflow.domain.timestamps import parse_rfc3339, rfc3339

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_PART: Final = "payouts table"
_SEPARATOR: Final = "#"
_LATEST: Final = "~"
_QUERY_PAGE: Final = 500


class DynamoPayouts:
    """`PayoutRepository` on the payouts table.

    Every method raises `Unavailable` while DynamoDB throttles or does not answer.
    """

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        table: str,
        *,
        merchants: Callable[[], MerchantRepository],
    ) -> None:
        """`merchants` is asked only for listings across all of them."""
        self._dynamodb = dynamodb
        self._table = table
        self._merchants = merchants

    def add(self, payout: Payout, before: PaidOut) -> None:
        """Store a new payout on top of the sum `before`; else `VersionConflict`, and nothing."""
        from botocore.exceptions import ClientError

        sum_condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if before.version:
            sum_condition = {
                "ConditionExpression": "version = :before",
                "ExpressionAttributeValues": {":before": number(before.version)},
            }
        new = {"ConditionExpression": "attribute_not_exists(id)"}
        puts: list[Any] = [
            {"Put": {"TableName": self._table, "Item": _payout_item(payout), **new}},
            {"Put": {"TableName": self._table, "Item": _sum_item(payout, before), **sum_condition}},
        ]
        try:
            with unavailable_on_failure(_PART):
                self._dynamodb.transact_write_items(TransactItems=puts)
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            raise VersionConflict(payout.id) from error

    def paid_out(self, merchant_id: str, currency: str) -> PaidOut:
        """What was paid out so far, by a consistent read."""
        item = self._item(_sum_id(merchant_id, currency))
        if item is None:
            return PaidOut(merchant_id, currency)
        total, version = read_number(item["total"]), read_number(item["version"])
        return PaidOut(merchant_id, currency, total, version)

    def get(self, payout_id: str) -> Payout | None:
        """The payout as last written, or None."""
        item = self._item(payout_id)
        return _payout(item) if item is not None and "postings" in item else None

    def list(self, wanted: PayoutFilter) -> PayoutPage:
        """Newest first; raises `InvalidRequest` for more than `MERCHANTS_MAX` merchants."""

        def items(merchant_id: str) -> Iterator[Item]:
            return self._items(merchant_id, wanted.limit + 2, wanted.after or _LATEST)

        if wanted.merchant_id is not None:
            found = items(wanted.merchant_id)
        else:
            found = merged(self._merchants().list(), items, _created_key)
        behind = (item for item in found if _created_key(item) != wanted.after)
        page = list(islice(behind, wanted.limit))
        more = len(page) == wanted.limit and next(behind, None) is not None
        return PayoutPage(tuple(map(_payout, page)), _created_key(page[-1]) if more else None)

    def _item(self, item_id: str) -> Item | None:
        with unavailable_on_failure(_PART):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key={"id": text(item_id)}, ConsistentRead=True
            )
        return answer.get("Item")

    def _items(self, merchant_id: str, first_page: int, latest: str) -> Iterator[Item]:
        """The payouts of one merchant from created_key `latest` down, page by page."""
        page: dict[str, Any] = {"Limit": first_page}
        while True:
            with unavailable_on_failure(_PART):
                answer = self._dynamodb.query(
                    TableName=self._table,
                    IndexName="by_merchant",
                    KeyConditionExpression="merchant_id = :merchant AND created_key <= :latest",
                    ExpressionAttributeValues={
                        ":merchant": text(merchant_id),
                        ":latest": text(latest),
                    },
                    ScanIndexForward=False,
                    **page,
                )
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            page = {"Limit": _QUERY_PAGE, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _payout_item(payout: Payout) -> Item:
    currency = payout.amount.currency
    return {
        "id": text(payout.id),
        "merchant_id": text(payout.merchant_id),
        "created_key": text(f"{rfc3339(payout.created_at)}{_SEPARATOR}{payout.id}"),
        "amount": number(payout.amount.minor),
        "currency": text(currency),
        "day": text(payout.day.isoformat()),
        "carried": number(payout.carried_minor),
        **postings_to_attributes((payout.posting,), payout.merchant_id, currency),
    }


def _payout(item: Item) -> Payout:
    payout_id, merchant_id = read_text(item["id"]), read_text(item["merchant_id"])
    currency = read_text(item["currency"])
    (posting,) = postings_from_item(item)
    return Payout(
        id=payout_id,
        merchant_id=merchant_id,
        amount=Money(read_number(item["amount"]), currency),
        day=date.fromisoformat(read_text(item["day"])),
        carried_minor=read_number(item["carried"]),
        created_at=parse_rfc3339(_created_key(item).partition(_SEPARATOR)[0]),
        posting=posting,
    )


def _sum_item(payout: Payout, before: PaidOut) -> Item:
    return {
        "id": text(_sum_id(payout.merchant_id, payout.amount.currency)),
        "total": number(before.total_minor + payout.amount.minor),
        "version": number(before.version + 1),
    }


def _sum_id(merchant_id: str, currency: str) -> str:
    return f"paid{_SEPARATOR}{merchant_id}{_SEPARATOR}{currency}"


def _created_key(item: Item) -> str:
    return read_text(item["created_key"])
