"""Invariants 1 to 8 and 10, payment by payment: what was asked of providers, and what they did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Final

from payflow.domain.instruction import InstructionKind
from payflow.domain.outcomes import Category, Operation, Outcome
from payflow.domain.payment import Attempt, Status
from payflow.domain.retry import RetryPolicy
from payflow.domain.verification import INQUIRIES_MAX
from payflow.providers.simulated.entry import Kind, Standing
from tools.doctor.derivation import expected_key
from tools.doctor.facts import BookFact, PaymentFacts, Terms
from tools.doctor.findings import Problem
from tools.doctor.standing import Charge, charges

CLOCKS_APART: Final = timedelta(milliseconds=250)
"""How far the clocks of two machines may be apart, and a timer ahead of its time."""

REVERSAL_TRIES_MAX: Final = 9
"""How often the provider of an approval that came too late is asked to take it back."""

TRANSITIONS: Final[dict[str, str]] = {
    "pending": "processing failed canceled",
    "processing": "requires_action authorized succeeded failed canceled",
    "requires_action": "processing failed canceled",
    "authorized": "processing succeeded canceled",
    "succeeded": "",
    "failed": "",
    "canceled": "",
}
"""The transition table, written down once more."""

HARD: Final = frozenset({Category.CUSTOMER, Category.FRAUD, Category.CONFIGURATION})
HARD_CODES: Final = frozenset(
    {"04", "05", "07", "14", "41", "43", "51", "54", "59", "N7", "U30", "ZH", "Z9", "ZM"}
    | {"REJECTED", "INSUFFICIENT_BALANCE"}
)
"""Declines in the networks' own words that no other provider may be asked after."""

OPERATION_OF: Final = {
    Kind.SALE: Operation.AUTHORIZE,
    Kind.AUTHORIZATION: Operation.AUTHORIZE,
    Kind.CAPTURE: Operation.CAPTURE,
    Kind.VOID: Operation.VOID,
    Kind.REFUND: Operation.REFUND,
}
CLAIMS_KEPT_FOR: Final = timedelta(days=29)
NOTHING_DONE: Final = frozenset({Outcome.DECLINED, Outcome.ERROR})


def one_net_charge(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """1: at most one charge stands, and together they are what the payment says.

    What is pending may or may not have happened at the provider already, so it is a range.
    """
    payment = facts.payment
    standing = [charge for charge in charges(facts.entries, facts.moment) if charge.stands]
    if len(standing) > 1:
        told = ", ".join(_told(charge) for charge in standing)
        yield Problem(1, payment.id, f"{len(standing)} charges stand at the providers: {told}")
    net = sum(charge.net for charge in standing)
    low, high = _net_range(facts)
    if not low <= net <= high:
        expected = f"{low}" if low == high else f"{low} to {high}"
        yield Problem(
            1,
            payment.id,
            f"{payment.status}, should have been paid {expected} {payment.amount.currency}, "
            f"the providers say {net}",
        )
    for fact in facts.entries:
        yield from _wrong_amount(facts, fact)
    yield from _held(facts, standing)


def _told(charge: Charge) -> str:
    return f"{charge.net or charge.held} at {charge.provider} ({charge.key})"


def _net_range(facts: PaymentFacts) -> tuple[int, int]:
    payment = facts.payment
    said = payment.amount_captured - payment.amount_refunded
    low = said - _pending_minor(facts, InstructionKind.REFUND)
    high = said + _pending_minor(facts, InstructionKind.CAPTURE)
    if not _is_settled(facts):
        high = max(high, payment.amount.minor)
    return low, high


def _pending_minor(facts: PaymentFacts, kind: InstructionKind) -> int:
    return sum(
        one.amount_minor
        for one in facts.payment.instructions
        if one.kind is kind and one.settled_at is None
    )


def _is_settled(facts: PaymentFacts) -> bool:
    waiting = (Status.PENDING, Status.PROCESSING, Status.REQUIRES_ACTION)
    return facts.payment.status not in waiting


def _wrong_amount(facts: PaymentFacts, fact: BookFact) -> Iterator[Problem]:
    entry, payment = fact.entry, facts.payment
    if entry.currency != payment.amount.currency:
        yield Problem(1, payment.id, f"{fact.item_id} is in {entry.currency}")
    if entry.original is None and entry.amount_minor != payment.amount.minor:
        text = f"{fact.item_id} is of {entry.amount_minor}, the payment of {payment.amount.minor}"
        yield Problem(1, payment.id, text)


def _held(facts: PaymentFacts, standing: list[Charge]) -> Iterator[Problem]:
    payment = facts.payment
    held = sum(charge.held for charge in standing)
    is_over = payment.status in (Status.SUCCEEDED, Status.FAILED, Status.CANCELED)
    if is_over and held:
        yield Problem(1, payment.id, f"{payment.status}, but {held} is still held at the provider")
    settling = any(one.settled_at is None for one in payment.instructions)
    expected = payment.amount_authorized - payment.amount_captured
    if payment.status is Status.AUTHORIZED and not settling and held != expected:
        text = f"authorised with {expected} left to capture, the providers hold {held}"
        yield Problem(1, payment.id, text)


def one_attempt_at_a_time(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """2: only the last attempt may lack its outcome, and none began before the one before ended."""
    payment = facts.payment
    for earlier, later in pairwise(payment.attempts):
        if earlier.outcome is None:
            text = f"attempt {later.number} was made while attempt {earlier.number} was open"
            yield Problem(2, payment.id, text)
        elif later.started_at + CLOCKS_APART < _ended_at(earlier):
            text = f"attempt {later.number} began before attempt {earlier.number} ended"
            yield Problem(2, payment.id, text)


def _ended_at(attempt: Attempt) -> datetime:
    return attempt.started_at + timedelta(milliseconds=attempt.latency_ms or 0)


def unknown_is_resolved_first(facts: PaymentFacts, terms: Terms) -> Iterator[Problem]:
    """3: no authorisation follows an unanswered one, and no repetition a call, without proof.

    Proof is an answer that nothing was done; "not found" only from an inquiry that was made a
    visibility window after the call at the earliest.
    """
    payment = facts.payment
    by_instruction: dict[int | None, list[Attempt]] = {}
    for attempt in payment.attempts:
        by_instruction.setdefault(attempt.instruction, []).append(attempt)
    for mine in by_instruction.values():
        calls = [n for n, attempt in enumerate(mine) if attempt.operation is not Operation.INQUIRE]
        for this, following in pairwise(calls):
            call, answers = mine[this], mine[this + 1 : following]
            window_ms = terms.visibility_ms.get(call.provider, 0)
            if not _is_proven_undone(call, answers, timedelta(milliseconds=window_ms)):
                text = (
                    f"attempt {mine[following].number} at {mine[following].provider} was made "
                    f"without proof that attempt {call.number} at {call.provider} came to nothing"
                )
                yield Problem(3, payment.id, text)


def _is_proven_undone(call: Attempt, answers: list[Attempt], window: timedelta) -> bool:
    if call.outcome in NOTHING_DONE:
        return True
    if not answers:
        return False
    last = answers[-1]
    if last.outcome is Outcome.NOT_FOUND:
        return last.started_at + CLOCKS_APART >= _ended_at(call) + window
    return last.outcome is Outcome.DECLINED


def written_down_first(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """4: every entry of a book has its attempt, which began before, and whose call was claimed."""
    payment = facts.payment
    attempts = {expected_key(payment.id, one.number): one for one in payment.attempts}
    for fact in facts.entries:
        entry, attempt = fact.entry, attempts.get(fact.entry.key)
        if attempt is None:
            continue
        if entry.booked_at + CLOCKS_APART < attempt.started_at:
            text = f"attempt {attempt.number} is in the book of {entry.provider} before it began"
            yield Problem(4, payment.id, text)
        is_recent = facts.moment - entry.booked_at < CLAIMS_KEPT_FOR
        if is_recent and attempt.number not in facts.claimed:
            text = f"attempt {attempt.number} was sent to {entry.provider} but never claimed"
            yield Problem(4, payment.id, text)
    numbers = {attempt.number for attempt in payment.attempts}
    for number in sorted(facts.claimed - numbers):
        yield Problem(4, payment.id, f"a call was claimed for attempt {number}, which is not there")


def keys_follow(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """5: a book's keys are those of the payment's attempts, for the same operation and provider."""
    payment = facts.payment
    attempts = {expected_key(payment.id, one.number): one for one in payment.attempts}
    authorizations = {key for key, one in attempts.items() if one.operation is Operation.AUTHORIZE}
    for fact in facts.entries:
        entry, attempt = fact.entry, attempts.get(fact.entry.key)
        if attempt is None:
            yield Problem(5, payment.id, f"{fact.item_id} is the key of none of its attempts")
        elif (attempt.provider, attempt.operation) != (entry.provider, OPERATION_OF[entry.kind]):
            text = (
                f"{fact.item_id} is a {entry.kind}, attempt {attempt.number} "
                f"is to {attempt.operation} at {attempt.provider}"
            )
            yield Problem(5, payment.id, text)
        if entry.original is not None and entry.original not in authorizations:
            yield Problem(5, payment.id, f"{fact.item_id} builds on none of its authorisations")


def hard_declines_end_it(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """6: after a hard decline, by our word for it or the network's, nobody else is asked."""
    payment = facts.payment
    tried = [one for one in payment.attempts if one.instruction is None]
    for position, attempt in enumerate(tried):
        is_hard = attempt.outcome is Outcome.DECLINED and (
            attempt.category in HARD or attempt.provider_code in HARD_CODES
        )
        after = [one for one in tried[position + 1 :] if one.operation is Operation.AUTHORIZE]
        if is_hard and after:
            text = f"attempt {after[0].number} was made after a hard decline ({attempt.code})"
            yield Problem(6, payment.id, text)


def within_policy(facts: PaymentFacts, terms: Terms) -> Iterator[Problem]:
    """7: authorisations, providers, inquiries and repetitions are within the policy's bounds."""
    payment, policy = facts.payment, terms.policy
    tried = [one for one in payment.attempts if one.operation is Operation.AUTHORIZE]
    providers = {one.provider for one in tried}
    if len(tried) > policy.authorizations_max:
        yield Problem(7, payment.id, f"{len(tried)} authorisations were tried")
    if len(providers) > policy.providers_max:
        yield Problem(7, payment.id, f"{len(providers)} providers were tried")
    ordered = sorted(payment.attempts, key=lambda one: (one.instruction or 0, one.number))
    for instruction, group in groupby(ordered, key=lambda one: one.instruction):
        kinds = Counter(one.operation for one in group)
        inquiries = kinds.pop(Operation.INQUIRE, 0)
        calls = sum(kinds.values())
        if inquiries > INQUIRIES_MAX * max(calls, 1):
            yield Problem(7, payment.id, f"{inquiries} inquiries about {calls} calls")
        if instruction is not None and calls > _tries_max(facts, instruction, policy):
            yield Problem(7, payment.id, f"instruction {instruction} was tried {calls} times")


def _tries_max(facts: PaymentFacts, instruction: int, policy: RetryPolicy) -> int:
    is_reversal = facts.payment.instructions[instruction - 1].kind is InstructionKind.REVERSAL
    return REVERSAL_TRIES_MAX if is_reversal else policy.instruction_tries_max


def along_the_table(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """8: each status may follow the one before; times do not run back; the last one is current."""
    payment = facts.payment
    path = ["pending", *(change.status.value for change in payment.history)]
    for before, after in pairwise(path):
        if after not in TRANSITIONS[before].split():
            yield Problem(8, payment.id, f"{before} became {after}")
    if path[-1] != payment.status.value:
        yield Problem(8, payment.id, f"is {payment.status}, its history ends at {path[-1]}")
    for earlier, later in pairwise(payment.history):
        if later.at + CLOCKS_APART < earlier.at:
            yield Problem(8, payment.id, f"became {later.status} before {earlier.status}")


def late_approvals_are_undone(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """10: what a provider approved after it was given up does not stand."""
    payment = facts.payment
    if not _is_settled(facts):
        return
    authorizations = [one for one in payment.attempts if one.operation is Operation.AUTHORIZE]
    given_up = {
        expected_key(payment.id, one.number): one
        for one in (authorizations if _came_to_nothing(facts) else authorizations[:-1])
    }
    for charge in charges(facts.entries, facts.moment):
        if charge.stands and charge.key in given_up:
            text = (
                f"attempt {given_up[charge.key].number} was given up, but {charge.provider} "
                f"approved it and it still stands"
            )
            yield Problem(10, payment.id, text)


def _came_to_nothing(facts: PaymentFacts) -> bool:
    return facts.payment.status in (Status.FAILED, Status.CANCELED)


def book_is_consistent(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """1: the sums that a provider keeps beside an authorisation are those of its entries.

    Refunds that are on their way count in the provider's sums, so they are left out of the doubt.
    """
    by_key = {fact.entry.key: fact for fact in facts.entries}
    pending = any(
        fact.entry.standing_at(facts.moment) is Standing.PENDING for fact in facts.entries
    )
    for charge in charges(facts.entries, facts.moment):
        fact = by_key[charge.key]
        if pending or fact.is_returning:
            continue
        own_captured = charge.authorized if fact.entry.kind is Kind.SALE else fact.captured_minor
        if (own_captured, fact.refunded_minor) != (charge.captured, charge.refunded):
            text = (
                f"{fact.item_id} has captured {own_captured} and refunded {fact.refunded_minor}, "
                f"its entries say {charge.captured} and {charge.refunded}"
            )
            yield Problem(1, facts.payment.id, text)


PaymentCheck = Callable[[PaymentFacts, Terms], Iterator[Problem]]

CHARGING: Final[tuple[tuple[int, PaymentCheck], ...]] = (
    (1, one_net_charge),
    (1, book_is_consistent),
    (2, one_attempt_at_a_time),
    (3, unknown_is_resolved_first),
    (4, written_down_first),
    (5, keys_follow),
    (6, hard_declines_end_it),
    (7, within_policy),
    (8, along_the_table),
    (10, late_approvals_are_undone),
)
