"""Which attempts have been sent, in DynamoDB: one small item each, written once."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.attributes import number, read_text, text
from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.domain.ports import Clock

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

KEPT_FOR: Final = timedelta(days=30)
"""Longer than anything can resume a payment; after that DynamoDB may drop the item."""

_OWNER_BYTES: Final = 12


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

        owner = secrets.token_hex(_OWNER_BYTES)
        expires_at = self._clock.now() + KEPT_FOR
        try:
            with unavailable_on_failure("provider calls"):
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item={
                        "id": text(f"{payment_id}#{attempt_number}"),
                        "owner": text(owner),
                        "expires_at": number(int(expires_at.timestamp())),
                    },
                    ConditionExpression="attribute_not_exists(id)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            holder: Any = error.response.get("Item", {})
            return read_text(holder["owner"]) == owner
        return True
