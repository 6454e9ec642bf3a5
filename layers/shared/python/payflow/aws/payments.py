"""Payments in DynamoDB: one item each, every write conditional, two indexes of keys only.

    by_merchant   merchant_id, created_key   written once, when the payment is created
    by_posting    merchant_id, posted_key    sparse: written whenever something is booked

Each write carries a mark of its own. If the answer to a write is lost and the client repeats it,
the condition fails although nobody else has written; the mark tells this from a true conflict.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import chain, islice
from time import sleep
from typing import TYPE_CHECKING, Any, Final, TypeVar

from payflow.aws.attributes import Item, binary, number, read_text, text
from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.aws.payment_item import KEY_SEPARATOR, payment_from_item, payment_to_item
from payflow.domain.errors import InvalidRequest, Unavailable, VersionConflict
from payflow.domain.ledger import JournalTransaction
from payflow.domain.listing import PaymentFilter, PaymentPage
from payflow.domain.payment import Payment
from payflow.domain.ports import MerchantRepository
from payflow.domain.timestamps import rfc3339

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SCANNED_MAX: Final = 2_000
"""How many payments one listing looks at; a page that stops here is short, and says where."""

MERCHANTS_MAX: Final = 1_000
"""How many merchants an operator's listing merges: it asks each one's index at least once."""

_PART: Final = "payments table"
_BATCH_MAX: Final = 100  # BatchGetItem takes no more.
_BATCH_TRIES_MAX: Final = 6
_BATCH_PAUSE_S: Final = 0.02
_QUERY_PAGE: Final = 500
_QUERIES_AT_ONCE: Final = 10
_POSTED_BATCH: Final = 25  # As a rule the first batch is folded already, and the last one read.
_MARK: Final = "mark"
_MARK_BYTES: Final = 6
_EARLIEST, _LATEST = "0", "~"

_Element = TypeVar("_Element")


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
        item = _marked(payment)
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
        if self._put(_marked(payment), condition) is not None:
            raise VersionConflict(payment.id)

    def list(self, wanted: PaymentFilter) -> PaymentPage:
        """A page, newest first; it may be short, or empty, while `next_after` says there is more.

        Looks at `SCANNED_MAX` payments at most. For all merchants it merges their indexes; raises
        `InvalidRequest` for more than `MERCHANTS_MAX` of them.
        """
        if wanted.merchant_id is not None:
            return self._page(self._created_keys(wanted.merchant_id, wanted), wanted)
        return self._page(self._created_keys_of_all(wanted), wanted)

    def posted_since(
        self, since: Mapping[str, datetime]
    ) -> Mapping[str, Iterator[Sequence[JournalTransaction]]]:
        """For each merchant what was posted at its time or later, newest payments first."""
        from concurrent.futures import ThreadPoolExecutor

        streams = [self._posted_since(*pair) for pair in since.items()]
        with ThreadPoolExecutor(_QUERIES_AT_ONCE) as pool:
            begun = pool.map(_begun, streams) if len(streams) > 1 else streams
            return dict(zip(since, map(iter, begun), strict=True))

    def _posted_since(
        self, merchant_id: str, since: datetime
    ) -> Iterator[Sequence[JournalTransaction]]:
        query = {
            "IndexName": "by_posting",
            "KeyConditionExpression": "merchant_id = :merchant AND posted_key >= :since",
            "ExpressionAttributeValues": {
                ":merchant": text(merchant_id),
                ":since": text(rfc3339(since)),
            },
            "ScanIndexForward": False,
        }
        ids = (read_text(key["id"]) for key in self._query(query, _POSTED_BATCH))
        while batch := list(islice(ids, _POSTED_BATCH)):
            payments = self._load(batch).values()
            posted = chain.from_iterable(payment.postings for payment in payments)
            yield [transaction for transaction in posted if transaction.posted_at >= since]

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
            batch = tuple(islice(keys, _BATCH_MAX if scanned else min(_BATCH_MAX, wanted.limit)))
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
        query = {
            "IndexName": "by_merchant",
            "KeyConditionExpression": "merchant_id = :merchant"
            " AND created_key BETWEEN :earliest AND :latest",
            "ExpressionAttributeValues": {
                ":merchant": text(merchant_id),
                ":earliest": text(earliest),
                ":latest": text(latest),
            },
            "ScanIndexForward": False,
        }
        # Two more than the page: the position itself, and the one that tells whether more follow.
        for key in self._query(query, wanted.limit + 2):
            created_key = read_text(key["created_key"])
            if created_key != wanted.after:
                yield created_key

    def _created_keys_of_all(self, wanted: PaymentFilter) -> Iterator[str]:
        from concurrent.futures import ThreadPoolExecutor

        merchants = self._merchants().list()
        if len(merchants) > MERCHANTS_MAX:
            raise InvalidRequest(
                "listing_too_wide", f"cannot list across more than {MERCHANTS_MAX} merchants"
            )
        streams = [self._created_keys(merchant.id, wanted) for merchant in merchants]
        with ThreadPoolExecutor(_QUERIES_AT_ONCE) as pool:
            return merge(*pool.map(_begun, streams), reverse=True)

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
        found: dict[str, Payment] = {}
        request: Any = {
            self._table: {"Keys": [{"id": text(one)} for one in ids], "ConsistentRead": True}
        }
        for repetition in range(_BATCH_TRIES_MAX):
            with unavailable_on_failure(_PART):
                answer = self._dynamodb.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(self._table, ()):
                payment = payment_from_item(item)
                found[payment.id] = payment
            request = answer.get("UnprocessedKeys")
            if not request:
                return found
            sleep(_BATCH_PAUSE_S * 2**repetition)
        raise Unavailable("temporarily_unavailable", f"the {_PART} is throttled", retry_after_s=1)


def _marked(payment: Payment) -> Item:
    return {**payment_to_item(payment), _MARK: binary(secrets.token_bytes(_MARK_BYTES))}


def _id_in(created_key: str) -> str:
    return created_key.partition(KEY_SEPARATOR)[2]


def _begun(elements: Iterator[_Element]) -> Iterable[_Element]:
    """The same elements, the first of them fetched already."""
    first = next(elements, None)
    return () if first is None else chain((first,), elements)
