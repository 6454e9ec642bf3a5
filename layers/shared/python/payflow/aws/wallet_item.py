"""Wallets and their operations as items of the wallets table, and back.

    wal_…        a wallet: balance, holds as [{k key, p payment, a amount, t time}, …], version
    wal_…#<key>  one operation, written once. `balance` and `held` are what it changed, signed;
                 `refusal` says that it changed nothing. An authorisation's `captured`, `refunded`
                 and `released` go on. A top-up carries its journal transaction as `postings`, see
                 `payflow.aws.posting_item`, and the answer to its request, deflated.

What has its default is left out.
"""

from __future__ import annotations

import zlib
from typing import Final

from payflow.aws.attributes import (
    Field,
    Item,
    Value,
    binary,
    decoded,
    digest,
    encoded,
    moment,
    number,
    read_binary,
    read_digest,
    read_member,
    read_moment,
    read_number,
    read_text,
    row,
    text,
)
from payflow.aws.posting_item import postings_from_item, postings_to_attributes
from payflow.domain.money import Money
from payflow.domain.wallet import KEY_SEPARATOR, Hold, Use, Wallet, WalletAction, WalletOperation


def _flag(value: bool) -> Value:
    return {"BOOL": value}


def _read_flag(value: Value) -> bool:
    return bool(value["BOOL"])


def _deflated(answer: str) -> Value:
    return binary(zlib.compress(answer.encode(), level=9))


def _read_deflated(value: Value) -> str:
    return zlib.decompress(read_binary(value)).decode()


_WALLET: Final = (
    Field("id", "id", text, read_text),
    Field("merchant_id", "merchant_id", text, read_text),
    Field("customer", "customer_id", text, read_text),
    Field("currency", "currency", text, read_text),
    Field("hash", "request_hash", digest, read_digest),
    Field("created", "created_at", moment, read_moment),
    Field("updated", "updated_at", moment, read_moment),
    Field("balance", "balance_minor", number, read_number),
    Field("version", "version", number, read_number),
)
_HOLD: Final = (
    Field("k", "key", text, read_text),
    Field("p", "payment_id", text, read_text),
    Field("a", "amount_minor", number, read_number),
    Field("t", "created_at", moment, read_moment),
)
_OPERATION: Final = (
    Field("merchant_id", "merchant_id", text, read_text),
    Field("action", "action", text, read_member(WalletAction)),
    Field("at", "at", moment, read_moment),
    Field("payment", "payment_id", text, read_text),
    Field("authorization", "authorization_key", text, read_text),
    Field("final", "final", _flag, _read_flag, False),
    Field("hash", "request_hash", digest, read_digest),
    Field("refusal", "refusal", text, read_text),
    Field("balance", "balance_change_minor", number, read_number, 0),
    Field("held", "held_change_minor", number, read_number, 0),
    Field("answer", "answer", _deflated, _read_deflated),
)
_USE: Final = (
    Field("captured", "captured_minor", number, read_number, 0),
    Field("refunded", "refunded_minor", number, read_number, 0),
    Field("released", "released", _flag, _read_flag, False),
)


def is_operation(item: Item) -> bool:
    """Whether an item of the table, or of its stream, is an operation rather than a wallet."""
    return KEY_SEPARATOR in read_text(item["id"])


def wallet_to_item(wallet: Wallet) -> Item:
    """`wallet` as an item."""
    item = dict(encoded(_WALLET, wallet))
    if wallet.holds:
        item["holds"] = row({"M": encoded(_HOLD, hold)} for hold in wallet.holds)
    return item


def wallet_from_item(item: Item) -> Wallet:
    """The wallet that `wallet_to_item` wrote down."""
    holds = item["holds"]["L"] if "holds" in item else ()
    return Wallet(
        **decoded(_WALLET, item), holds=tuple(Hold(**decoded(_HOLD, hold["M"])) for hold in holds)
    )


def operation_to_item(operation: WalletOperation) -> Item:
    """`operation` as an item."""
    money = operation.amount
    item = {
        "id": text(operation.id),
        **encoded(_OPERATION, operation),
        **encoded(_USE, operation.use),
        "amount": number(money.minor),
        "currency": text(money.currency),
    }
    return item | dict(
        postings_to_attributes(operation.postings, operation.merchant_id, money.currency)
    )


def operation_from_item(item: Item) -> WalletOperation:
    """The operation of an item or a stream image."""
    operation_id, currency = read_text(item["id"]), read_text(item["currency"])
    wallet_id, _, key = operation_id.partition(KEY_SEPARATOR)
    fields = decoded(_OPERATION, item)
    return WalletOperation(
        **fields,
        wallet_id=wallet_id,
        key=key,
        amount=Money(read_number(item["amount"]), currency),
        use=Use(**decoded(_USE, item)),
        postings=postings_from_item(item),
    )
