"""Payments in DynamoDB: one item each, every write conditional, three indexes of keys only.

    by_merchant   merchant_id, created_key   written once, when the payment is created
    by_dispute    merchant_id, disputed_key  sparse: written when a dispute is opened
    by_posting    merchant_id, posted_key    sparse: written whenever something is booked
    by_attention  attention, attention_key   sparse: while somebody has to look at it, and when

Each write carries a mark of its own. If the answer to a write is lost and the client repeats it,
the condition fails although nobody else has written; the mark tells this from a true conflict.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.across_merchants import merged
from payflow.aws.attributes import Item, binary, number, read_text, text
from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.aws.payment_item import (
    DUE_SHARDS,
    KEY_SEPARATOR,
    REVIEW_PARTITION,
    due_partition,
    payment_from_item,
    payment_to_item,
)
from payflow.aws.table_reading import BATCH_MAX, items_by_id
from payflow.domain.dispute import Dispute
from payflow.domain.errors import VersionConflict
from payflow.domain.listing import DisputeFilter, DisputePage, PaymentFilter, PaymentPage
from payflow.domain.payment import Payment
from payflow.domain.ports import MerchantRepository
from payflow.domain.timestamps import rfc3339

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SCANNED_MAX: Final = 2_000
"""How many payments one listing looks at; a page that stops here is short, and says where."""

_PART: Final = "payments table"
_QUERY_PAGE: Final = 500
_MARK: Final = "mark"
_MARK_BYTES: Final = 6
_EARLIEST, _LATEST = "0", "~"
_POSITION_SEPARATOR: Final = " "


class DynamoPayments:
    """`PaymentRepository` on the payments table.

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

    def create(self, payment: Payment) -> Payment | None:
        """Store a new payment, or return the one that has its id."""
        item = marked_item(payment)
        existing = self._put(item, {"ConditionExpression": "attribute_not_exists(id)"})
        return payment_from_item(existing) if existing is not None else None

    def get(self, payment_id: str) -> Payment | None:
        """The latest committed version, or None."""
        with unavailable_on_failure(_PART):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key={"id": text(payment_id)}, ConsistentRead=True
            )
        return payment_from_item(answer["Item"]) if "Item" in answer else None

    def save(self, payment: Payment) -> None:
        """Replace version `payment.version - 1`; raises `VersionConflict` and writes nothing."""
        condition = {
            "ConditionExpression": "#version = :previous",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":previous": number(payment.version - 1)},
        }
        if self._put(marked_item(payment), condition) is not None:
            raise VersionConflict(payment.id)

    def list(self, wanted: PaymentFilter) -> PaymentPage:
        """A page, newest first; it may be short, or empty, while `next_after` says there is more.

        Looks at `SCANNED_MAX` payments at most. For all merchants it merges their indexes; raises
        `InvalidRequest` for more than `MERCHANTS_MAX` of them.
        """

        def keys(merchant_id: str) -> Iterator[str]:
            return self._created_keys(merchant_id, wanted)

        return self._page(self._of(wanted.merchant_id, keys), wanted)

    def list_disputes(self, wanted: DisputeFilter) -> DisputePage:
        """A page of disputes, by payment, its latest dispute first; bounds and errors as `list`.

        A position is a payment's `disputed_key` and its dispute that came last.
        """

        def keys(merchant_id: str) -> Iterator[str]:
            return self._disputed_keys(merchant_id, wanted)

        found: list[tuple[Payment, Dispute]] = []
        position = None
        disputes = self._disputes(self._of(wanted.merchant_id, keys), wanted)
        for scanned, (at, payment, dispute) in enumerate(disputes):
            if len(found) == wanted.limit or scanned == SCANNED_MAX:
                return DisputePage(tuple(found), position)
            position = at
            if wanted.accepts(dispute):
                found.append((payment, dispute))
        return DisputePage(tuple(found), None)

    def due(self, now: datetime, limit: int) -> Sequence[str]:
        """The ids of at most `limit` payments whose `due_at` has passed."""
        streams = [self._attention(due_partition(n), now) for n in range(DUE_SHARDS)]
        return [_id_in(key) for key in islice(merge(*streams), limit)]

    def in_review(self, limit: int) -> Sequence[Payment]:
        """At most `limit` payments with an open review, the longest waiting first."""
        keys = islice(self._attention(REVIEW_PARTITION, None), limit)
        loaded: dict[str, Payment] = {}
        for batch in _batches(map(_id_in, keys)):
            found = self._load(batch)
            loaded.update((one, found[one]) for one in batch if one in found)
        return [one for one in loaded.values() if one.open_review is not None]

    def _put(self, item: Item, condition: dict[str, Any]) -> Item | None:
        """Write `item`; if another write came first, write nothing and return what is there."""
        from botocore.exceptions import ClientError

        try:
            with unavailable_on_failure(_PART):
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **condition,
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            answer: Mapping[str, Any] = error.response
            existing: Item = answer.get("Item", {})
            return None if existing.get(_MARK) == item[_MARK] else existing
        return None

    def _page(self, keys: Iterator[str], wanted: PaymentFilter) -> PaymentPage:
        found: dict[str, Payment] = {}
        batch: Sequence[str] = ()
        position, scanned = "", 0
        while scanned < SCANNED_MAX and len(found) < wanted.limit:
            # Without a filter the first batch is the page.
            batch = tuple(islice(keys, BATCH_MAX if scanned else min(BATCH_MAX, wanted.limit)))
            if not batch:
                return PaymentPage(tuple(found.values()), None)
            scanned += len(batch)
            loaded = self._load([_id_in(key) for key in batch])
            for position in batch:
                payment = loaded.get(_id_in(position))
                if payment is not None and wanted.accepts(payment):
                    found[payment.id] = payment
                if len(found) == wanted.limit:
                    break
        more = position != batch[-1] or next(keys, None) is not None
        return PaymentPage(tuple(found.values()), position if more else None)

    def _created_keys(self, merchant_id: str, wanted: PaymentFilter) -> Iterator[str]:
        """The created_keys of one merchant's payments behind `wanted.after`, newest first."""
        earliest = rfc3339(wanted.created_from) if wanted.created_from else _EARLIEST
        latest = rfc3339(wanted.created_to) + _LATEST if wanted.created_to else _LATEST
        latest = min(latest, wanted.after or _LATEST)
        if earliest > latest:
            return
        # Two more than the page: the position itself, and the one that tells whether more follow.
        first_page = wanted.limit + 2
        for key in self._keys(
            "by_merchant", "created_key", merchant_id, earliest, latest, first_page
        ):
            if key != wanted.after:
                yield key

    def _disputed_keys(self, merchant_id: str, wanted: DisputeFilter) -> Iterator[str]:
        """The disputed_keys of one merchant from the position of `wanted` on, newest first."""
        latest = _split_position(wanted.after)[0] if wanted.after else _LATEST
        return self._keys(
            "by_dispute", "disputed_key", merchant_id, _EARLIEST, latest, wanted.limit + 1
        )

    def _disputes(
        self, keys: Iterator[str], wanted: DisputeFilter
    ) -> Iterator[tuple[str, Payment, Dispute]]:
        """Position, payment and dispute, newest first, behind the position of `wanted`."""
        begun, seen = _split_position(wanted.after or "")
        while batch := list(islice(keys, min(BATCH_MAX, wanted.limit + 1))):
            loaded = self._load([_id_in(key) for key in batch])
            for key, payment in ((key, loaded.get(_id_in(key))) for key in batch):
                disputes = payment.disputes[::-1] if payment is not None else ()
                if key == begun:
                    ids = [one.id for one in disputes]
                    disputes = disputes[ids.index(seen) + 1 if seen in ids else 0 :]
                for dispute in disputes:
                    assert payment is not None  # it has a dispute
                    yield f"{key}{_POSITION_SEPARATOR}{dispute.id}", payment, dispute

    def _of(self, merchant_id: str | None, keys: Callable[[str], Iterator[str]]) -> Iterator[str]:
        """The index keys of one merchant, or those of all in the same order."""
        if merchant_id is not None:
            return keys(merchant_id)
        return merged(self._merchants().list(), keys)

    def _keys(
        self,
        index: str,
        sort_key: str,
        merchant_id: str,
        earliest: str,
        latest: str,
        first_page: int,
    ) -> Iterator[str]:
        """The sort keys of an index from `latest` down to `earliest`, both inclusive."""
        query = {
            "IndexName": index,
            "KeyConditionExpression": "merchant_id = :merchant"
            f" AND {sort_key} BETWEEN :earliest AND :latest",
            "ExpressionAttributeValues": {
                ":merchant": text(merchant_id),
                ":earliest": text(earliest),
                ":latest": text(latest),
            },
            "ScanIndexForward": False,
        }
        return (read_text(key[sort_key]) for key in self._query(query, first_page))

    def _attention(self, partition: str, until: datetime | None) -> Iterator[str]:
        """The attention_keys of one partition, oldest first, up to a time (None: all)."""
        latest = rfc3339(until) + _LATEST if until is not None else _LATEST
        query = {
            "IndexName": "by_attention",
            "KeyConditionExpression": "attention = :partition AND attention_key <= :latest",
            "ExpressionAttributeValues": {":partition": text(partition), ":latest": text(latest)},
        }
        for key in self._query(query, _QUERY_PAGE):
            yield read_text(key["attention_key"])

    def _query(self, query: dict[str, Any], first_page: int) -> Iterator[Item]:
        """The index keys that `query` finds, page by page as they are asked for."""
        page: dict[str, Any] = {"Limit": first_page}
        while True:
            with unavailable_on_failure(_PART):
                answer = self._dynamodb.query(TableName=self._table, **query, **page)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            page = {"Limit": _QUERY_PAGE, "ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _load(self, ids: Sequence[str]) -> dict[str, Payment]:
        """The payments with these ids, at most 100, by id; consistent reads, as in `get`."""
        items = items_by_id(self._dynamodb, self._table, ids, part=_PART)
        return {payment.id: payment for payment in map(payment_from_item, items)}


def marked_item(payment: Payment) -> Item:
    """The item that a write of `payment` makes, with a mark of its own."""
    return {**payment_to_item(payment), _MARK: binary(secrets.token_bytes(_MARK_BYTES))}


def _id_in(created_key: str) -> str:
    return created_key.partition(KEY_SEPARATOR)[2]


def _split_position(position: str) -> tuple[str, str]:
    """The disputed_key and the dispute's id."""
    key, _, dispute_id = position.partition(_POSITION_SEPARATOR)
    return key, dispute_id


def _batches(ids: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(ids, BATCH_MAX)):
        yield batch
