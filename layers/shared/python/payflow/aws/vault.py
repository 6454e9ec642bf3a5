"""The card vault in DynamoDB, under two KMS keys.

    token, merchant_id, brand, bin, last4, exp_month, exp_year    in clear (PCI DSS 3.4.1)
    card, card_key      the number, sealed, and its wrapped data key
    cvc, cvc_key        the same of the CVC, under the other KMS key; gone after `forget_cvc`
    expires_at          epoch seconds; absent once the card is kept
    key                 only in the item `key#fingerprint`: the wrapped key of `fingerprint`

Number and CVC share an item, so a card costs one write unit to store and one to strip of its CVC.
Each is bound to its token and merchant: moved to another item it does not open.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.attributes import (
    Item,
    Value,
    binary,
    number,
    read_binary,
    read_number,
    read_text,
    text,
)
from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.aws.envelope import Envelope, Sealed
from payflow.aws.settings import VaultSettings
from payflow.domain.card import described
from payflow.domain.method import CardData, CardMethod
from payflow.domain.ports import Clock

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_kms import KMSClient

UNUSED_CARD_AGE_MAX: Final = timedelta(days=1)
"""How long a card waits for its payment to be written."""

_PART: Final = "card vault"
_FINGERPRINT_KEY: Final = "key#fingerprint"
_TOKEN: Final = {"#token": "token"}


class KmsVault:
    """`Vault` on the vault table; raises `Unavailable` while DynamoDB or KMS does not answer."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        kms: Callable[[], KMSClient],
        settings: VaultSettings,
        clock: Clock,
    ) -> None:
        """`kms` makes the client when the first secret is sealed or opened."""
        self._dynamodb = dynamodb
        self._table = settings.table
        self._clock = clock
        self._card = Envelope(kms, settings.card_key_id, purpose="vault-card", clock=clock)
        self._cvc = Envelope(kms, settings.cvc_key_id, purpose="vault-cvc", clock=clock)
        self._fingerprints = Envelope(
            kms, settings.card_key_id, purpose="vault-fingerprint", clock=clock
        )
        self._fingerprint_key: bytes | None = None

    def store(self, token: str, merchant_id: str, card: CardData, *, keep: bool) -> None:
        """Keep `card` under `token`; one that is there and has not expired is left as it is.

        Without `keep` the item expires in a day unless `forget_cvc` follows. With it the CVC is not
        stored at all: nothing would ever say that it has been used.
        """
        expires_at_s = None if keep else self._now_s() + int(UNUSED_CARD_AGE_MAX.total_seconds())
        self._written(
            self._dynamodb.put_item,
            Item=self.sealed_item(token, merchant_id, card, expires_at_s),
            ConditionExpression="attribute_not_exists(#token) OR expires_at <= :now",
            ExpressionAttributeNames=_TOKEN,
            ExpressionAttributeValues={":now": number(self._now_s())},
        )

    def sealed_item(
        self, token: str, merchant_id: str, card: CardData, expires_at_s: int | None
    ) -> Item:
        """The item of `card`; of one that does not expire the CVC is left out."""
        binding = _binding(token, merchant_id)
        item = {
            "token": text(token),
            "merchant_id": text(merchant_id),
            **_clear_part(described(card, token)),
            **self._sealed("card", self._card, card.number, binding),
        }
        if expires_at_s is not None:
            item["expires_at"] = number(expires_at_s)
            if card.cvc is not None:
                item |= self._sealed("cvc", self._cvc, card.cvc, binding)
        return item

    def describe(self, token: str, merchant_id: str) -> CardMethod | None:
        """The card behind a merchant's token without its number, or None."""
        item = self._item(token)
        if item is None or read_text(item["merchant_id"]) != merchant_id:
            return None
        return CardMethod(
            token=token,
            brand=read_text(item["brand"]),
            bin=read_text(item["bin"]),
            last4=read_text(item["last4"]),
            exp_month=read_number(item["exp_month"]),
            exp_year=read_number(item["exp_year"]),
        )

    def reveal(self, token: str) -> CardData | None:
        """The card behind `token`; raises `Undecipherable` if its item was tampered with."""
        item = self._item(token)
        if item is None:
            return None
        binding = _binding(token, read_text(item["merchant_id"]))
        return CardData(
            number=_opened("card", self._card, item, binding),
            exp_month=read_number(item["exp_month"]),
            exp_year=read_number(item["exp_year"]),
            cvc=_opened("cvc", self._cvc, item, binding) if "cvc" in item else None,
        )

    def forget_cvc(self, token: str) -> None:
        """Delete the CVC and keep the card; harmless when repeated."""
        self._written(
            self._dynamodb.update_item,
            Key={"token": text(token)},
            UpdateExpression="REMOVE cvc, cvc_key, expires_at",
            ConditionExpression="attribute_exists(#token)",
            ExpressionAttributeNames=_TOKEN,
        )

    def discard(self, token: str) -> None:
        """Delete a card that is still waiting for its payment; one that is kept stays."""
        self._written(
            self._dynamodb.delete_item,
            Key={"token": text(token)},
            ConditionExpression="attribute_exists(expires_at)",
        )

    def fingerprint(self, content: bytes) -> str:
        """Hexadecimal HMAC-SHA256 of `content` under a key that the whole deployment shares."""
        if self._fingerprint_key is None:
            self._fingerprint_key = self._shared_key()
        return hmac.new(self._fingerprint_key, content, hashlib.sha256).hexdigest()

    def _shared_key(self) -> bytes:
        """The one key of `fingerprint`; made by whichever process is the first to write it."""
        stored = self._read(_FINGERPRINT_KEY, consistent=True)
        if stored is None:
            plain, wrapped = self._fingerprints.new_data_key()
            stored = self._written(
                self._dynamodb.put_item,
                Item={"token": text(_FINGERPRINT_KEY), "key": binary(wrapped)},
                ConditionExpression="attribute_not_exists(#token)",
                ExpressionAttributeNames=_TOKEN,
            )
            if stored is None:
                return plain
        return self._fingerprints.unwrapped(read_binary(stored["key"]))

    def _item(self, token: str) -> Item | None:
        """The item of a card that has not expired."""
        if token == _FINGERPRINT_KEY:
            return None
        # Half the price, and rarely too old: a card is asked for well after it was stored.
        return self._current(token, consistent=False) or self._current(token, consistent=True)

    def _current(self, token: str, *, consistent: bool) -> Item | None:
        # Expiry is judged by the clock: TTL deletes up to days later.
        item = self._read(token, consistent=consistent)
        if item is None or "expires_at" not in item:
            return item
        return item if read_number(item["expires_at"]) > self._now_s() else None

    def _read(self, token: str, *, consistent: bool) -> Item | None:
        with unavailable_on_failure(_PART):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key={"token": text(token)}, ConsistentRead=consistent
            )
        return answer.get("Item")

    def _written(self, write: Callable[..., object], **parameters: Any) -> Item | None:
        """Make a conditional write; if its condition fails, return what is there instead."""
        from botocore.exceptions import ClientError

        try:
            with unavailable_on_failure(_PART):
                write(
                    TableName=self._table,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **parameters,
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            answer: Mapping[str, Any] = error.response
            existing: Item = answer.get("Item", {})
            return existing
        return None

    def _sealed(self, name: str, envelope: Envelope, secret: str, binding: str) -> dict[str, Value]:
        sealed = envelope.seal(secret.encode(), bound_to=f"{name}:{binding}")
        return {name: binary(sealed.content), f"{name}_key": binary(sealed.wrapped_key)}

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())


def _clear_part(card: CardMethod) -> dict[str, Value]:
    return {
        "brand": text(card.brand),
        "bin": text(card.bin),
        "last4": text(card.last4),
        "exp_month": number(card.exp_month),
        "exp_year": number(card.exp_year),
    }


def _binding(token: str, merchant_id: str) -> str:
    return f"{token}:{merchant_id}"


def _opened(name: str, envelope: Envelope, item: Item, binding: str) -> str:
    sealed = Sealed(read_binary(item[name]), read_binary(item[f"{name}_key"]))
    return envelope.open(sealed, bound_to=f"{name}:{binding}").decode()
