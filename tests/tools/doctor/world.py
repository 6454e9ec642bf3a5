"""A world for the doctor: real use cases and simulated providers, lived through in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from payflow.aws.attributes import Item
from payflow.aws.payment_item import payment_to_item
from payflow.domain.disputes import dispute_closed, dispute_opened
from payflow.domain.fx import Quote, Ratio
from payflow.domain.instruction import InstructionKind
from payflow.domain.payment import Attempt, CaptureMethod, Payment
from payflow.domain.retry import RetryPolicy
from payflow.providers.simulated.store import Document
from payflow.services.call_provider import CallProvider
from simulation.ports.claims import InMemoryCallClaims
from tests.support.builders import NOON, later
from tests.support.disputes import a_notice
from tests.support.in_process import InProcess
from tools.doctor.facts import BookFact, PaymentFacts, Terms, read_entry, read_postings

TERMS = Terms(policy=RetryPolicy(), visibility_ms={"A": 1_000, "B": 1_000})
FAILS_AT_THE_FIRST, ANSWER_LOST = "4000000000000341", "4000000000006975"
NEVER_ARRIVED, LOST_CARD = "4000000000006983", "4000000000009987"
AFTERWARDS = timedelta(seconds=30)
QUOTE = Quote(
    source_currency="INR",
    target_currency="USD",
    rate=Ratio(7, 300),
    spread_bps=100,
    rate_source="test",
    as_of=NOON,
    quoted_at=NOON,
    expires_at=later(3_600),
)

Change = Callable[[PaymentFacts], PaymentFacts]


def a_sale(number: str = "4242424242424242") -> PaymentFacts:
    """A card payment of 1000, captured with its authorisation, as far as it goes."""
    gateway = InProcess()
    payment = gateway.pay(number)
    gateway.run()
    return seen(gateway, payment.id)


def a_long_story() -> PaymentFacts:
    """1000 authorised, 400 and the other 600 captured; 100 and 250 refunded."""
    gateway = InProcess()
    payment = gateway.pay(capture=CaptureMethod.MANUAL)
    gateway.run()
    for number, (kind, amount) in enumerate(
        (
            (InstructionKind.CAPTURE, 400),
            (InstructionKind.CAPTURE, 600),
            (InstructionKind.REFUND, 100),
            (InstructionKind.REFUND, 250),
        )
    ):
        gateway.ask(payment, kind, amount, key=f"key-{number}")
        gateway.run()
    return seen(gateway, payment.id)


def a_conversion() -> PaymentFacts:
    """1000 INR captured in one and settled in US dollars at 7 cents for 3 rupees; 500 refunded."""
    gateway = InProcess()
    payment = gateway.pay()
    gateway.payments.items[payment.id] = replace(payment, fx=QUOTE, settlement_currency="USD")
    gateway.run()
    gateway.ask(payment, InstructionKind.REFUND, 500, key="refund")
    gateway.run()
    return seen(gateway, payment.id)


def a_disputed_sale(*, won: bool | None = None) -> PaymentFacts:
    """1000 captured, 100 refunded, 400 disputed; and won or lost, if that is known."""
    gateway = InProcess()
    payment = gateway.pay()
    gateway.run()
    gateway.ask(payment, InstructionKind.REFUND, 100, key="refund")
    gateway.run()
    now = gateway.clock.now()
    disputed = dispute_opened(gateway.payment(payment.id), a_notice(400), now)
    if won is not None:
        disputed = dispute_closed(disputed, disputed.disputes[0], won=won, now=now)
    gateway.payments.items[payment.id] = disputed
    return seen(gateway, payment.id)


def an_authorization() -> PaymentFacts:
    """1000 authorised, nothing captured."""
    gateway = InProcess()
    payment = gateway.pay(capture=CaptureMethod.MANUAL)
    gateway.run()
    return seen(gateway, payment.id)


def seen(gateway: InProcess, payment_id: str) -> PaymentFacts:
    """What a look at the stores of `gateway` shows of a payment, a little later."""
    payment = gateway.payment(payment_id)
    item = payment_to_item(payment)
    return PaymentFacts(
        payment=replace(payment, postings=()),
        item=item,
        postings=read_postings(item),
        entries=tuple(read_entry(one) for one in book_items(gateway)),
        claimed=frozenset(number for one, number in claims(gateway) if one == payment_id),
        has_cvc=False,
        moment=gateway.clock.now() + AFTERWARDS,
    )


def book_items(gateway: InProcess) -> list[Item]:
    """The providers' entries as items of their table."""
    return [
        book_item(item_id, document)
        for item_id, document in gateway.book.items.items()
        if "kind" in document
    ]


def book_item(item_id: str, document: Document) -> Item:
    values = {
        name: {"S": value} if isinstance(value, str) else {"N": str(value)}
        for name, value in document.items()
    }
    return {"id": {"S": item_id}, **values}


def claims(gateway: InProcess) -> set[tuple[str, int]]:
    """(payment, number) of each attempt whose call was claimed."""
    provider: CallProvider = gateway.provider
    assert isinstance(provider.claims, InMemoryCallClaims)
    return provider.claims.claimed


def payment_with(**changes: Any) -> Change:
    """The payment says something else."""
    return lambda facts: replace(facts, payment=replace(facts.payment, **changes))


def attempt_with(position: int, **changes: Any) -> Change:
    """One attempt is another."""

    def changed(facts: PaymentFacts) -> PaymentFacts:
        attempts = list(facts.payment.attempts)
        attempts[position] = replace(attempts[position], **changes)
        return with_attempts(facts, attempts)

    return changed


def with_attempts(facts: PaymentFacts, attempts: list[Attempt]) -> PaymentFacts:
    payment: Payment = replace(facts.payment, attempts=tuple(attempts))
    return replace(facts, payment=payment)


def entry_with(position: int, **changes: Any) -> Change:
    """A provider has something else in its book."""

    def changed(facts: PaymentFacts) -> PaymentFacts:
        entries = list(facts.entries)
        fact = entries[position]
        entries[position] = replace(fact, entry=replace(fact.entry, **changes))
        return replace(facts, entries=tuple(entries))

    return changed


def one_more_entry(position: int, **changes: Any) -> Change:
    """A provider has one more entry, like another but for `changes`."""

    def changed(facts: PaymentFacts) -> PaymentFacts:
        entry = replace(facts.entries[position].entry, **changes)
        more = BookFact(item_id=f"{entry.provider}#{entry.key}", entry=entry)
        return replace(facts, entries=(*facts.entries, more))

    return changed


def posting_with(position: int, **changes: Any) -> Change:
    """A journal transaction is another."""

    def changed(facts: PaymentFacts) -> PaymentFacts:
        postings = list(facts.postings)
        postings[position] = replace(postings[position], **changes)
        return replace(facts, postings=tuple(postings))

    return changed


def line_with(position: int, line: int, **changes: Any) -> Change:
    """One line of a journal transaction is another."""

    def changed(facts: PaymentFacts) -> PaymentFacts:
        lines = list(facts.postings[position].lines)
        lines[line] = replace(lines[line], **changes)
        return posting_with(position, lines=tuple(lines))(facts)

    return changed


def dispute_with(**changes: Any) -> Change:
    """The payment's dispute is another."""

    def changed(facts: PaymentFacts) -> PaymentFacts:
        (dispute,) = facts.payment.disputes
        return payment_with(disputes=(replace(dispute, **changes),))(facts)

    return changed


def instruction_with(position: int, **changes: Any) -> Change:
    """An instruction is another."""

    def changed(facts: PaymentFacts) -> PaymentFacts:
        instructions = list(facts.payment.instructions)
        instructions[position] = replace(instructions[position], **changes)
        return payment_with(instructions=tuple(instructions))(facts)

    return changed
