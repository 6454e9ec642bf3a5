"""The facts of one table that have postings: those that were posted lately, or all of them.

Such a table has a string `id` for its key, items as `payflow.aws.posting_item` writes them, and the
index `by_posting` on `merchant_id` and `posted_key`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.attributes import Item, read_text, text
from payflow.aws.clients import unavailable_on_failure
from payflow.aws.posting_item import merchant_of, postings_from_item
from payflow.aws.table_reading import begun, items_by_id
from payflow.domain.ledger import JournalTransaction
from payflow.domain.timestamps import rfc3339

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_PART: Final = "table of what is booked"
_ATTRIBUTES: Final = "id, merchant_id, currency, postings"
_BATCH: Final = 25
"""As a rule the first batch is folded already, and the last one read."""
_QUERIES_AT_ONCE: Final = 10


class PostedFacts:
    """`PostingSource` on one table."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        """`table` is the table's name."""
        self._dynamodb = dynamodb
        self._table = table

    def posted_since(
        self, since: Mapping[str, datetime]
    ) -> Mapping[str, Iterator[Sequence[JournalTransaction]]]:
        """For each merchant what was posted at its time or later, newest facts first."""
        from concurrent.futures import ThreadPoolExecutor

        streams = [self._posted_since(*pair) for pair in since.items()]
        with ThreadPoolExecutor(_QUERIES_AT_ONCE) as pool:
            started = pool.map(begun, streams) if len(streams) > 1 else streams
            return dict(zip(since, map(iter, started), strict=True))

    def __iter__(self) -> Iterator[tuple[str, Sequence[JournalTransaction]]]:
        """The merchant of each fact, and what it has posted; for audits, which have to see all.

        A fact that is written meanwhile is seen or not.
        """
        page: dict[str, Any] = {}
        while True:
            with unavailable_on_failure(_PART):
                answer = self._dynamodb.scan(
                    TableName=self._table,
                    ConsistentRead=True,
                    FilterExpression="attribute_exists(postings)",
                    ProjectionExpression=_ATTRIBUTES,
                    **page,
                )
            for item in answer["Items"]:
                yield merchant_of(item), postings_from_item(item)
            if "LastEvaluatedKey" not in answer:
                return
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _posted_since(
        self, merchant_id: str, since: datetime
    ) -> Iterator[Sequence[JournalTransaction]]:
        ids = (read_text(key["id"]) for key in self._keys_since(merchant_id, since))
        while batch := list(islice(ids, _BATCH)):
            found = items_by_id(
                self._dynamodb, self._table, batch, part=_PART, attributes=_ATTRIBUTES
            )
            yield [
                transaction
                for item in found
                for transaction in postings_from_item(item)
                if transaction.posted_at >= since
            ]

    def _keys_since(self, merchant_id: str, since: datetime) -> Iterator[Item]:
        page: dict[str, Any] = {}
        while True:
            with unavailable_on_failure(_PART):
                answer = self._dynamodb.query(
                    TableName=self._table,
                    IndexName="by_posting",
                    KeyConditionExpression="merchant_id = :merchant AND posted_key >= :since",
                    ExpressionAttributeValues={
                        ":merchant": text(merchant_id),
                        ":since": text(rfc3339(since)),
                    },
                    ScanIndexForward=False,
                    Limit=_BATCH,
                    **page,
                )
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
