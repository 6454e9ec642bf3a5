"""The invariants, checked while the world runs: after each commit what it can have broken.

What a single commit can break is checked in it; what is a matter of several facts (the payment, its
journal, the providers' books, the claims) when a payment is begun anew at a provider and when the
world has come to rest. The second kind are the doctor's checks, which know nothing of the code that
they judge; the doctor runs them against deployments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from payflow.aws.payment_item import payment_to_item
from payflow.domain.instruction import InstructionKind
from payflow.domain.instructions import refundable_minor
from payflow.domain.journal_page import page_from_text
from payflow.domain.ledger import Phase, Side
from payflow.domain.method import stored_wallet
from payflow.domain.payment import Payment, Status
from payflow.domain.retry import RetryPolicy
from payflow.providers.simulated.entry import entry_from_document
from payflow.providers.simulated.store import Document
from simulation.accounts import (
    calls_are_made_once,
    disputes_end_as_decided,
    standings_are_the_replay,
    wallets_are_their_operations,
)
from simulation.ports.vault import StoredCard
from simulation.postings import as_posting
from simulation.stores import Stores
from simulation.wire import Calls
from tools.doctor.charging import (
    CHARGING,
    TRANSITIONS,
    hard_declines_end_it,
    one_attempt_at_a_time,
    unknown_is_resolved_first,
    within_policy,
)
from tools.doctor.disputes import DISPUTES
from tools.doctor.facts import BookFact, PaymentFacts, Terms
from tools.doctor.findings import Problem
from tools.doctor.liveness import LIVENESS
from tools.doctor.money import MONEY
from tools.doctor.secrecy import SECRECY
from tools.doctor.wallets import wallet_entry

WALLET_PROVIDER: Final = "payflowWallet"

BEGUN_ANEW: Final = (
    one_attempt_at_a_time,
    unknown_is_resolved_first,
    hard_declines_end_it,
    within_policy,
)
"""What has to hold whenever one more call is planned."""

AT_REST: Final = (*CHARGING, *MONEY, *DISPUTES, *SECRECY, *LIVENESS)
"""What has to hold once nothing is under way."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken invariant: by which payment (-1: none), when, and how."""

    invariant: int
    subject: int
    at_ms: int
    text: str

    def document(self) -> dict[str, Any]:
        """The violation as JSON."""
        return {
            "invariant": self.invariant,
            "payment": self.subject,
            "at_ms": self.at_ms,
            "text": self.text,
        }


def committed(before: Payment | None, after: Payment) -> Iterator[Problem]:
    """What one commit of a payment can break: 2, 8, 11 to 15, 25."""
    if before is None:
        if after.version != 1:
            yield Problem(25, after.id, f"was born as version {after.version}")
        return
    if after.version != before.version + 1:
        yield Problem(25, after.id, f"version {after.version} follows {before.version}")
    yield from _moved(before, after)
    yield from _attempted(before, after)
    yield from _posted(before, after)
    yield from _bounded(after)
    if after.postings is not before.postings or after.status is not before.status:
        yield from _held(after)


def _bounded(payment: Payment) -> Iterator[Problem]:
    """14, 15: what is pending counts with what was done, and what is disputed with refunds."""
    captures = payment.amount_captured + _pending(payment, InstructionKind.CAPTURE)
    if captures > payment.amount_authorized:
        text = f"{captures} captured or about to be, {payment.amount_authorized} authorised"
        yield Problem(14, payment.id, text)
    back = payment.amount_refunded + _pending(payment, InstructionKind.REFUND) + _lost(payment)
    if back > payment.amount_captured:
        text = f"{back} refunded, about to be, or disputed, {payment.amount_captured} captured"
        yield Problem(15, payment.id, text)


def _pending(payment: Payment, kind: InstructionKind) -> int:
    mine = (one for one in payment.instructions if one.kind is kind and one.settled_at is None)
    return sum(one.amount_minor for one in mine)


def _lost(payment: Payment) -> int:
    """What disputes have taken, or may take."""
    return sum(one.amount_minor for one in payment.disputes if one.status.value != "won")


def _held(payment: Payment) -> Iterator[Problem]:
    """13: the books hold what may still be captured, from the write that authorises it."""
    waits = payment.status is Status.AUTHORIZED
    due = payment.amount_authorized - payment.amount_captured if waits else 0
    signs = {Phase.PENDING: 1, Phase.RELEASED: -1, Phase.POSTED: 0}
    held = sum(signs[one.phase] * one.entries[0].amount_minor for one in payment.postings)
    if held != due:
        yield Problem(13, payment.id, f"{held} is held in the books, {due} may be captured")


def _moved(before: Payment, after: Payment) -> Iterator[Problem]:
    known = len(before.history)
    if after.history[:known] != before.history:
        yield Problem(8, after.id, "its history was changed")
    status = before.status.value
    for change in after.history[known:]:
        if change.status.value not in TRANSITIONS[status].split():
            yield Problem(8, after.id, f"{status} became {change.status.value}")
        status = change.status.value
    if after.status.value != status:
        yield Problem(8, after.id, f"is {after.status.value}, its history ends at {status}")


def _attempted(before: Payment, after: Payment) -> Iterator[Problem]:
    known = len(before.attempts)
    if len(after.attempts) < known:
        yield Problem(4, after.id, "an attempt was forgotten")
    for old, new in zip(before.attempts, after.attempts, strict=False):
        if new is old:
            continue
        if old.outcome is not None and new != old:
            yield Problem(4, after.id, f"the outcome of attempt {old.number} was changed")
        if (old.provider, old.operation, old.id) != (new.provider, new.operation, new.id):
            yield Problem(5, after.id, f"attempt {old.number} became another")
    open_ones = [one.number for one in after.attempts if one.outcome is None]
    if len(open_ones) > 1:
        yield Problem(2, after.id, f"attempts {open_ones} are open at once")


def _posted(before: Payment, after: Payment) -> Iterator[Problem]:
    known = len(before.postings)
    if after.postings[:known] != before.postings:
        yield Problem(12, after.id, "the journal was changed, not added to")
    for posting in after.postings[known:]:
        sums: Counter[str] = Counter()
        for entry in posting.entries:
            signed = entry.amount_minor if entry.side is Side.DEBIT else -entry.amount_minor
            sums[entry.account.currency] += signed
        if any(sums.values()):
            yield Problem(11, after.id, f"{posting.operation} is out of balance")


class Examiner:
    """Sees a world's stores as the doctor sees a deployment's tables."""

    def __init__(self, stores: Stores) -> None:
        """`stores` are read without faults."""
        self._stores = stores
        documents: Mapping[str, Any] = stores.control.control.documents()
        self._terms = Terms(
            policy=RetryPolicy(),
            visibility_ms={
                name: int(document.get("visibilityMs", 2_000))
                for name, document in documents.items()
            },
            wallet_provider=WALLET_PROVIDER,
        )

    def begun_anew(self, payment: Payment, moment: datetime) -> Iterator[Problem]:
        """What has to hold when `payment` plans one more call."""
        facts = self._facts(payment, moment, with_item=False)
        for check in BEGUN_ANEW:
            yield from check(facts, self._terms)

    def at_rest(self, payment: Payment, moment: datetime) -> Iterator[Problem]:
        """What has to hold for `payment` once nothing is under way."""
        facts = self._facts(payment, moment, with_item=True)
        for _, check in AT_REST:
            yield from check(facts, self._terms)

        yield from _reserved(payment)

    def books(self, calls: Calls) -> Iterator[Problem]:
        """What has to hold of all payments together, and of what was asked of providers."""
        yield from self.journal()
        yield from standings_are_the_replay(self._stores)
        yield from wallets_are_their_operations(self._stores)
        yield from disputes_end_as_decided(self._stores)
        yield from calls_are_made_once(self._stores, calls)

    def journal(self) -> Iterator[Problem]:
        """12, 17: the pages of the ledger hold what payments have posted, each once."""
        held: Counter[str] = Counter()
        for text in self._stores.journal.texts.values():
            held.update(one.id for one in page_from_text(text).transactions)
        for transaction_id, count in held.items():
            if count > 1:
                yield Problem(12, transaction_id, f"is in the ledger {count} times")
        posted = {one.id for p in self._stores.payments.items.values() for one in p.postings}
        for missing in sorted(posted - held.keys()):
            yield Problem(17, missing, "was posted, and is not in the ledger")
        for stranger in sorted(held.keys() - posted):
            yield Problem(17, stranger, "is in the ledger, and was never posted")

    def _facts(self, payment: Payment, moment: datetime, *, with_item: bool) -> PaymentFacts:
        book = self._stores.book
        token = getattr(payment.method, "token", None)
        card = self._stores.vault.cards.get(token) if token is not None else None
        claimed = self._stores.claims.claimed
        return PaymentFacts(
            payment=replace(payment, postings=()) if with_item else payment,
            item=payment_to_item(payment) if with_item else {},
            postings=tuple(map(as_posting, payment.postings)),
            entries=(
                *(_book_fact(one, book.items[one]) for one in book.entries.get(payment.id, ())),
                *self._wallet_entries(payment),
            ),
            claimed=frozenset(
                one.number for one in payment.attempts if (payment.id, one.number) in claimed
            ),
            has_cvc=card is not None and card.card.cvc is not None and not _goes(card, payment),
            moment=moment,
        )

    def _wallet_entries(self, payment: Payment) -> Iterator[BookFact]:
        """What the payment did to a customer's wallet, as a provider's book would have it."""
        if stored_wallet(payment.method) is None:
            return
        for operation in self._stores.wallets.operations.values():
            if operation.payment_id == payment.id:
                entry = wallet_entry(operation, WALLET_PROVIDER)
                if entry is not None:
                    yield entry


def _reserved(payment: Payment) -> Iterator[Problem]:
    """16: what no refund has, is about to have, or a dispute took, can be refunded."""
    free = payment.amount_captured - payment.amount_refunded - _lost(payment)
    free -= _pending(payment, InstructionKind.REFUND)
    if refundable_minor(payment) != free:
        text = f"{refundable_minor(payment)} can be refunded, should be {free}"
        yield Problem(16, payment.id, text)


def _goes(card: StoredCard, payment: Payment) -> bool:
    """Whether it was given for nothing, so that no authorisation ends it: then it expires."""
    return card.expires_at_s is not None and not payment.attempts


def _book_fact(item_id: str, document: Document) -> BookFact:
    return BookFact(
        item_id=item_id,
        entry=entry_from_document(document),
        captured_minor=int(document.get("captured", 0)),
        refunded_minor=int(document.get("refunded", 0)),
        is_released=bool(document.get("released", 0)),
        is_returning=str(document.get("returning", "[]")) != "[]",
    )
