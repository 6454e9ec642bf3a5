"""A charge too many is insisted on: when a reversal is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from payflow.domain.instruction import Instruction, InstructionKind
from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.payment import SYSTEM_CLAIM, Payment, Status, answered, new_attempt, opened
from payflow.domain.plan import POLICY
from payflow.domain.plan_inquiry import Flag, Rest, Situation
from payflow.domain.plan_instruction import (
    NOT_KNOWN_TRIES_MAX,
    REVERSAL_PAUSES,
    InstructionPlan,
    SettleInstruction,
    TryInstruction,
    plan_instruction,
)
from payflow.domain.review import ReviewReason
from tests.support.builders import NOON, a_market, a_payment, a_result, tried

TECHNICAL = a_result(Outcome.ERROR, Category.PROVIDER_TECHNICAL, code="processing_error")
FAILED_LATER = a_result(Outcome.DECLINED, Category.PROVIDER_TECHNICAL, code="processing_error")
NOT_APPROVED = a_result(Outcome.ERROR, Category.CONFIGURATION, code="authorization_not_approved")
RELEASED = a_result(Outcome.ERROR, Category.CONFIGURATION, code="authorization_released")
CLOSED = a_result(Outcome.DECLINED, Category.CUSTOMER, code="account_closed")
MARKET = a_market("A", "B")


def charged_twice() -> Payment:
    """A's approval came after B had been charged; it has to be taken back."""
    payment = tried(a_payment(), "A", a_result(Outcome.APPROVED))
    payment = tried(payment, "B", a_result(Outcome.APPROVED))
    reversal = Instruction(
        id="rev_1",
        kind=InstructionKind.REVERSAL,
        amount_minor=0,
        claim=SYSTEM_CLAIM,
        created_at=NOON,
        reverses=1,
    )
    return replace(payment, status=Status.SUCCEEDED, instructions=(reversal,))


def refused(payment: Payment, result: ProviderResult, at: datetime) -> Payment:
    """`payment` after one more try at A that came back with `result`."""
    attempt = new_attempt(payment, Operation.REFUND, "A", now=at, instruction=1)
    return answered(opened(payment, attempt), result)


def plan(payment: Payment, at: datetime) -> InstructionPlan:
    return plan_instruction(payment, 1, Situation(MARKET, at, Random(1), POLICY))


def insisted(
    result: ProviderResult, tries_max: int = 99
) -> tuple[list[timedelta], InstructionPlan]:
    """The pauses between tries that all end in `result`, and how it ends."""
    payment, now, tried_at = charged_twice(), NOON, list[datetime]()
    decided = plan(payment, now)
    for _ in range(tries_max):
        if isinstance(decided, Rest) and decided.due_at is not None:
            now = decided.due_at
            decided = plan(payment, now)
        if not isinstance(decided, TryInstruction):
            break
        tried_at.append(max(now, decided.not_before or now))
        payment = refused(payment, result, tried_at[-1])
        now = tried_at[-1] + timedelta(milliseconds=result.latency_ms)
        decided = plan(payment, now)
    answer = timedelta(milliseconds=result.latency_ms)
    return [after - before - answer for before, after in pairwise(tried_at)], decided


@pytest.mark.parametrize("result", [TECHNICAL, FAILED_LATER], ids=["at once", "later"])
def test_what_failed_technically_is_tried_for_most_of_a_day_and_then_looked_at(
    result: ProviderResult,
) -> None:
    pauses, ending = insisted(result)

    assert pauses == list(REVERSAL_PAUSES)
    assert sum(pauses, timedelta()) > timedelta(hours=16)
    assert ending == Flag(ReviewReason.NOT_REVERSED, 1)


def test_a_provider_that_does_not_know_its_approval_yet_is_asked_again() -> None:
    first = plan(refused(charged_twice(), NOT_APPROVED, NOON), NOON)

    assert isinstance(first, TryInstruction)
    assert (first.operation, first.provider) == (Operation.REFUND, "A")


def test_it_is_believed_when_it_has_said_so_for_longer_than_any_window_of_visibility() -> None:
    pauses, ending = insisted(NOT_APPROVED)

    assert len(pauses) == NOT_KNOWN_TRIES_MAX - 1
    assert sum(pauses, timedelta()) > timedelta(minutes=6)
    assert ending == SettleInstruction(1)


def test_what_is_released_already_is_done_at_once() -> None:
    assert insisted(RELEASED) == ([], SettleInstruction(1))


def test_a_refusal_for_good_is_looked_at_at_once() -> None:
    assert insisted(CLOSED) == ([], Flag(ReviewReason.NOT_REVERSED, 1))


def test_nothing_runs_during_the_longer_pauses() -> None:
    payment = charged_twice()
    for _ in range(3):
        payment = refused(payment, TECHNICAL, NOON)

    assert plan(payment, NOON) == Rest(NOON + timedelta(milliseconds=100) + REVERSAL_PAUSES[2])
