"""The transition table, and that versions and answers follow their rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.answer import CREATION, exact_answer, revised
from payflow.domain.errors import Conflict
from payflow.domain.outcomes import Operation, Outcome
from payflow.domain.payment import (
    SETTLED,
    TERMINAL,
    TRANSITIONS,
    Claim,
    Status,
    answered,
    moved,
    new_attempt,
    opened,
    provider_key,
)
from tests.support.builders import NOON, a_payment, a_result, later

statuses = st.sampled_from(Status)


@given(statuses, statuses)
def test_status_moves_along_the_table_and_nowhere_else(start: Status, target: Status) -> None:
    payment = a_payment(status=start)

    if target in TRANSITIONS[start]:
        assert moved(payment, target, NOON).history[-1].status is target
    else:
        with pytest.raises(Conflict, match="cannot become"):
            moved(payment, target, NOON)


def test_nothing_follows_a_terminal_status() -> None:
    assert {Status.SUCCEEDED, Status.FAILED, Status.CANCELED} == TERMINAL
    assert all(not TRANSITIONS[status] for status in TERMINAL)


def test_every_status_can_be_reached_from_pending() -> None:
    reached, frontier = {Status.PENDING}, [Status.PENDING]
    while frontier:
        fresh = TRANSITIONS[frontier.pop()] - reached
        reached |= fresh
        frontier.extend(fresh)

    assert reached == set(Status)


def test_a_waiting_request_is_answered_where_only_others_can_act() -> None:
    assert {Status.REQUIRES_ACTION, Status.AUTHORIZED} | TERMINAL == SETTLED


def test_an_outcome_needs_an_open_attempt() -> None:
    with pytest.raises(Conflict, match="no attempt"):
        answered(a_payment(), a_result(Outcome.APPROVED))


@given(st.text(min_size=1), st.integers(1, 100), st.text(min_size=1), st.integers(1, 100))
def test_provider_keys_differ_exactly_when_payment_or_attempt_differ(
    left: str, left_number: int, right: str, right_number: int
) -> None:
    same = (left, left_number) == (right, right_number)

    assert (provider_key(left, left_number) == provider_key(right, right_number)) is same


def test_each_change_is_the_next_version_at_its_time() -> None:
    payment = a_payment()
    attempt = new_attempt(payment, Operation.AUTHORIZE, "A", now=NOON)

    changed = revised(payment, opened(payment, attempt), later(3))

    assert changed.version == 2
    assert changed.updated_at == NOON + timedelta(seconds=3)


class TestCreationAnswer:
    def test_version_one_can_always_be_rebuilt(self) -> None:
        payment = a_payment()
        before = exact_answer(payment, CREATION)

        moved_on = revised(payment, moved(payment, Status.PROCESSING, later(1)), later(1))

        assert exact_answer(moved_on, CREATION) == before
        assert moved_on.claim.answer is None

    def test_the_first_settled_version_answers_a_waiting_request(self) -> None:
        waiting = a_payment(claim=Claim("h", wait_until=later(5), answered_version=None))
        working = revised(waiting, moved(waiting, Status.PROCESSING, NOON), NOON)
        settled = revised(working, moved(working, Status.AUTHORIZED, later(1)), later(1))

        assert working.claim.answered_version is None
        assert settled.claim.answered_version == 3
        assert '"status":"authorized"' in exact_answer(settled, CREATION)

    def test_the_answer_is_frozen_before_the_payment_changes_again(self) -> None:
        claim = Claim("h", wait_until=later(5), answered_version=None)
        waiting = a_payment(status=Status.PROCESSING, claim=claim)
        settled = revised(waiting, moved(waiting, Status.AUTHORIZED, NOON), NOON)
        answer = exact_answer(settled, CREATION)

        captured = revised(settled, moved(settled, Status.SUCCEEDED, later(9)), later(9))

        assert exact_answer(captured, CREATION) == answer

    def test_an_answer_that_is_owed_cannot_be_given(self) -> None:
        owed = a_payment(claim=Claim("h", wait_until=later(5), answered_version=None))

        with pytest.raises(ValueError, match="no answer yet"):
            exact_answer(owed, CREATION)
