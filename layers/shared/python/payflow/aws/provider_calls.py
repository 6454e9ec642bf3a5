"""Which attempts have been sent, in DynamoDB: one small item each, written once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.attributes import Item, number, read_text, text
from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.domain.ports import Clock

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

KEPT_FOR: Final = timedelta(days=30)
"""Longer than anything can resume a payment; after that DynamoDB may drop the item."""

OWNER_BYTES: Final = 12


class DynamoCallClaims:
    """`CallClaims` on DynamoDB.

    The owner that each claim carries tells a claim that the client repeated after a lost answer
    from somebody else's.
    """

    def __init__(self, dynamodb: DynamoDBClient, table: str, clock: Clock) -> None:
        """`table` has the partition key `id` and drops items after `expires_at`."""
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock

    def claim(self, payment_id: str, attempt_number: int) -> bool:
        """Whether this invocation may make that attempt's call; raises `Unavailable`."""
        from botocore.exceptions import ClientError

        owner = secrets.token_hex(OWNER_BYTES)
        try:
            with unavailable_on_failure("provider calls"):
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=call_item(payment_id, attempt_number, owner, self._clock.now()),
                    ConditionExpression="attribute_not_exists(id)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            holder: Any = error.response.get("Item", {})
            return read_text(holder["owner"]) == owner
        return True


def call_item(payment_id: str, attempt_number: int, owner: str, claimed_at: datetime) -> Item:
    """The item that `owner` claims a call with."""
    return {
        "id": text(f"{payment_id}#{attempt_number}"),
        "owner": text(owner),
        "expires_at": number(int((claimed_at + KEPT_FOR).timestamp())),
    }
