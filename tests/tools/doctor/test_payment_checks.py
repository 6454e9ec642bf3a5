"""Every check of a payment is silent about a healthy one and names what is wrong with a broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from payflow.domain.dispute import DisputeStatus
from payflow.domain.instruction import InstructionStatus
from payflow.domain.ledger import Phase
from payflow.domain.outcomes import Category, Operation, Outcome
from payflow.domain.payment import Fees, Status, StatusChange
from payflow.providers.simulated.entry import Kind, Standing
from tests.support.builders import NOON, later
from tests.tools.doctor.world import (
    ANSWER_LOST,
    FAILS_AT_THE_FIRST,
    LOST_CARD,
    NEVER_ARRIVED,
    TERMS,
    Change,
    a_conversion,
    a_disputed_sale,
    a_long_story,
    a_sale,
    an_authorization,
    attempt_with,
    dispute_with,
    entry_with,
    instruction_with,
    line_with,
    one_more_entry,
    payment_with,
    posting_with,
    with_attempts,
)
from tools.doctor.derivation import expected_key
from tools.doctor.examination import CHECKS
from tools.doctor.facts import PaymentFacts
from tools.doctor.findings import Problem

Story = Callable[[], PaymentFacts]


def lost_card() -> PaymentFacts:
    return a_sale(LOST_CARD)


def failed_over() -> PaymentFacts:
    return a_sale(FAILS_AT_THE_FIRST)


def answer_lost() -> PaymentFacts:
    return a_sale(ANSWER_LOST)


def never_arrived() -> PaymentFacts:
    return a_sale(NEVER_ARRIVED)


def won() -> PaymentFacts:
    return a_disputed_sale(won=True)


def lost() -> PaymentFacts:
    return a_disputed_sale(won=False)


def problems(facts: PaymentFacts, invariant: int | None = None) -> list[Problem]:
    return [
        problem
        for number, check in CHECKS
        if invariant in (None, number)
        for problem in check(facts, TERMS)
    ]


@pytest.mark.parametrize(
    "story",
    [
        *(a_sale, lost_card, failed_over, answer_lost, never_arrived),
        *(an_authorization, a_long_story, a_conversion),
        *(a_disputed_sale, won, lost),
    ],
)
def test_a_healthy_payment_has_no_problem(story: Story) -> None:
    assert problems(story()) == []


def test_what_is_pending_may_or_may_not_have_happened_at_the_provider() -> None:
    pending = instruction_with(3, status=InstructionStatus.PENDING, settled_at=None)(a_long_story())
    asked = payment_with(amount_refunded=100, updated_at=pending.moment)(pending)
    without = replace(asked, entries=asked.entries[:-1])

    assert problems(asked, 1) == []
    assert [one for one in problems(without, 1) if "should have been paid" in one.text] == []


def second_charge(facts: PaymentFacts) -> PaymentFacts:
    key = expected_key(facts.payment.id, len(facts.payment.attempts) + 1)
    return one_more_entry(0, provider="B", key=key)(facts)


def another_attempt(**changes: object) -> Change:
    """One more authorisation after the last attempt."""

    def changed(facts: PaymentFacts) -> PaymentFacts:
        last = facts.payment.attempts[-1]
        fields = {
            "number": last.number + 1,
            "operation": Operation.AUTHORIZE,
            "provider": "B",
            "started_at": last.started_at + timedelta(seconds=20),
            **changes,
        }
        return with_attempts(facts, [*facts.payment.attempts, replace(last, **fields)])  # type: ignore[arg-type]

    return changed


def many_attempts(count: int, **changes: object) -> Change:
    def changed(facts: PaymentFacts) -> PaymentFacts:
        for _ in range(count):
            facts = another_attempt(**changes)(facts)
        return facts

    return changed


def without_first_claim(facts: PaymentFacts) -> PaymentFacts:
    return replace(facts, claimed=facts.claimed - {1})


def with_foreign_claim(facts: PaymentFacts) -> PaymentFacts:
    return replace(facts, claimed=facts.claimed | {99})


def without_inquiry(facts: PaymentFacts) -> PaymentFacts:
    kept = [one for one in facts.payment.attempts if one.operation is not Operation.INQUIRE]
    return with_attempts(facts, kept)


def first_not_found_believed(facts: PaymentFacts) -> PaymentFacts:
    """The inquiry came right after the call, before the provider would know of it."""
    unknown, *between, last = facts.payment.attempts
    hasty = replace(between[-1], started_at=unknown.started_at + timedelta(milliseconds=10))
    return with_attempts(facts, [replace(unknown, latency_ms=10), hasty, last])


def history(*statuses: Status) -> Change:
    return payment_with(history=tuple(StatusChange(status, NOON) for status in statuses))


def posted_twice(facts: PaymentFacts) -> PaymentFacts:
    return replace(facts, postings=(*facts.postings, facts.postings[-1]))


def out_of_step(facts: PaymentFacts) -> PaymentFacts:
    earlier = facts.postings[0].posted_at - timedelta(hours=1)
    return posting_with(1, posted_at=earlier)(facts)


def with_fraction(facts: PaymentFacts) -> PaymentFacts:
    return replace(facts, item={**facts.item, "amount": {"N": "10.5"}})


def with_cvc(facts: PaymentFacts) -> PaymentFacts:
    return replace(facts, has_cvc=True)


def much_later(facts: PaymentFacts) -> PaymentFacts:
    return replace(facts, moment=facts.moment + timedelta(hours=1))


def abandoned(facts: PaymentFacts) -> PaymentFacts:
    return much_later(payment_with(status=Status.PROCESSING)(facts))


def refund_abandoned(facts: PaymentFacts) -> PaymentFacts:
    return much_later(instruction_with(3, settled_at=None)(facts))


def overdue(facts: PaymentFacts) -> PaymentFacts:
    return much_later(payment_with(status=Status.REQUIRES_ACTION, due_at=NOON)(facts))


def never_due(facts: PaymentFacts) -> PaymentFacts:
    return much_later(payment_with(due_at=None)(facts))


BREAKAGES: list[tuple[int, Story, Change, str]] = [
    (1, a_sale, second_charge, "2 charges stand"),
    (1, a_sale, payment_with(status=Status.FAILED, amount_captured=0), "providers say 1000"),
    (1, a_sale, entry_with(0, standing=Standing.DECLINED), "providers say 0"),
    (1, a_sale, entry_with(0, amount_minor=999), "is of 999"),
    (1, a_sale, entry_with(0, currency="USD"), "is in USD"),
    (1, a_long_story, payment_with(amount_refunded=0), "should have been paid 1000"),
    (1, an_authorization, payment_with(status=Status.CANCELED), "is still held"),
    (1, an_authorization, payment_with(amount_authorized=900), "the providers hold 1000"),
    (1, a_long_story, entry_with(1, amount_minor=300), "its entries say 900"),
    (2, failed_over, attempt_with(0, outcome=None), "while attempt 1 was open"),
    (2, failed_over, attempt_with(0, latency_ms=60_000), "before attempt 1 ended"),
    (3, never_arrived, without_inquiry, "without proof"),
    (3, never_arrived, first_not_found_believed, "without proof"),
    (3, a_sale, another_attempt(), "without proof that attempt 1"),
    (4, a_sale, attempt_with(0, started_at=later(3600)), "before it began"),
    (4, a_sale, without_first_claim, "never claimed"),
    (4, a_sale, with_foreign_claim, "claimed for attempt 99"),
    (5, a_sale, entry_with(0, key="pk_00000000000000000000000000"), "of none of its attempts"),
    (5, a_sale, entry_with(0, provider="C"), "is to authorize at"),
    (5, a_sale, entry_with(0, kind=Kind.REFUND), "is a refund"),
    (5, a_long_story, entry_with(1, original="pk_0"), "builds on none"),
    (6, lost_card, another_attempt(), "after a hard decline"),
    (
        6,
        lost_card,
        lambda f: another_attempt()(attempt_with(0, category=Category.ISSUER)(f)),
        "lost",
    ),
    (7, failed_over, many_attempts(5), "authorisations were tried"),
    (
        7,
        failed_over,
        lambda f: many_attempts(1, provider="D")(another_attempt(provider="C")(f)),
        "4",
    ),
    (7, a_sale, many_attempts(61, operation=Operation.INQUIRE), "61 inquiries about 1 calls"),
    (7, a_long_story, many_attempts(4, operation=Operation.REFUND), "was tried 5 times"),
    (8, a_sale, history(Status.SUCCEEDED), "pending became succeeded"),
    (8, a_sale, history(Status.PROCESSING, Status.FAILED, Status.SUCCEEDED), "failed became"),
    (8, a_sale, history(Status.PROCESSING), "its history ends at processing"),
    (
        8,
        a_sale,
        payment_with(
            history=(
                StatusChange(Status.PROCESSING, later(60)),
                StatusChange(Status.SUCCEEDED, NOON),
            )
        ),
        "became succeeded before processing",
    ),
    (10, failed_over, entry_with(0, standing=Standing.APPROVED), "it still stands"),
    (10, a_sale, payment_with(status=Status.FAILED), "it still stands"),
    (11, a_sale, line_with(0, 0, signed_minor=979), "out of balance by -1 INR"),
    (12, a_long_story, posted_twice, "in the journal 2 times"),
    (12, a_long_story, posting_with(0, sequence=7), "sequence is [7, 2, 3, 4, 5, 6, 7]"),
    (12, a_long_story, out_of_step, "dated before"),
    (13, a_sale, payment_with(amount_captured=999), "the journal has 1000"),
    (13, a_long_story, payment_with(amount_refunded=99), "the journal has 350"),
    (13, lost_card, payment_with(status=Status.SUCCEEDED), "nothing is captured"),
    (13, a_sale, payment_with(status=Status.CANCELED), "has journal entries"),
    (13, an_authorization, posting_with(0, phase=Phase.RELEASED), "holds debits of -1000"),
    (13, a_long_story, posting_with(1, phase=Phase.POSTED), "holds credits of 400, due are 0"),
    (13, a_long_story, instruction_with(2, amount_minor=99), "add up to 349"),
    (13, a_long_story, instruction_with(0, amount_minor=99), "add up to 699"),
    (13, won, payment_with(disputes=()), "dispute is booked 1 times, due are 0"),
    (13, lost, dispute_with(status=DisputeStatus.WON), "dispute_lost is booked 1 times, due are 0"),
    (13, a_disputed_sale, dispute_with(amount_minor=401), "400 INR is in reserve"),
    (13, lost, dispute_with(amount_minor=399), "399 was lost in disputes, 400 is booked"),
    (15, a_disputed_sale, dispute_with(amount_minor=901), "1001 refunded and disputed exceed 1000"),
    (8, won, dispute_with(closed_at=None), "is won, closed at None"),
    (14, a_long_story, payment_with(amount_authorized=999), "exceed 999 authorised"),
    (14, a_sale, payment_with(amount_authorized=1001), "1001 authorised of a payment of 1000"),
    (14, a_long_story, entry_with(1, amount_minor=401), "captured 1001 of 1000"),
    (15, a_long_story, payment_with(amount_refunded=1001), "exceed 1000 captured"),
    (15, a_long_story, entry_with(3, amount_minor=900), "refunded 1150 of 1000"),
    (16, a_long_story, posted_twice, "a refund of 250 is posted that did not succeed"),
    (16, a_long_story, lambda f: replace(f, postings=f.postings[:-1]), "250 succeeded and is not"),
    (16, a_long_story, instruction_with(2, settled_at=None), "is succeeded, settled at None"),
    (16, a_long_story, instruction_with(2, status=InstructionStatus.FAILED), "its failure None"),
    (18, a_sale, with_fraction, "amount is 10.5"),
    (18, a_sale, line_with(0, 2, signed_minor=-989), "takes 1000 and shares out 999"),
    (18, a_sale, line_with(0, 3, signed_minor=-11), "has a fee of 11, due are 10"),
    (18, a_sale, payment_with(fees=Fees(1, 1)), "tells of fees (1, 1)"),
    (18, a_conversion, payment_with(fx=None), "has entries in USD without a quote"),
    (18, a_conversion, line_with(0, 3, signed_minor=24), "given in USD is 24"),
    (18, a_conversion, line_with(1, 1, signed_minor=11), "returned in USD is 11"),
    (32, a_sale, with_cvc, "still holds its CVC"),
    (34, a_sale, abandoned, "is processing, nothing happened for 1:00"),
    (34, a_long_story, refund_abandoned, "is pending, nothing happened"),
    (34, an_authorization, never_due, "is authorized, nothing happened"),
    (34, a_sale, overdue, "should have been looked at 1:00"),
]


@pytest.mark.parametrize(("invariant", "story", "breakage", "told"), BREAKAGES)
def test_a_broken_payment_is_told_by_its_invariant(
    invariant: int, story: Story, breakage: Change, told: str
) -> None:
    found = problems(breakage(story()), invariant)

    assert {problem.invariant for problem in found} == {invariant}
    assert any(told in problem.text for problem in found), found
    assert all(problem.subject for problem in found)


def test_every_check_of_a_payment_is_seen_to_fail() -> None:
    failing = {
        check
        for invariant, story, breakage, _ in BREAKAGES
        for number, check in CHECKS
        if number == invariant and list(check(breakage(story()), TERMS))
    }

    assert failing == {check for _, check in CHECKS}


def test_an_unanswered_inquiry_proves_nothing() -> None:
    facts = never_arrived()
    attempts = list(facts.payment.attempts)
    proof = max(n for n, one in enumerate(attempts) if one.operation is Operation.INQUIRE)
    attempts[proof] = replace(attempts[proof], outcome=Outcome.UNKNOWN)

    assert problems(with_attempts(facts, attempts), 3) != []
