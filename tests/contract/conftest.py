"""Both stores of the providers' books, so that what holds for one is tried on the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.session import Session
from moto import mock_aws
from types_boto3_dynamodb import DynamoDBClient

from payflow.aws.provider_book import DynamoBook
from payflow.providers.simulated.store import BookStore
from tests.contract.sandbox import a_book

TABLE = "provider_books"


@dataclass
class OneAtATime:
    """A client whose calls do not overlap: moto, unlike DynamoDB, does not keep them apart."""

    client: DynamoDBClient
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)

        def alone(**arguments: Any) -> Any:
            with self.lock:
                return call(**arguments)

        return alone


@pytest.fixture(scope="session")
def dynamodb_client() -> Iterator[DynamoDBClient]:
    """Made once: making it is the slowest part of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        with mock_aws():
            client: Any = Session().create_client("dynamodb", region_name="us-east-1")
        yield client


@pytest.fixture
def dynamo_book(dynamodb_client: DynamoDBClient) -> Iterator[DynamoBook]:
    """An empty table of books."""
    with mock_aws():
        dynamodb_client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield DynamoBook(cast(DynamoDBClient, OneAtATime(dynamodb_client)), TABLE)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> BookStore:
    """One empty store of each kind."""
    if request.param == "memory":
        return a_book()
    book: DynamoBook = request.getfixturevalue("dynamo_book")
    return book
