"""Capture, cancel, refund: one write, one effect, one answer, whatever the provider does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payflow.domain.errors import (
    Conflict,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    Unavailable,
    VersionConflict,
)
from payflow.domain.instruction import InstructionKind, InstructionStatus
from payflow.domain.instructions import refundable_minor
from payflow.domain.ledger import Phase
from payflow.domain.outcomes import Operation, Outcome
from payflow.domain.payment import CaptureMethod, Payment, Status, provider_key
from payflow.providers.simulated.entry import Kind, Standing
from tests.support.in_process import InProcess

CAPTURE, VOID, REFUND = InstructionKind.CAPTURE, InstructionKind.VOID, InstructionKind.REFUND
MANUAL = CaptureMethod.MANUAL
CAPTURE_FAILS_ONCE, REFUND_COMES_BACK = "4000000000000077", "4000000000005126"
LOST_BUT_CHARGED, CHALLENGE = "4000000000006975", "4000000000003220"


@pytest.fixture
def world() -> InProcess:
    return InProcess()


def authorized(world: InProcess, number: str = "4242424242424242") -> Payment:
    payment = world.pay(number, capture=MANUAL)
    world.run()
    return world.payment(payment.id)


def captured(world: InProcess, number: str = "4242424242424242") -> Payment:
    payment = world.pay(number)
    world.run()
    return world.payment(payment.id)


def operations(payment: Payment) -> list[Operation]:
    return [attempt.operation for attempt in payment.attempts]


class TestAccepting:
    def test_is_one_write_that_holds_the_first_call_too(self, world: InProcess) -> None:
        payment = captured(world)
        before = world.payments.writes

        world.ask(payment, REFUND, 400, key="r")

        after = world.payment(payment.id)
        assert world.payments.writes == before + 1
        assert after.open_attempt is not None
        assert after.open_attempt.operation is Operation.REFUND
        assert refundable_minor(after) == 600
        assert len(world.executions) == 2

    def test_while_a_call_is_in_the_air_starts_no_second_execution(self, world: InProcess) -> None:
        payment = captured(world)
        world.ask(payment, REFUND, 400, key="1")
        world.ask(payment, REFUND, 300, key="2")

        assert len(world.executions) == 2
        world.run()

        after = world.payment(payment.id)
        assert after.amount_refunded == 700
        assert operations(after) == ["authorize", "refund", "refund"]

    def test_a_call_that_nobody_works_on_any_more_is_taken_up_again(self, world: InProcess) -> None:
        payment = captured(world)
        world.ask(payment, REFUND, 400, key="1")
        world.executions.clear()
        world.later(minutes=6)

        world.ask(payment, REFUND, 300, key="2")
        world.run()

        assert world.payment(payment.id).amount_refunded == 700

    @pytest.mark.parametrize("kind", InstructionKind)
    def test_another_merchants_payment_looks_like_none(
        self, world: InProcess, kind: InstructionKind
    ) -> None:
        payment = captured(world)
        foreign: Any = type("Foreign", (), {"id": payment.id, "merchant_id": "mer_other"})

        with pytest.raises(NotFound):
            world.ask(foreign, kind, key="k")

    def test_a_writer_that_lost_the_race_decides_anew(self, world: InProcess) -> None:
        contended = captured(world)
        save = world.payments.save
        lost: list[bool] = []

        def save_after_another(payment: Payment) -> None:
            if not lost:
                lost.append(True)
                world.ask(contended, REFUND, 700, key="other")
            save(payment)

        world.payments.save = save_after_another  # type: ignore[method-assign]

        with pytest.raises(InvalidRequest, match="300 minor units"):
            world.ask(contended, REFUND, 400, key="mine")

    def test_endless_contention_ends_in_a_retryable_error(self, world: InProcess) -> None:
        contended = captured(world)

        def lose(payment: Payment) -> None:
            raise VersionConflict(payment.id)

        world.payments.save = lose  # type: ignore[method-assign]

        with pytest.raises(Unavailable, match="changed by others"):
            world.ask(contended, REFUND, 400, key="r")


class TestCapture:
    def test_captures_in_parts_with_one_key_each_at_the_provider(self, world: InProcess) -> None:
        payment = authorized(world)
        for number, minor in enumerate((300, 700)):
            world.ask(payment, CAPTURE, minor, key=str(number))
            world.run()

        after = world.payment(payment.id)
        assert (after.status, after.amount_captured) == (Status.SUCCEEDED, 1_000)
        captures = [entry for entry in world.booked() if entry.kind is Kind.CAPTURE]
        assert {e.key for e in captures} == {provider_key(payment.id, n) for n in (2, 3)}
        assert {e.original for e in captures} == {provider_key(payment.id, 1)}

    def test_a_failure_that_may_pass_is_tried_again_with_a_new_key(self, world: InProcess) -> None:
        payment = authorized(world, CAPTURE_FAILS_ONCE)
        world.ask(payment, CAPTURE, key="c")
        world.run()

        after = world.payment(payment.id)
        assert operations(after) == ["authorize", "capture", "capture"]
        assert (after.status, after.amount_captured) == (Status.SUCCEEDED, 1_000)

    def test_what_a_final_capture_leaves_is_released_at_the_provider(
        self, world: InProcess
    ) -> None:
        payment = authorized(world)
        world.ask(payment, CAPTURE, 300, key="c", final=True)
        world.run()

        (entry,) = [entry for entry in world.booked() if entry.kind is Kind.CAPTURE]
        assert (entry.amount_minor, entry.final) == (300, True)
        assert world.payment(payment.id).status is Status.SUCCEEDED

    def test_a_capture_whose_answer_was_lost_is_verified_not_repeated(
        self, world: InProcess
    ) -> None:
        payment = authorized(world)
        world.ask(payment, CAPTURE, 300, key="c")

        world.step(world.executions[-1], crash=True)
        world.run()

        after = world.payment(payment.id)
        assert operations(after) == ["authorize", "capture", "inquire"]
        assert after.amount_captured == 300


class TestCancel:
    def test_an_authorised_payment_is_voided_at_the_provider(self, world: InProcess) -> None:
        payment = authorized(world)
        world.ask(payment, VOID, key="v")
        world.run()

        after = world.payment(payment.id)
        assert after.status is Status.CANCELED
        assert {one.phase for one in after.postings} == {Phase.PENDING, Phase.RELEASED}
        assert [entry.kind for entry in world.booked()] == [Kind.AUTHORIZATION, Kind.VOID]

    def test_in_the_air_an_approval_is_voided_before_it_counts(self, world: InProcess) -> None:
        payment = world.pay(capture=MANUAL)
        world.ask(payment, VOID, key="v")
        assert world.payment(payment.id).status is Status.PENDING
        world.run()

        after = world.payment(payment.id)
        assert after.status is Status.CANCELED
        assert operations(after) == ["authorize", "void"]
        assert [change.status for change in after.history] == ["processing", "canceled"]

    def test_in_the_air_a_decline_is_a_cancellation_without_failover(
        self, world: InProcess
    ) -> None:
        payment = world.pay("4000000000000341")
        world.ask(payment, VOID, key="v")
        world.run()

        after = world.payment(payment.id)
        assert (after.status, operations(after)) == (Status.CANCELED, ["authorize"])
        assert after.failure is None

    def test_what_the_provider_has_captured_by_then_stays_captured(self, world: InProcess) -> None:
        payment = world.pay()
        world.ask(payment, VOID, key="v")
        world.run()

        after = world.payment(payment.id)
        assert (after.status, after.amount_captured) == (Status.SUCCEEDED, 1_000)
        assert after.instructions[0].status is InstructionStatus.FAILED

    def test_an_unknown_outcome_is_verified_before_it_is_voided(self, world: InProcess) -> None:
        payment = world.pay(LOST_BUT_CHARGED, capture=MANUAL)
        world.ask(payment, VOID, key="v")
        world.run()

        after = world.payment(payment.id)
        assert operations(after) == ["authorize", "inquire", "void"]
        assert after.status is Status.CANCELED

    def test_a_payment_that_waits_for_its_customer_is_canceled_if_nothing_was_approved(
        self, world: InProcess
    ) -> None:
        payment = captured(world, CHALLENGE)
        assert payment.status is Status.REQUIRES_ACTION

        world.ask(payment, VOID, key="v")
        world.run()

        after = world.payment(payment.id)
        assert (after.status, after.next_action) == (Status.CANCELED, None)
        assert after.attempts[-1].operation is Operation.INQUIRE, "the provider was asked first"

    def test_the_cvc_is_gone_after_a_cancellation(self, world: InProcess) -> None:
        payment = world.pay(capture=MANUAL)
        world.ask(payment, VOID, key="v")
        world.run()

        assert world.vault.cvcs == set()


class TestRefund:
    def test_refunds_add_up_at_the_provider_too(self, world: InProcess) -> None:
        payment = captured(world)
        for number, minor in enumerate((100, 200, None)):
            world.ask(payment, REFUND, minor, key=str(number))
            world.run()

        after = world.payment(payment.id)
        assert after.amount_refunded == 1_000
        refunds = [entry for entry in world.booked() if entry.kind is Kind.REFUND]
        assert sum(entry.amount_minor for entry in refunds) == 1_000

    def test_one_that_comes_back_later_fails_and_gives_its_amount_back(
        self, world: InProcess
    ) -> None:
        payment = captured(world, REFUND_COMES_BACK)
        world.ask(payment, REFUND, key="r")
        world.step(world.executions[-1])

        pending = world.payment(payment.id)
        assert pending.instructions[0].status is InstructionStatus.PENDING
        assert refundable_minor(pending) == 0

        failed = world.run_and_wait(payment, minutes=1)
        assert failed.instructions[0].status is InstructionStatus.FAILED
        assert failed.instructions[0].failure is not None
        assert (refundable_minor(failed), failed.amount_refunded) == (1_000, 0)
        assert len(failed.postings) == 1

    def test_one_without_an_answer_holds_up_nobody_and_stays_reserved(
        self, world: InProcess
    ) -> None:
        payment = captured(world)
        world.ask(payment, REFUND, 400, key="1")
        execution = world.executions[-1]
        while not world.is_finished(execution):
            world.step(execution, crash=True)
        assert world.payment(payment.id).due_at is not None, "it is looked at again"

        world.ask(payment, REFUND, 100, key="2")
        world.run()

        after = world.payment(payment.id)
        assert [one.status for one in after.instructions] == ["pending", "succeeded"]
        assert refundable_minor(after) == 500


class TestAnswers:
    def test_a_replay_gives_the_same_bytes_whatever_happened_since(self, world: InProcess) -> None:
        payment = captured(world)
        first = world.ask(payment, REFUND, 400, key="r")
        world.run()
        world.ask(payment, REFUND, 600, key="r2")
        world.run()

        again = world.ask(payment, REFUND, 400, key="r")

        assert json.loads(first.body)["status"] == "pending"
        assert (again.body, again.replayed) == (first.body, True)
        assert world.payment(payment.id).amount_refunded == 1_000

    def test_a_capture_is_answered_with_the_payment_and_replayed_as_it_was(
        self, world: InProcess
    ) -> None:
        payment = authorized(world)
        world.clock.on_sleep = world.run_quietly
        first = world.ask(payment, CAPTURE, 300, key="c", wait_ms=5_000)
        world.ask(payment, CAPTURE, 700, key="c2", wait_ms=5_000)

        again = world.ask(payment, CAPTURE, 300, key="c", wait_ms=5_000)

        assert json.loads(first.body)["amount_captured"] == 300
        assert (again.body, again.replayed) == (first.body, True)

    def test_when_time_is_up_the_pending_state_is_the_answer_for_good(
        self, world: InProcess
    ) -> None:
        payment = captured(world)

        first = world.ask(payment, REFUND, 400, key="r", wait_ms=1_000)
        world.run()

        assert json.loads(first.body)["status"] == "pending"
        assert world.payment(payment.id).amount_refunded == 400
        assert world.ask(payment, REFUND, 400, key="r").body == first.body

    def test_a_key_with_another_body_is_refused_and_does_nothing(self, world: InProcess) -> None:
        payment = captured(world)
        world.ask(payment, REFUND, 400, key="r")

        with pytest.raises(IdempotencyKeyReused):
            world.ask(payment, REFUND, 401, key="r")

        assert len(world.payment(payment.id).instructions) == 1

    def test_while_the_first_request_waits_a_second_one_is_told_so(self, world: InProcess) -> None:
        payment = captured(world)
        told: list[bool] = []

        def meanwhile() -> None:
            if not told:
                told.append(True)
                with pytest.raises(IdempotencyInProgress):
                    world.ask(payment, REFUND, 400, key="r", wait_ms=1_000)

        world.clock.on_sleep = meanwhile
        world.ask(payment, REFUND, 400, key="r", wait_ms=1_000)

        assert told

    def test_a_refusal_does_not_use_up_its_key(self, world: InProcess) -> None:
        payment = authorized(world)
        with pytest.raises(Conflict):
            world.ask(payment, REFUND, 100, key="k")
        world.ask(payment, CAPTURE, key="c")
        world.run()

        assert not world.ask(payment, REFUND, 100, key="k").replayed

    def test_the_creations_answer_stays_what_it_was(self, world: InProcess) -> None:
        payment = world.pay()
        world.run()
        world.ask(payment, REFUND, key="r")
        world.run()

        assert json.loads(world.again(payment).body)["status"] == "pending"


def test_the_answer_of_an_operation_is_held_against_its_own_amount(world: InProcess) -> None:
    payment = captured(world)
    world.ask(payment, REFUND, 400, key="r")
    number = world.payment(payment.id).attempts[-1].number
    lying = {
        "attempt_number": number, "outcome": "approved", "latency_ms": 1, "amount": 1_000,
        "currency": "INR",
    }  # fmt: skip

    world.plan(payment.id, lying)

    after = world.payment(payment.id)
    assert after.attempts[number - 1].outcome is Outcome.UNKNOWN
    assert after.amount_refunded == 0


def test_nothing_is_booked_twice_at_a_provider_by_duplicated_executions(world: InProcess) -> None:
    payment = captured(world)
    world.ask(payment, REFUND, 400, key="r")
    world.executions.append(dict(world.executions[-1]))
    world.run()

    refunds = [one for one in world.booked() if one.kind is Kind.REFUND]
    assert [(one.amount_minor, one.standing) for one in refunds] == [(400, Standing.APPROVED)]
    assert world.payment(payment.id).amount_refunded == 400
