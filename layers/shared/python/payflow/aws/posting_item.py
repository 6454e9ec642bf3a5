"""Journal transactions as parts of the item of what they book (a payment, a payout), and back.

An item with postings has `id`, `merchant_id`, `currency`, and these two attributes:

    postings      the journal transactions, oldest first, as below
    posted_key    the time of the newest one: an index on merchant and this tells what was posted
                  lately, and a stream's filter which items have postings

    o  operation      s  sequence      t  time of posting
    p  phase: "p" pending, "r" released; absent: posted
    e  entries: [amount, account, owner?, currency?]; a debit is positive, a credit negative

An account is its code below. Its owner is left out where it follows: the item's merchant for the
merchant's accounts, nobody for the others. So is the item's own currency. The transaction's id
follows from the item's id, operation and sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from payflow.aws.attributes import (
    Item,
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
    Phase,
    Side,
    transaction_id,
)
from payflow.domain.timestamps import rfc3339

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
PHASE_CODES: Final[dict[Phase, str]] = {Phase.PENDING: "p", Phase.RELEASED: "r"}
_PHASES: Final = {code: phase for phase, code in PHASE_CODES.items()}
_ACCOUNT_KINDS: Final = {code: kind for kind, code in ACCOUNT_CODES.items()}
_OF_THE_MERCHANT: Final = frozenset({AccountKind.MERCHANT_PAYABLE, AccountKind.MERCHANT_RESERVE})


def postings_to_attributes(
    postings: Sequence[JournalTransaction], merchant_id: str, currency: str
) -> Item:
    """The attributes that an item has for its postings: none while there are none."""
    if not postings:
        return {}
    return {
        "postings": row(_posting(one, merchant_id, currency) for one in postings),
        "posted_key": text(rfc3339(max(one.posted_at for one in postings))),
    }


def postings_from_item(item: Item) -> tuple[JournalTransaction, ...]:
    """What `postings_to_attributes` wrote down."""
    if "postings" not in item:
        return ()
    fact_id, currency = read_text(item["id"]), read_text(item["currency"])
    return tuple(
        _read_posting(value, fact_id, merchant_of(item), currency)
        for value in item["postings"]["L"]
    )


def merchant_of(item: Item) -> str:
    """Whose fact it is."""
    return read_text(item["merchant_id"])


def _posting(posting: JournalTransaction, merchant_id: str, currency: str) -> Value:
    entries = (row(_entry(entry, merchant_id, currency)) for entry in posting.entries)
    fields: dict[str, Value] = {
        "o": text(posting.operation),
        "s": number(posting.sequence),
        "t": moment(posting.posted_at),
        "e": row(entries),
    }
    if posting.phase is not Phase.POSTED:
        fields["p"] = text(PHASE_CODES[posting.phase])
    return {"M": fields}


def _read_posting(
    value: Value, fact_id: str, merchant_id: str, currency: str
) -> JournalTransaction:
    fields = value["M"]
    operation, sequence = read_text(fields["o"]), read_number(fields["s"])
    return JournalTransaction(
        id=transaction_id(fact_id, operation, sequence),
        payment_id=fact_id,
        operation=operation,
        sequence=sequence,
        posted_at=read_moment(fields["t"]),
        entries=tuple(_read_entry(entry["L"], merchant_id, currency) for entry in fields["e"]["L"]),
        phase=_PHASES[read_text(fields["p"])] if "p" in fields else Phase.POSTED,
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
