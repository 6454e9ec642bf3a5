"""Reading whole tables: page by page, several segments at once, a few pages held at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.attributes import Item

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

SEGMENTS: Final = 4
"""A scan waits for the network most of the time; more would take capacity from payments."""

PAGE_ITEMS: Final = 500


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the deployment; `key` is its partition key, its only one."""

    dynamodb: DynamoDBClient
    name: str
    key: str

    def items(self, *attributes: str) -> Iterator[Item]:
        """Every item that was there when the scan began, consistently read; or these attributes."""
        with ThreadPoolExecutor(SEGMENTS) as pool:
            pages: set[Future[tuple[int, Mapping[str, Any]]]] = {
                pool.submit(self._page, segment, attributes, None) for segment in range(SEGMENTS)
            }
            while pages:
                done, pages = wait(pages, return_when=FIRST_COMPLETED)
                for future in done:
                    segment, page = future.result()
                    if position := page.get("LastEvaluatedKey"):
                        pages.add(pool.submit(self._page, segment, attributes, position))
                    yield from page["Items"]

    def range(self, partition: str, sort_key: str, first: int) -> Iterator[Item]:
        """The items of one partition from a number on, in order, consistently read."""
        query: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "#partition = :partition AND #sort >= :first",
            "ExpressionAttributeNames": {"#partition": self.key, "#sort": sort_key},
            "ExpressionAttributeValues": {
                ":partition": {"S": partition},
                ":first": {"N": str(first)},
            },
            "ConsistentRead": True,
            "Limit": PAGE_ITEMS,
        }
        while True:
            page = self.dynamodb.query(**query)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def get(self, item_id: str) -> Item | None:
        """One item, consistently read."""
        answer = self.dynamodb.get_item(
            TableName=self.name, Key={self.key: {"S": item_id}}, ConsistentRead=True
        )
        return answer.get("Item")

    def count(self) -> int:
        """About how many items there are."""
        described = self.dynamodb.describe_table(TableName=self.name)
        return int(described["Table"].get("ItemCount", 0))

    def _page(
        self, segment: int, attributes: tuple[str, ...], position: Mapping[str, Any] | None
    ) -> tuple[int, Mapping[str, Any]]:
        query: dict[str, Any] = {
            "TableName": self.name,
            "ConsistentRead": True,
            "Segment": segment,
            "TotalSegments": SEGMENTS,
            "Limit": PAGE_ITEMS,
        }
        if attributes:
            names = {f"#a{number}": name for number, name in enumerate(attributes)}
            query["ProjectionExpression"] = ", ".join(names)
            query["ExpressionAttributeNames"] = names
        if position is not None:
            query["ExclusiveStartKey"] = position
        page: Mapping[str, Any] = self.dynamodb.scan(**query)
        return segment, page


def tables_of(dynamodb: DynamoDBClient, outputs: Mapping[str, str]) -> dict[str, Table]:
    """The deployment's tables by the stack's names for them, such as `Payments`."""
    found: dict[str, Table] = {}
    for output, name in outputs.items():
        if output.endswith("Table"):
            schema = dynamodb.describe_table(TableName=name)["Table"]["KeySchema"]
            found[output.removesuffix("Table")] = Table(dynamodb, name, schema[0]["AttributeName"])
    return found
