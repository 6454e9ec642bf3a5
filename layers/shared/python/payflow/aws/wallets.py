"""Customers' wallets in DynamoDB: a wallet's item and one item for each of its operations.

An operation and what it does to its wallet are one transaction. The operation's item must be new
and the wallet must be as it was read, so whatever is decided on a balance is written on that very
balance or not at all. Everything that moves money changes the wallet's version, its authorisations'
items included; those are read after the wallet, and so are never older than it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.attributes import Item, number, text
from payflow.aws.clients import (
    PASSING_REASONS,
    cancellation_reasons,
    error_code,
    unavailable_on_failure,
)
from payflow.aws.wallet_item import (
    operation_from_item,
    operation_to_item,
    wallet_from_item,
    wallet_to_item,
)
from payflow.domain.errors import Unavailable, VersionConflict
from payflow.domain.ports import Clock, Randomness
from payflow.domain.wallet import (
    KEY_SEPARATOR,
    Performed,
    Wallet,
    WalletChange,
    WalletOperation,
    WalletRequest,
    operation_id,
)
from payflow.domain.wallet_rules import decided, refused

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

TRIES_MAX: Final = 60
"""Of many operations on one wallet at once one wins each round; the others decide anew."""
PAUSE_MS: Final = 10
PAUSE_MAX_MS: Final = 160

_PART: Final = "wallets table"
_IS_NEW: Final = "attribute_not_exists(id)"


class DynamoWallets:
    """`Wallets` on the wallets table."""

    def __init__(
        self, dynamodb: DynamoDBClient, table: str, clock: Clock, randomness: Randomness
    ) -> None:
        """`clock` and `randomness` space out the tries of simultaneous operations."""
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._randomness = randomness

    def create(self, wallet: Wallet) -> Wallet | None:
        """Store a new wallet; if its id is taken, store nothing and return what is there."""
        existing = self._put_new(wallet_to_item(wallet))
        return None if existing is None else wallet_from_item(existing)

    def get(self, wallet_id: str) -> Wallet | None:
        """The wallet as last committed, or None."""
        if KEY_SEPARATOR in wallet_id:
            return None
        item = self._item(wallet_id)
        return None if item is None else wallet_from_item(item)

    def find(self, wallet_id: str, key: str) -> WalletOperation | None:
        """The operation that was written down under `key`, or None."""
        item = self._item(operation_id(wallet_id, key))
        return None if item is None else operation_from_item(item)

    def perform(self, request: WalletRequest) -> Performed:
        """Decide on the wallet as it is and write that down, until nobody is in between."""
        for repetition in range(TRIES_MAX):
            known = self.find(request.wallet_id, request.key)
            if known is not None:
                return Performed(known, is_new=False)
            try:
                return self._performed(request)
            except VersionConflict:
                ceiling_ms = min(PAUSE_MAX_MS, PAUSE_MS * 2**repetition)
                self._clock.sleep_ms(1 + int(ceiling_ms * self._randomness.random()))
        raise Unavailable("contended", f"{request.wallet_id} is being changed", retry_after_s=1)

    def refuse(self, request: WalletRequest, code: str) -> WalletOperation:
        """Write down that `request` was refused for `code`, unless its key is known."""
        return self._recorded(refused(request, code, self._clock.now()).operation).operation

    def _performed(self, request: WalletRequest) -> Performed:
        wallet = self.get(request.wallet_id)
        named = request.authorization_key
        authorization = self.find(request.wallet_id, named) if named is not None else None
        change = decided(request, wallet, authorization, self._clock.now())
        if change.wallet is None:
            return self._recorded(change.operation)
        self._write(change, change.wallet)
        return Performed(change.operation, is_new=True)

    def _recorded(self, operation: WalletOperation) -> Performed:
        existing = self._put_new(operation_to_item(operation))
        if existing is None:
            return Performed(operation, is_new=True)
        return Performed(operation_from_item(existing), is_new=False)

    def _write(self, change: WalletChange, wallet: Wallet) -> None:
        """All of `change`, or nothing; raises `VersionConflict` for the latter."""
        from botocore.exceptions import ClientError

        current = {
            "ConditionExpression": "#version = :seen",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":seen": number(wallet.version - 1)},
        }
        puts = [
            self._put(operation_to_item(change.operation), ConditionExpression=_IS_NEW),
            self._put(wallet_to_item(wallet), **current),
        ]
        if change.authorization is not None:
            puts.append(self._put(operation_to_item(change.authorization)))
        try:
            with unavailable_on_failure(_PART):
                self._dynamodb.transact_write_items(TransactItems=puts)
        except ClientError as error:
            if error_code(error) != "TransactionCanceledException":
                raise
            if not PASSING_REASONS.issuperset(cancellation_reasons(error)):
                raise
            raise VersionConflict(wallet.id) from error

    def _put(self, item: Item, **condition: Any) -> TransactWriteItemTypeDef:
        put: Any = {"TableName": self._table, "Item": item, **condition}
        return {"Put": put}

    def _put_new(self, item: Item) -> Item | None:
        """Write `item` if its id is free; otherwise nothing, and return what is there."""
        from botocore.exceptions import ClientError

        try:
            with unavailable_on_failure(_PART):
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=_IS_NEW,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            answer: Mapping[str, Any] = error.response
            existing: Item = answer["Item"]
            return existing
        return None

    def _item(self, item_id: str) -> Item | None:
        with unavailable_on_failure(_PART):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key={"id": text(item_id)}, ConsistentRead=True
            )
        return answer.get("Item")
