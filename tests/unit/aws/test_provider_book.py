"""The providers' books in DynamoDB: what a cancelled transaction means."""

from __future__ import annotations

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from types_boto3_dynamodb import DynamoDBClient

from payflow.aws.provider_book import DynamoBook
from payflow.domain.errors import Unavailable, VersionConflict


class CancellingClient:
    """Cancels every transaction for the given reasons; has nothing stored."""

    def __init__(self, *reasons: str, code: str = "TransactionCanceledException") -> None:
        self._reasons = reasons
        self._code = code

    def transact_write_items(self, **_request: Any) -> None:
        response: Any = {
            "Error": {"Code": self._code, "Message": "no"},
            "CancellationReasons": [{"Code": reason} for reason in self._reasons],
        }
        raise ClientError(response, "TransactWriteItems")

    def get_item(self, **_request: Any) -> dict[str, Any]:
        return {}


def write(client: CancellingClient) -> None:
    """One operation with the sums of its authorisation."""
    book = DynamoBook(cast(DynamoDBClient, client), "provider_books")
    book.put_new_and_change(
        "mockCardA#pk_2",
        {"amount": 1},
        changed_id="mockCardA#pk_1",
        revision=0,
        fields={"captured": 1},
    )


@pytest.mark.parametrize(
    "reasons",
    [
        ("None", "ConditionalCheckFailed"),
        ("None", "TransactionConflict"),
        ("TransactionConflict", "None"),
        ("ThrottlingError", "None"),
        ("None", "ProvisionedThroughputExceeded"),
    ],
)
def test_what_passes_is_a_reason_to_read_again(reasons: tuple[str, str]) -> None:
    with pytest.raises(VersionConflict):
        write(CancellingClient(*reasons))


def test_an_entry_that_is_said_to_exist_but_is_not_there_is_never_taken_for_written() -> None:
    with pytest.raises(VersionConflict):
        write(CancellingClient("ConditionalCheckFailed", "None"))


def test_a_mistake_of_ours_is_raised_as_it_is() -> None:
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        write(CancellingClient("ValidationError", "None"))


def test_a_throttled_request_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        write(CancellingClient(code="ThrottlingException"))
