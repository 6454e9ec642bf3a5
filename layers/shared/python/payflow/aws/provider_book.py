"""The simulated providers' books in DynamoDB: one flat item per id, in a table of their own.

PayFlow's own tables are never touched from here, nor this one from PayFlow's side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.clients import (
    CONDITION_FAILED,
    PASSING_REASONS,
    cancellation_reasons,
    error_code,
    unavailable_on_failure,
)
from payflow.domain.errors import VersionConflict

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import PutTypeDef, UpdateTypeDef

_PART: Final = "provider book"
_REVISION: Final = "revision"


class DynamoBook:
    """`BookStore` on DynamoDB; raises `Unavailable` while the table does not answer.

    A write that timed out may have happened all the same: repeated, it finds itself.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """`table` has the partition key `id` and nothing else."""
        self._client = client
        self._table = table

    def put_new(self, item_id: str, document: dict[str, str | int]) -> dict[str, str | int] | None:
        """Store a new item; if the id is taken, store nothing and return what is there."""
        from botocore.exceptions import ClientError

        try:
            with unavailable_on_failure(_PART):
                self._client.put_item(
                    TableName=self._table,
                    Item=book_item(item_id, document),
                    ConditionExpression="attribute_not_exists(id)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            existing: Any = error.response.get("Item")
            return _document(existing) if existing else self.get(item_id)
        return None

    def put_new_and_change(
        self,
        item_id: str,
        document: dict[str, str | int],
        *,
        changed_id: str,
        revision: int,
        fields: dict[str, str | int],
    ) -> dict[str, str | int] | None:
        """Store a new item and set `fields` of another in one transaction, both or neither.

        Returns what is there if the new item's id is taken. Raises `VersionConflict` when the other
        item is missing or no longer at `revision`, or the transaction met another one.
        """
        from botocore.exceptions import ClientError

        put: PutTypeDef = {
            "TableName": self._table,
            "Item": book_item(item_id, document),
            "ConditionExpression": "attribute_not_exists(id)",
        }
        change = _change(self._table, changed_id, revision, fields)
        try:
            with unavailable_on_failure(_PART):
                self._client.transact_write_items(TransactItems=[{"Put": put}, {"Update": change}])
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            reasons = cancellation_reasons(error)
            if not PASSING_REASONS.issuperset(reasons):
                raise
            existing = self.get(item_id) if reasons[0] == CONDITION_FAILED else None
            if existing is None:
                raise VersionConflict(changed_id) from error
            return existing
        return None

    def change(self, item_id: str, *, revision: int, fields: dict[str, str | int]) -> None:
        """Set `fields` of an item that is at `revision` (0: it was never changed).

        Raises `VersionConflict` when it is missing or no longer there. A write whose answer was
        lost and that is repeated raises it too: read what is there.
        """
        from botocore.exceptions import ClientError

        try:
            with unavailable_on_failure(_PART):
                self._client.update_item(**_change(self._table, item_id, revision, fields))
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            raise VersionConflict(item_id) from error

    def get(self, item_id: str) -> dict[str, str | int] | None:
        """The latest committed item (a consistent read), or None."""
        with unavailable_on_failure(_PART):
            answer = self._client.get_item(
                TableName=self._table, Key={"id": {"S": item_id}}, ConsistentRead=True
            )
        item = answer.get("Item")
        return None if item is None else _document(item)

    def count(self, item_id: str, counter: str) -> int:
        """Add 1 to an integer of an existing item, atomically, and return the sum.

        A repetition after a lost answer may count twice. Raises botocore's `ClientError` if there
        is no such item.
        """
        with unavailable_on_failure(_PART):
            answer = self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": item_id}},
                UpdateExpression="ADD #counter :one",
                ConditionExpression="attribute_exists(id)",
                ExpressionAttributeNames={"#counter": counter},
                ExpressionAttributeValues={":one": {"N": "1"}},
                ReturnValues="UPDATED_NEW",
            )
        return int(answer["Attributes"][counter]["N"])


def book_item(item_id: str, document: Mapping[str, str | int]) -> dict[str, Any]:
    """The item of a book's document."""
    return {"id": {"S": item_id}, **_attributes(document)}


def _change(
    table: str, item_id: str, revision: int, fields: Mapping[str, str | int]
) -> UpdateTypeDef:
    """The update that sets `fields` of an item at `revision`; one that never changed has none."""
    current = "#revision = :seen" if revision else "attribute_not_exists(#revision)"
    numbered = list(enumerate(fields))
    values = {f":v{number}": fields[name] for number, name in numbered}
    if revision:
        values[":seen"] = revision
    return {
        "TableName": table,
        "Key": {"id": {"S": item_id}},
        "UpdateExpression": ", ".join(
            ["SET #revision = :next", *(f"#f{number} = :v{number}" for number, _ in numbered)]
        ),
        "ConditionExpression": f"attribute_exists(id) AND {current}",
        "ExpressionAttributeNames": {
            "#revision": _REVISION,
            **{f"#f{number}": name for number, name in numbered},
        },
        "ExpressionAttributeValues": _attributes({**values, ":next": revision + 1}),
    }


def _attributes(document: Mapping[str, str | int]) -> dict[str, Any]:
    return {
        name: {"S": value} if isinstance(value, str) else {"N": str(value)}
        for name, value in document.items()
    }


def _document(item: Mapping[str, Any]) -> dict[str, str | int]:
    return {
        name: value["S"] if "S" in value else int(value["N"])
        for name, value in item.items()
        if name != "id"
    }
