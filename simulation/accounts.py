"""What the books come to once a world has come to rest: the ledger's sums, wallets, disputes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from payflow.domain.dispute import dispute_id
from payflow.domain.journal_page import newest_standings, page_from_text
from payflow.domain.ledger import Account, AccountKind, JournalTransaction, Phase, Side
from payflow.domain.method import stored_wallet
from simulation.postings import as_posting
from simulation.stores import Stores
from simulation.wire import Calls
from tools.doctor.findings import Problem
from tools.doctor.wallets import (
    WALLETS,
    WalletFacts,
    may_have_moved,
    operation_moves_its_amount,
    top_up_is_booked,
)

OPEN_DISPUTE: Final = "open"


def standings_are_the_replay(stores: Stores) -> Iterator[Problem]:
    """17: each account's sums in the newest pages are those of all transactions in the pages."""
    sums: Counter[tuple[int, Account, bool, Side]] = Counter()
    journal = stores.journal
    for (shard, _), page in journal.texts.items():
        for transaction in page_from_text(page).transactions:
            sign = -1 if transaction.phase is Phase.RELEASED else 1
            is_posted = transaction.phase is Phase.POSTED
            for entry in transaction.entries:
                key = (shard, entry.account, is_posted, entry.side)
                sums[key] += sign * entry.amount_minor
    for shard in sorted({shard for shard, _ in journal.texts}):
        for account, standing in newest_standings(journal.tails((shard,))[shard]).items():
            told = standing.balance
            for is_posted, side, minor in (
                (True, Side.DEBIT, told.debits),
                (True, Side.CREDIT, told.credits),
                (False, Side.DEBIT, told.pending_debits),
                (False, Side.CREDIT, told.pending_credits),
            ):
                due = sums[shard, account, is_posted, side]
                if minor != due:
                    held = "" if is_posted else "held "
                    text = f"{held}{side}s are {minor}, replayed they are {due}"
                    yield Problem(17, account.id, text)


def wallets_are_their_operations(stores: Stores) -> Iterator[Problem]:
    """13, 17: wallets are what operations made of them, and what the ledger owes customers."""
    changed: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for operation in stores.wallets.operations.values():
        changed[operation.wallet_id] += operation.balance_change_minor
        held[operation.wallet_id] += operation.held_change_minor
        yield from operation_moves_its_amount(operation)
        yield from top_up_is_booked(operation, tuple(map(as_posting, operation.postings)))
    payments = stores.payments.items.values()
    booked = [one for payment in payments for one in payment.postings]
    booked += [
        one for operation in stores.wallets.operations.values() for one in operation.postings
    ]
    owed = _owed(booked)
    for wallet in stores.wallets.wallets.values():
        mine = (one for one in payments if stored_wallet(one.method) == wallet.id)
        facts = WalletFacts(
            wallet=wallet,
            changed_minor=changed[wallet.id],
            held_minor=held[wallet.id],
            ledger_minor=owed[wallet.id],
            open_minor=sum(map(may_have_moved, mine)),
        )
        for check in WALLETS:
            yield from check(facts)
        for hold in wallet.holds:
            payment = stores.payments.items.get(hold.payment_id)
            if payment is not None and payment.is_terminal and payment.open_review is None:
                text = f"is {payment.status}, and {hold.amount_minor} is held in its wallet"
                yield Problem(1, payment.id, text)


def _owed(transactions: Iterable[JournalTransaction]) -> Counter[str]:
    """What the ledger owes each wallet's customer."""
    owed: Counter[str] = Counter()
    for transaction in transactions:
        if transaction.phase is not Phase.POSTED:
            continue
        for entry in transaction.entries:
            if entry.account.kind is AccountKind.CUSTOMER_WALLET:
                sign = 1 if entry.side is Side.CREDIT else -1
                owed[entry.account.owner or ""] += sign * entry.amount_minor
    return owed


def disputes_end_as_decided(stores: Stores) -> Iterator[Problem]:
    """27: a dispute that is closed ended as its provider decided it.

    One of which nobody was told is none of ours: a provider that dies forgets to tell.
    """
    for item_id, document in stores.book.items.items():
        provider, kind, reference = (*item_id.split("#"), "", "")[:3]
        if kind != "dispute":
            continue
        payment = stores.payments.items.get(str(document["order_id"]))
        if payment is None:
            continue
        known = payment.dispute(dispute_id(payment.id, provider, reference))
        verdict = stores.book.items.get(f"{provider}#verdict#{reference}")
        word = OPEN_DISPUTE if verdict is None else str(verdict["word"])
        if known is not None and not known.is_open and known.status.value != word:
            text = f"its dispute at {provider} is {word} there and {known.status.value} here"
            yield Problem(27, payment.id, text)


def calls_are_made_once(stores: Stores, calls: Calls) -> Iterator[Problem]:
    """4, 1: nothing is sent twice for one attempt, and no wrong answer is believed."""
    for (payment_id, number), times in calls.sent.items():
        if times > 1:
            yield Problem(4, payment_id, f"the call of attempt {number} was sent {times} times")
    for payment_id, number in sorted(calls.misheard - calls.heard):
        payment = stores.payments.items.get(payment_id)
        for attempt in payment.attempts if payment is not None else ():
            if attempt.number == number and attempt.outcome == "approved":
                text = f"attempt {number} was approved by an answer of another amount"
                yield Problem(1, payment_id, text)
