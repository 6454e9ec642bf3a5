"""The store of the simulated providers' books keeps its promises, in memory and in DynamoDB."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from types_boto3_dynamodb import DynamoDBClient

from payflow.aws import settings
from payflow.aws.provider_book import DynamoBook
from payflow.providers.simulated.book import BookStore, Document, InMemoryBookStore


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> BookStore:
    """One store of each kind."""
    if request.param == "memory":
        return InMemoryBookStore()
    dynamodb: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoBook(dynamodb, settings.provider_books_table())


def an_entry(reference: str = "crd_1") -> Document:
    """Something to store."""
    return {"reference": reference, "amount": 10**12, "action": ""}


def test_a_new_item_is_stored_as_it_is(store: BookStore) -> None:
    assert store.put_new("mockCardA#pk_1", an_entry()) is None
    assert store.get("mockCardA#pk_1") == an_entry()


def test_a_taken_id_keeps_its_item_and_tells_it(store: BookStore) -> None:
    store.put_new("mockCardA#pk_1", an_entry("first"))

    existing = store.put_new("mockCardA#pk_1", an_entry("second"))

    assert existing == an_entry("first")
    assert store.get("mockCardA#pk_1") == an_entry("first")


def test_an_unknown_id_has_no_item(store: BookStore) -> None:
    assert store.get("mockCardA#pk_1") is None


def test_a_counter_starts_at_1_and_leaves_the_rest_alone(store: BookStore) -> None:
    store.put_new("mockCardA#pk_1", an_entry())

    counts = [store.count("mockCardA#pk_1", "inquiries") for _ in range(3)]

    assert counts == [1, 2, 3]
    assert store.get("mockCardA#pk_1") == {**an_entry(), "inquiries": 3}


def test_nothing_is_counted_that_does_not_exist(store: BookStore) -> None:
    with pytest.raises((KeyError, ClientError)):
        store.count("mockCardA#pk_1", "inquiries")

    assert store.get("mockCardA#pk_1") is None
