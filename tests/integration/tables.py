"""The tables as the stack makes them, by the variable that carries their name to a function."""

from __future__ import annotations

from typing import Any

from types_boto3_dynamodb import DynamoDBClient


def create_tables(dynamodb: DynamoDBClient) -> dict[str, str]:
    """Create all tables; their names by environment variable."""
    for definition in _DEFINITIONS.values():
        dynamodb.create_table(**definition, BillingMode="PAY_PER_REQUEST")
    return {variable: definition["TableName"] for variable, definition in _DEFINITIONS.items()}


def _table(
    name: str, key: str, *indexes: dict[str, Any], number_key: str | None = None
) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "TableName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
    }
    if number_key is not None:
        definition["KeySchema"].append({"AttributeName": number_key, "KeyType": "RANGE"})
    if indexes:
        definition["GlobalSecondaryIndexes"] = list(indexes)
    used = {
        element["AttributeName"]
        for schema in (definition, *indexes)
        for element in schema["KeySchema"]
    }
    definition["AttributeDefinitions"] = [
        {"AttributeName": attribute, "AttributeType": "N" if attribute == number_key else "S"}
        for attribute in sorted(used)
    ]
    return definition


def _index(name: str, partition_key: str, sort_key: str, projection: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [
            {"AttributeName": partition_key, "KeyType": "HASH"},
            {"AttributeName": sort_key, "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": projection},
    }


_DEFINITIONS = {
    "PAYMENTS_TABLE": _table(
        "payments",
        "id",
        _index("by_merchant", "merchant_id", "created_key", "KEYS_ONLY"),
        _index("by_posting", "merchant_id", "posted_key", "KEYS_ONLY"),
        _index("by_dispute", "merchant_id", "disputed_key", "KEYS_ONLY"),
        _index("by_attention", "attention", "attention_key", "KEYS_ONLY"),
    ),
    "VAULT_TABLE": _table("vault", "token"),
    "MERCHANTS_TABLE": _table("merchants", "id", _index("by_owner", "owner", "id", "ALL")),
    "CONTROL_TABLE": _table("control", "id"),
    "PROVIDER_BOOKS_TABLE": _table("provider_books", "id"),
    "PROVIDER_CALLS_TABLE": _table("provider_calls", "id"),
    "PAYOUTS_TABLE": _table(
        "payouts",
        "id",
        _index("by_merchant", "merchant_id", "created_key", "ALL"),
        _index("by_posting", "merchant_id", "posted_key", "KEYS_ONLY"),
    ),
    "LEDGER_TABLE": _table("ledger", "shard", number_key="page"),
    "WALLETS_TABLE": _table(
        "wallets", "id", _index("by_posting", "merchant_id", "posted_key", "KEYS_ONLY")
    ),
}
