"""Invariant 32 in the tables: after a payment no number and no CVC can be read anywhere."""

from __future__ import annotations

from types_boto3_dynamodb import DynamoDBClient

from payflow.domain.payment import Status
from tests.integration.gateway import APPROVED, CARD, Gateway
from tests.support.secrecy import raw_bytes, shows


def test_a_paid_card_is_readable_in_no_table(gateway: Gateway, dynamodb: DynamoDBClient) -> None:
    payment, _ = gateway.pay(CARD, APPROVED)

    assert payment.status is Status.SUCCEEDED
    for table in dynamodb.list_tables()["TableNames"]:
        for item in dynamodb.scan(TableName=table)["Items"]:
            assert not shows(raw_bytes({"M": item}), CARD.number), table


def test_the_cvc_waits_sealed_and_is_gone_once_the_authorisation_has_answered(
    gateway: Gateway, dynamodb: DynamoDBClient
) -> None:
    gateway.pay(CARD)
    assert "cvc" in _card_item(dynamodb)

    gateway.pay(CARD, APPROVED)

    assert "cvc" not in _card_item(dynamodb)
    assert "cvc_key" not in _card_item(dynamodb)


def _card_item(dynamodb: DynamoDBClient) -> set[str]:
    items = dynamodb.scan(TableName="vault")["Items"]
    (names,) = (set(item) for item in items if item["token"]["S"].startswith("tok_"))
    return names
