"""Journal transactions as parts of the item of what they book (a payment, a payout), and back.

    o  operation      s  sequence      t  time of posting
    e  entries: [amount, account, owner?, currency?]; a debit is positive, a credit negative

An account is its code below. Its owner is left out where it follows: the item's merchant for the
merchant's accounts, nobody for the others. So is the item's own currency. The transaction's id
follows from the item's id, operation and sequence.
"""

from __future__ import annotations

from typing import Final

from payflow.aws.attributes import (
    Value,
    moment,
    number,
    read_moment,
    read_number,
    read_text,
    row,
    text,
)
from payflow.domain.ledger import (
    Account,
    AccountKind,
    Entry,
    JournalTransaction,
    Side,
    transaction_id,
)

ACCOUNT_CODES: Final[dict[AccountKind, str]] = {
    AccountKind.PROVIDER_RECEIVABLE: "pr",
    AccountKind.BANK: "bk",
    AccountKind.MERCHANT_PAYABLE: "mp",
    AccountKind.MERCHANT_RESERVE: "mr",
    AccountKind.CUSTOMER_WALLET: "cw",
    AccountKind.FEES_REVENUE: "fr",
    AccountKind.PROVIDER_FEES: "pf",
    AccountKind.FX_LIQUIDITY: "fl",
    AccountKind.FX_SPREAD: "fs",
    AccountKind.SUSPENSE: "su",
}
_ACCOUNT_KINDS: Final = {code: kind for kind, code in ACCOUNT_CODES.items()}
_OF_THE_MERCHANT: Final = frozenset({AccountKind.MERCHANT_PAYABLE, AccountKind.MERCHANT_RESERVE})


def posting_to_value(posting: JournalTransaction, merchant_id: str, currency: str) -> Value:
    """`posting` of an item of this merchant and currency as a map."""
    entries = (row(_entry(entry, merchant_id, currency)) for entry in posting.entries)
    return {
        "M": {
            "o": text(posting.operation),
            "s": number(posting.sequence),
            "t": moment(posting.posted_at),
            "e": row(entries),
        }
    }


def posting_from_value(
    value: Value, item_id: str, merchant_id: str, currency: str
) -> JournalTransaction:
    """The transaction that `posting_to_value` wrote down in the item of that id."""
    fields = value["M"]
    operation, sequence = read_text(fields["o"]), read_number(fields["s"])
    return JournalTransaction(
        id=transaction_id(item_id, operation, sequence),
        payment_id=item_id,
        operation=operation,
        sequence=sequence,
        posted_at=read_moment(fields["t"]),
        entries=tuple(_read_entry(entry["L"], merchant_id, currency) for entry in fields["e"]["L"]),
    )


def _entry(entry: Entry, merchant_id: str, currency: str) -> list[Value]:
    account = entry.account
    values = [
        number(entry.amount_minor if entry.side is Side.DEBIT else -entry.amount_minor),
        text(ACCOUNT_CODES[account.kind]),
    ]
    if account.currency != currency:
        return [*values, text(account.owner or ""), text(account.currency)]
    if account.owner != _usual_owner(account.kind, merchant_id):
        return [*values, text(account.owner or "")]
    return values


def _read_entry(values: list[Value], merchant_id: str, currency: str) -> Entry:
    amount, kind = read_number(values[0]), _ACCOUNT_KINDS[read_text(values[1])]
    owner = (read_text(values[2]) or None) if len(values) > 2 else _usual_owner(kind, merchant_id)
    own_currency = read_text(values[3]) if len(values) > 3 else currency
    side = Side.DEBIT if amount > 0 else Side.CREDIT
    return Entry(Account(kind, own_currency, owner), side, abs(amount))


def _usual_owner(kind: AccountKind, merchant_id: str) -> str | None:
    return merchant_id if kind in _OF_THE_MERCHANT else None
