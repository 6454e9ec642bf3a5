"""Merchants and their keys in DynamoDB: one table, one item each.

    mer_…        a merchant; its owner is the platform, so that one query lists them all
    key#<hash>   a key, by the SHA-256 of its text; found by its owner through index `by_owner`

A key's text is never stored; who holds the table cannot use a single one of its keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.attributes import (
    Field,
    Item,
    decoded,
    encoded,
    moment,
    number,
    read_member,
    read_moment,
    read_number,
    read_text,
    text,
)
from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.domain.errors import Conflict, NotFound, VersionConflict
from payflow.domain.merchant import ApiKey, Merchant, Principal
from payflow.domain.money import FeeTerms

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import PutTypeDef

_PART: Final = "merchants table"
_PLATFORM: Final = "platform"
_KEY_PREFIX: Final = "key#"
_IS_NEW: Final = "attribute_not_exists(id)"

_MERCHANT: Final = (
    Field("id", "id", text, read_text),
    Field("name", "name", text, read_text),
    Field("settlement_currency", "settlement_currency", text, read_text),
    Field("created_at", "created_at", moment, read_moment),
    Field("updated_at", "updated_at", moment, read_moment),
    Field("version", "version", number, read_number),
    Field("payout_minimum", "payout_minimum_minor", number, read_number),
)
_KEY: Final = (
    Field("key_id", "id", text, read_text),
    Field("owner", "owner", text, read_text),
    Field("principal", "principal", text, read_member(Principal)),
    Field("hint", "hint", text, read_text),
    Field("created_at", "created_at", moment, read_moment),
    Field("revoked_at", "revoked_at", moment, read_moment),
)


class DynamoMerchants:
    """`MerchantRepository` on the merchants table.

    Every method raises `Unavailable` while DynamoDB throttles or does not answer.
    """

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        """`table` is the table's name."""
        self._dynamodb = dynamodb
        self._table = table

    def create(self, merchant: Merchant, keys: Sequence[ApiKey]) -> None:
        """Store a merchant with its first keys, all or none; raises `Conflict` for a taken id."""
        from botocore.exceptions import ClientError

        items = [_merchant_item(merchant), *map(_key_item, keys)]
        try:
            with unavailable_on_failure(_PART):
                self._dynamodb.transact_write_items(
                    TransactItems=[{"Put": self._put_if_new(item)} for item in items]
                )
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            raise Conflict("merchant_exists", f"{merchant.id} or a key of it exists") from error

    def get(self, merchant_id: str) -> Merchant | None:
        """The merchant as last written, or None."""
        item = self._item(merchant_id)
        return _merchant(item) if item and not merchant_id.startswith(_KEY_PREFIX) else None

    def save(self, merchant: Merchant) -> None:
        """Replace version `merchant.version - 1`; raises `VersionConflict` and writes nothing."""
        self._write_if(
            VersionConflict(merchant.id),
            Item=_merchant_item(merchant),
            ConditionExpression="#version = :previous",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":previous": number(merchant.version - 1)},
        )

    def list(self) -> Sequence[Merchant]:
        """All merchants, oldest first."""
        return [_merchant(item) for item in self._owned(_PLATFORM)]

    def add_key(self, key: ApiKey) -> None:
        """Store one more key; raises `Conflict` if there is one with the same text."""
        self._write_if(
            Conflict("key_exists", "There is such a key already."),
            Item=_key_item(key),
            ConditionExpression=_IS_NEW,
        )

    def find_key(self, key_hash: str) -> ApiKey | None:
        """The key with that hash, revoked or not, as last written; or None."""
        item = self._item(f"{_KEY_PREFIX}{key_hash}")
        return _key(item) if item else None

    def keys_of(self, owner: str) -> Sequence[ApiKey]:
        """The keys of one owner, oldest first; the very latest may be missing for a moment."""
        keys = [_key(item) for item in self._owned(owner)]
        return sorted(keys, key=lambda key: (key.created_at, key.id))

    def revoke_key(self, key: ApiKey, now: datetime) -> None:
        """Mark the key as revoked from `now` on, unless it was before; raises `NotFound`."""
        from botocore.exceptions import ClientError

        try:
            with unavailable_on_failure(_PART):
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key={"id": text(f"{_KEY_PREFIX}{key.key_hash}")},
                    UpdateExpression="SET revoked_at = if_not_exists(revoked_at, :now)",
                    ConditionExpression="attribute_exists(id)",
                    ExpressionAttributeValues={":now": moment(now)},
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            raise NotFound("key_not_found", "There is no such key.") from error

    def _item(self, item_id: str) -> Item | None:
        with unavailable_on_failure(_PART):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key={"id": text(item_id)}, ConsistentRead=True
            )
        return answer.get("Item")

    def _owned(self, owner: str) -> Iterator[Item]:
        position: dict[str, Any] = {}
        while True:
            with unavailable_on_failure(_PART):
                page = self._dynamodb.query(
                    TableName=self._table,
                    IndexName="by_owner",
                    KeyConditionExpression="#owner = :owner",
                    ExpressionAttributeNames={"#owner": "owner"},
                    ExpressionAttributeValues={":owner": text(owner)},
                    **position,
                )
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            position = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _put_if_new(self, item: Item) -> PutTypeDef:
        return {"TableName": self._table, "Item": item, "ConditionExpression": _IS_NEW}

    def _write_if(self, refusal: Conflict, **put: Any) -> None:
        from botocore.exceptions import ClientError

        try:
            with unavailable_on_failure(_PART):
                self._dynamodb.put_item(TableName=self._table, **put)
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            raise refusal from error


def _merchant_item(merchant: Merchant) -> Item:
    return {
        **encoded(_MERCHANT, merchant),
        "owner": text(_PLATFORM),
        "fee_bps": number(merchant.platform_fee.bps),
        "fee_fixed_minor": number(merchant.platform_fee.fixed_minor),
    }


def _merchant(item: Item) -> Merchant:
    terms = FeeTerms(read_number(item["fee_bps"]), read_number(item["fee_fixed_minor"]))
    return Merchant(platform_fee=terms, **decoded(_MERCHANT, item))


def _key_item(key: ApiKey) -> Item:
    return {**encoded(_KEY, key), "id": text(f"{_KEY_PREFIX}{key.key_hash}")}


def _key(item: Item) -> ApiKey:
    key_hash = read_text(item["id"]).removeprefix(_KEY_PREFIX)
    return ApiKey(key_hash=key_hash, **decoded(_KEY, item))
