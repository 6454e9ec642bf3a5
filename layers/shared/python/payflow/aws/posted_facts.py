"""Everything that has postings, table by table: for audits, which have to see all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.clients import unavailable_on_failure
from payflow.aws.posting_item import merchant_of, postings_from_item
from payflow.domain.ledger import JournalTransaction

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_PART: Final = "tables of what is booked"


class PostedFacts:
    """Reads those tables page by page; a fact that is written meanwhile is seen or not."""

    def __init__(self, dynamodb: DynamoDBClient, tables: Sequence[str]) -> None:
        """`tables` are the names of all tables whose items have postings."""
        self._dynamodb = dynamodb
        self._tables = tables

    def __iter__(self) -> Iterator[tuple[str, Sequence[JournalTransaction]]]:
        """The merchant of each fact, and what it has posted."""
        for table in self._tables:
            page: dict[str, Any] = {}
            while True:
                with unavailable_on_failure(_PART):
                    answer = self._dynamodb.scan(
                        TableName=table,
                        ConsistentRead=True,
                        FilterExpression="attribute_exists(postings)",
                        ProjectionExpression="id, merchant_id, currency, postings",
                        **page,
                    )
                for item in answer["Items"]:
                    yield merchant_of(item), postings_from_item(item)
                if "LastEvaluatedKey" not in answer:
                    break
                page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
