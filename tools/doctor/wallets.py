"""Invariant 17 for customers' wallets, which are books of PayFlow's own.

A wallet is what its operations made of it, and what the ledger owes its customer; and what a
payment did to it is judged like what any other provider did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from payflow.aws.attributes import Item
from payflow.aws.wallet_item import operation_from_item, wallet_from_item
from payflow.domain.ledger import AccountKind
from payflow.domain.payment import Payment, Status
from payflow.domain.wallet import Wallet, WalletAction, WalletOperation, WalletRefusal
from payflow.providers.simulated.entry import BookEntry, Kind, Standing
from tools.doctor.facts import POSTINGS, BookFact, Posting, Unreadable
from tools.doctor.findings import Problem

KIND_OF: Final = {
    WalletAction.DEBIT: Kind.SALE,
    WalletAction.HOLD: Kind.AUTHORIZATION,
    WalletAction.CAPTURE: Kind.CAPTURE,
    WalletAction.RELEASE: Kind.VOID,
    WalletAction.CREDIT: Kind.REFUND,
}
"""What an operation is in the words of the other providers' books; a top-up is no payment's."""

SIGNS: Final = {
    WalletAction.TOP_UP: (1, 0),
    WalletAction.HOLD: (0, 1),
    WalletAction.DEBIT: (-1, 0),
    WalletAction.CAPTURE: (-1, -1),
    WalletAction.RELEASE: (0, -1),
    WalletAction.CREDIT: (1, 0),
}
"""What an operation does to balance and holds, times its amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletFacts:
    """A wallet beside the sums of its operations and its ledger account, in minor units.

    `open_minor` is what payments that are not settled may have moved already without a booking.
    """

    wallet: Wallet
    changed_minor: int
    held_minor: int
    ledger_minor: int
    open_minor: int = 0


def account_of(wallet: Wallet) -> str:
    """The ledger account that holds what the customer has."""
    return f"customer_wallet:{wallet.id}:{wallet.currency}"


def may_have_moved(payment: Payment) -> int:
    """What the provider may have done already for the payment that is not booked yet."""
    if payment.status in (Status.PENDING, Status.PROCESSING, Status.REQUIRES_ACTION):
        return payment.amount.minor
    return sum(one.amount_minor for one in payment.instructions if one.settled_at is None)


def read_wallet(item: Item) -> Wallet:
    """The wallet; raises `Unreadable`."""
    try:
        return wallet_from_item(item)
    except (KeyError, ValueError, TypeError) as error:
        raise Unreadable(f"cannot be read: {type(error).__name__} {error}") from error


def read_operation(item: Item) -> WalletOperation:
    """The operation without its journal, which is judged apart; raises `Unreadable`."""
    try:
        return operation_from_item({key: item[key] for key in item if key != POSTINGS})
    except (KeyError, ValueError, TypeError) as error:
        raise Unreadable(f"cannot be read: {type(error).__name__} {error}") from error


def wallet_entry(operation: WalletOperation, provider: str) -> BookFact | None:
    """The operation as an entry of a provider's book; None for what no payment asked for.

    Nor did it ask for what only an inquiry wrote down, so that it can never happen.
    """
    kind = KIND_OF.get(operation.action)
    if kind is None or operation.refusal == WalletRefusal.NEVER_ASKED:
        return None
    refused = operation.refusal is not None
    entry = BookEntry(
        provider=provider,
        key=operation.key,
        reference=operation.key,
        order_id=operation.payment_id or "",
        instrument=operation.wallet_id,
        amount_minor=operation.amount.minor,
        currency=operation.amount.currency,
        kind=kind,
        standing=Standing.DECLINED if refused else Standing.APPROVED,
        code=operation.refusal or "done",
        booked_at=operation.at,
        settles_at=operation.at,
        visible_at=operation.at,
        reply_after_ms=0,
        original=operation.authorization_key,
        final=operation.final,
    )
    return BookFact(
        item_id=operation.id,
        entry=entry,
        captured_minor=operation.use.captured_minor,
        refunded_minor=operation.use.refunded_minor,
        is_released=operation.use.released,
    )


def operation_moves_its_amount(operation: WalletOperation) -> Iterator[Problem]:
    """17: an operation moved what its action says, or nothing if it was refused.

    A capture that is final also frees what it leaves of the hold.
    """
    balance, held = (
        (0, 0)
        if operation.refusal is not None
        else (sign * operation.amount.minor for sign in SIGNS[operation.action])
    )
    if operation.balance_change_minor != balance:
        text = f"{operation.action} moved {operation.balance_change_minor}, should be {balance}"
        yield Problem(17, operation.id, text)
    frees_more = operation.final and operation.held_change_minor < held
    if operation.held_change_minor != held and not frees_more:
        text = f"{operation.action} held {operation.held_change_minor}, should be {held}"
        yield Problem(17, operation.id, text)


def top_up_is_booked(
    operation: WalletOperation, postings: tuple[Posting, ...]
) -> Iterator[Problem]:
    """13: a top-up credits its customer's account once, and no other operation books anything.

    What a payment takes out or brings back is booked by the payment.
    """
    is_top_up = operation.action is WalletAction.TOP_UP and operation.refusal is None
    due = [operation.amount.minor] if is_top_up else []
    currency = operation.amount.currency
    booked = [-one.debits(currency, AccountKind.CUSTOMER_WALLET) for one in postings]
    if booked != due:
        yield Problem(13, operation.id, f"{booked} is booked for a {operation.action} of {due}")
    for posting in postings:
        if sum(line.signed_minor for line in posting.lines):
            yield Problem(11, operation.id, f"{posting.operation} is out of balance")


def wallet_is_its_operations(facts: WalletFacts) -> Iterator[Problem]:
    """17: balance and holds are the sums of all operations."""
    wallet = facts.wallet
    held = sum(hold.amount_minor for hold in wallet.holds)
    for name, has, sums in (
        ("balance", wallet.balance_minor, facts.changed_minor),
        ("holds", held, facts.held_minor),
    ):
        if has != sums:
            yield Problem(17, wallet.id, f"{name} {has}, its operations sum up to {sums}")


def wallet_is_not_overdrawn(facts: WalletFacts) -> Iterator[Problem]:
    """17: a wallet never spends what it does not have."""
    wallet = facts.wallet
    held = sum(hold.amount_minor for hold in wallet.holds)
    if wallet.balance_minor < held or held < 0:
        yield Problem(17, wallet.id, f"has {wallet.balance_minor}, of which {held} are held")


def wallet_is_its_account(facts: WalletFacts) -> Iterator[Problem]:
    """17: what a wallet has is what the ledger owes its customer."""
    apart = abs(facts.wallet.balance_minor - facts.ledger_minor)
    if apart > facts.open_minor:
        text = f"has {facts.wallet.balance_minor}, its ledger account {facts.ledger_minor}"
        yield Problem(17, facts.wallet.id, text)


WALLETS: Final = (wallet_is_its_operations, wallet_is_not_overdrawn, wallet_is_its_account)
