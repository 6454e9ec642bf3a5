"""What waits runs nothing, and what ends the waiting never moves money twice (invariants 8-10)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payflow.domain.errors import Conflict, Unavailable
from payflow.domain.instruction import InstructionKind
from payflow.domain.outcomes import Operation, Outcome
from payflow.domain.payment import CaptureMethod, Payment, Status
from payflow.domain.review import ReviewReason
from payflow.domain.reviews import Decision, Resolution
from payflow.providers.simulated.entry import Kind, Standing
from payflow.services.sweep_payments import SweepPayments
from payflow.services.wake_payment import WATCHED_FOR, Woken, wake_ups_after
from tests.support.fakes import RecordingWakeUps
from tests.support.in_process import InProcess

CHALLENGE = "4000000000003220"
NOT_CHARGED = "4000000000006983"
CHARGED = "4000000000006975"
REFUND_COMES_BACK = "4000000000005126"
MANUAL = CaptureMethod.MANUAL


@pytest.fixture
def world() -> InProcess:
    return InProcess()


def charges(world: InProcess) -> int:
    """Charges and holds that stand in all providers' books, net of refunds and voids."""
    net = 0
    for entry in world.booked():
        if entry.standing is Standing.APPROVED and entry.standing_at(world.clock.now()) is not (
            Standing.PENDING
        ):
            net += {Kind.SALE: 1, Kind.AUTHORIZATION: 1, Kind.REFUND: -1, Kind.VOID: -1}.get(
                entry.kind, 0
            )
    return net


def crashed_everywhere(world: InProcess, payment: Payment) -> Payment:
    """The payment after an execution in which nobody heard any answer."""
    execution = world.executions[-1]
    while not world.is_finished(execution):
        world.step(execution, crash=True)
    return world.payment(payment.id)


class TestCustomers:
    def test_while_the_customer_thinks_nothing_runs(self, world: InProcess) -> None:
        payment = world.pay(CHALLENGE)
        world.run()

        waiting = world.payment(payment.id)

        assert waiting.status is Status.REQUIRES_ACTION
        assert waiting.next_action is not None
        assert waiting.due_at == waiting.next_action.expires_at
        assert len(waiting.attempts) == 1, "nobody polled"

    def test_one_who_does_not_act_in_time_fails_the_payment(self, world: InProcess) -> None:
        payment = world.pay(CHALLENGE)

        after = world.run_and_wait(payment, minutes=10)

        assert after.status is Status.FAILED
        assert after.failure is not None
        assert after.failure.code == "customer_timeout"
        assert after.due_at is None

    def test_news_before_the_decision_leaves_everything_as_it_was(self, world: InProcess) -> None:
        payment = world.pay(CHALLENGE)
        world.run()
        waiting = world.payment(payment.id)

        assert world.tell(waiting, 1) == "inquired"
        world.run()

        after = world.payment(payment.id)
        assert (after.status, after.due_at) == (waiting.status, waiting.due_at)
        assert after.next_action == waiting.next_action


class TestCallbacks:
    def test_news_of_a_pending_refund_is_asked_about_and_settles_it(self, world: InProcess) -> None:
        payment = world.pay(REFUND_COMES_BACK)
        world.run()
        world.ask(payment, InstructionKind.REFUND, key="r")
        world.run()
        world.later(seconds=4)

        refunding = world.payment(payment.id)
        assert world.tell(refunding, refunding.attempts[-1].number, Outcome.DECLINED) == "inquired"
        world.run()

        assert not world.payment(payment.id).pending()

    def test_a_second_one_and_one_about_what_is_over_change_nothing(self, world: InProcess) -> None:
        payment = world.pay()
        world.run()
        done = world.payment(payment.id)

        assert world.tell(done, 1, Outcome.DECLINED) == "nothing_new"
        assert world.tell(done, 1, Outcome.APPROVED) == "nothing_new"
        assert world.payment(payment.id) == done

    def test_one_that_is_faster_than_the_answer_waits_for_it(self, world: InProcess) -> None:
        payment = world.pay()

        assert world.tell(payment, 1) == "in_the_air"
        world.run()

        assert world.payment(payment.id).status is Status.SUCCEEDED

    def test_an_approval_is_kept_until_the_inquiry_in_the_air_has_its_answer(
        self, world: InProcess
    ) -> None:
        payment = world.pay()
        lost = crashed_everywhere(world, payment)
        assert world.tell(lost, 1) == "inquired"
        assert world.payment(payment.id).open_attempt is not None

        assert world.tell(lost, 1) == "nothing_new", "the inquiry is as new as the news"
        world.later(seconds=1)

        with pytest.raises(Unavailable, match="just asking"):
            world.tell(lost, 1)

        world.run()
        assert world.tell(world.payment(payment.id), 1) == "nothing_new"

    def test_one_from_another_provider_is_about_nothing(self, world: InProcess) -> None:
        payment = world.pay(CHALLENGE)
        world.run()
        waiting = world.payment(payment.id)
        other = {"A": "B", "B": "A"}[waiting.attempts[0].provider]

        assert world.tell(waiting, 1, provider=other) == "unknown_operation"
        assert world.payment(payment.id) == waiting

    def test_alone_after_every_answer_was_lost_it_ends_the_payment(self, world: InProcess) -> None:
        payment = world.pay()
        lost = crashed_everywhere(world, payment)
        assert lost.status is Status.PROCESSING

        assert world.tell(lost, 1) == "inquired"
        world.run()

        assert world.payment(payment.id).status is Status.SUCCEEDED
        assert charges(world) == 1


class TestLateApprovals:
    @pytest.mark.parametrize("capture", list(CaptureMethod))
    def test_a_late_success_is_taken_back_by_itself(
        self, world: InProcess, capture: CaptureMethod
    ) -> None:
        payment = world.pay(capture=capture)
        first = world.executions[-1]
        stalled = dict(first)
        world.step(first, crash=True)  # charged, and nobody heard of it
        world.book.items, booked = {}, world.book.items
        world.later(seconds=60)
        while world.payment(payment.id).last_authorization.number == 1:  # type: ignore[union-attr]
            world.step(first)  # the provider says "not found" long after its window
        world.book.items.update(booked)
        world.run()
        assert charges(world) == 2

        assert world.tell(world.payment(payment.id), 1) == "taken_back"
        world.run_and_wait(payment, hours=1)

        after = world.payment(payment.id)
        assert after.status in (Status.SUCCEEDED, Status.AUTHORIZED)
        assert charges(world) == 1
        assert [one.kind for one in after.instructions] == [InstructionKind.REVERSAL]
        assert after.amount_refunded == 0
        assert world.tell(after, 1) == "taken_back", "heard again, it is taken back only once"
        assert len(world.payment(payment.id).instructions) == 1
        assert stalled["payment_id"] == payment.id

    def test_an_approval_after_the_cancellation_is_taken_back(self, world: InProcess) -> None:
        payment = world.pay(CHALLENGE)
        world.run()
        world.ask(payment, InstructionKind.VOID, key="v")
        world.run()

        assert world.tell(world.payment(payment.id), 1) == "taken_back"
        world.run_and_wait(payment, hours=1)

        after = world.payment(payment.id)
        assert after.status is Status.CANCELED
        assert not after.pending(), "the provider says that there is nothing to take back"
        assert charges(world) == 0


class TestExpiry:
    def test_what_nobody_captures_is_voided_by_schedule(self, world: InProcess) -> None:
        payment = world.pay(capture=MANUAL)
        world.run()
        authorized = world.payment(payment.id)
        assert authorized.due_at == authorized.updated_at + timedelta(days=7)

        after = world.run_and_wait(payment, days=8)

        assert after.status is Status.CANCELED
        assert after.attempts[-1].operation is Operation.VOID
        assert charges(world) == 0

    def test_what_was_captured_before_stands_and_only_the_rest_is_released(
        self, world: InProcess
    ) -> None:
        payment = world.pay(capture=MANUAL)
        world.run()
        world.ask(payment, InstructionKind.CAPTURE, 300, key="c")

        after = world.run_and_wait(payment, days=8)

        assert after.status is Status.SUCCEEDED
        assert after.amount_captured == 300
        released = [e for e in world.booked() if e.kind is Kind.VOID]
        assert [entry.amount_minor for entry in released] == [700]


class TestReviews:
    def flagged(self, world: InProcess) -> Payment:
        payment = world.pay()
        crashed_everywhere(world, payment)
        for _ in range(40):
            due_at = world.payment(payment.id).due_at
            if due_at is None:
                break
            world.clock.time = due_at
            world.wake(payment.id)
            world._collect()
            crashed_everywhere(world, payment)
        return world.payment(payment.id)

    def test_what_no_inquiry_settles_within_its_bound_is_flagged(self, world: InProcess) -> None:
        flagged = self.flagged(world)

        assert flagged.status is Status.PROCESSING
        assert flagged.open_review is not None
        assert flagged.open_review.reason is ReviewReason.OUTCOME_UNKNOWN
        assert world.executions[-1]["step"]["action"] == "NeedsReview", "which alarms"
        assert [one.id for one in world.review.list()] == [flagged.id]

    @pytest.mark.parametrize(
        ("resolution", "status"),
        [(Resolution.APPROVED, Status.SUCCEEDED), (Resolution.DECLINED, Status.FAILED)],
    )
    def test_an_operator_decides_with_an_audit_trail(
        self, world: InProcess, resolution: Resolution, status: Status
    ) -> None:
        flagged = self.flagged(world)
        decision = Decision(resolution=resolution, note="called the bank", by="key_1")

        after = world.review.resolve(flagged.id, decision)

        assert after.status is status
        assert after.open_review is None
        (review,) = after.reviews
        assert (review.resolved_by, review.resolution, review.note) == (
            "key_1",
            resolution.value,
            "called the bank",
        )
        assert after.attempts[-1].code == "resolved_by_operator"
        assert len(after.postings) == (1 if status is Status.SUCCEEDED else 0)

    def test_what_is_not_flagged_is_nobodys_to_decide(self, world: InProcess) -> None:
        payment = world.pay()

        with pytest.raises(Conflict):
            world.review.resolve(
                payment.id, Decision(resolution=Resolution.APPROVED, note="x", by="key_1")
            )

    def test_a_provider_that_answers_after_all_ends_the_review(self, world: InProcess) -> None:
        flagged = self.flagged(world)

        assert world.tell(flagged, 1) == "inquired"
        world.run()

        after = world.payment(flagged.id)
        assert after.status is Status.SUCCEEDED
        assert after.reviews[0].resolved_by == "provider"


class TestWakeUps:
    def test_a_payment_whose_workflow_never_started_is_resumed(self, world: InProcess) -> None:
        payment = world.pay()
        world.executions.clear()

        assert world.wake(payment.id) is Woken.WORKING
        assert world.wake_ups.asked == [(payment.id, payment.updated_at + WATCHED_FOR)]
        world.later(seconds=65)
        assert world.wake(payment.id) is Woken.RESUMED
        world.run_quietly()

        assert world.payment(payment.id).status is Status.SUCCEEDED
        assert charges(world) == 1

    def test_one_whose_workflow_died_after_the_charge_is_not_charged_again(
        self, world: InProcess
    ) -> None:
        payment = world.pay()
        world.provider(dict(world.executions.pop()["step"]["call"]))
        world.later(seconds=65)

        assert world.wake(payment.id) is Woken.RESUMED
        world.run_quietly()

        assert world.payment(payment.id).status is Status.SUCCEEDED
        assert charges(world) == 1

    def test_woken_early_twice_or_for_nothing_it_does_nothing(self, world: InProcess) -> None:
        waiting = world.pay(CHALLENGE)
        done = world.pay()
        world.run()

        assert world.wake(waiting.id) is Woken.EARLY
        assert world.wake(done.id) is Woken.SETTLED
        assert world.wake("pay_unknown") is Woken.UNKNOWN
        world.later(minutes=6)
        assert world.wake(waiting.id) is Woken.LOOKED
        assert world.wake(waiting.id) is Woken.WORKING

    def test_starts_and_what_is_due_soon_are_followed_by_a_wake_up(self, world: InProcess) -> None:
        born = world.pay(CHALLENGE)
        world.run()
        waiting = world.payment(born.id)

        now = world.clock.now()

        assert list(wake_ups_after(None, born, now)) == [(born.id, born.updated_at + WATCHED_FOR)]
        assert list(wake_ups_after(born, waiting, now)) == [(born.id, waiting.due_at)]
        assert list(wake_ups_after(waiting, waiting, now)) == []
        week_ahead = world.pay(capture=MANUAL)
        world.run()
        authorized = world.payment(week_ahead.id)
        assert list(wake_ups_after(week_ahead, authorized, now)) == [], "the sweeper's"

    def test_the_sweeper_has_everything_woken_that_is_due(self, world: InProcess) -> None:
        waiting = world.pay(CHALLENGE)
        world.pay()
        world.run()
        wake_ups = RecordingWakeUps()
        sweep = SweepPayments(world.payments, wake_ups, world.clock)

        assert sweep() == 0
        world.later(minutes=6)
        assert sweep() == 1
        assert wake_ups.asked == [(waiting.id, world.clock.now())]
