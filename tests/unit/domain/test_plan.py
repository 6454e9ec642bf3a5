"""What comes next for a payment: retry, failover, verification, approval (routing rules)."""

from __future__ import annotations

from random import Random

import pytest

from payflow.domain.errors import Conflict
from payflow.domain.ledger import Phase
from payflow.domain.method import UpiFlow, UpiMethod
from payflow.domain.outcomes import Category, NextActionType, Operation, Outcome, ProviderResult
from payflow.domain.payment import (
    Attempt,
    CaptureMethod,
    Payment,
    Risk,
    Status,
    new_attempt,
    opened,
)
from payflow.domain.plan import POLICY, Plan, carry_out, plan_next_step
from payflow.domain.plan_authorization import Approve, AskCustomer, Authorize, CheckStatus, Fail
from payflow.domain.plan_inquiry import Flag, Rest
from payflow.domain.provider import Market
from payflow.domain.review import ReviewReason
from payflow.domain.verification import SENT_BY_ANOTHER, UNKNOWN_LOOKS
from tests.support.builders import (
    NOON,
    a_market,
    a_payment,
    a_result,
    a_vpa,
    later,
    tried,
)

MARKET = a_market("A", "B", "C", "D")
APPROVED = a_result(Outcome.APPROVED)
UNKNOWN = a_result(Outcome.UNKNOWN, Category.UNKNOWN, code="timeout")
TECHNICAL = a_result(Outcome.ERROR, Category.PROVIDER_TECHNICAL, code="processing_error")
ISSUER = a_result(Outcome.DECLINED, Category.ISSUER, code="issuer_unavailable")
NOT_FOUND = a_result(Outcome.NOT_FOUND)


def plan(payment: Payment, at: float = 0, market: Market = MARKET) -> Plan:
    return plan_next_step(payment, market, now=later(at), randomness=Random(1))


class TestFirstRoute:
    def test_a_new_payment_goes_to_the_best_candidate(self) -> None:
        decided = plan(a_payment())

        assert isinstance(decided, Authorize)
        assert decided.provider == "A"
        assert decided.decision is not None
        assert [c.provider for c in decided.decision.candidates] == ["A", "B", "C", "D"]

    def test_a_payment_that_no_provider_can_take_fails_at_birth(self) -> None:
        decided = plan(a_payment(method=a_vpa()))

        assert isinstance(decided, Fail)
        assert decided.failure.code == "no_eligible_provider"

    def test_a_payment_blocked_by_risk_is_never_routed(self) -> None:
        decided = plan(a_payment(risk=Risk("block", 100)))

        assert isinstance(decided, Fail)
        assert decided.failure.category is Category.FRAUD

    def test_nothing_is_decided_while_a_call_may_be_in_the_air(self) -> None:
        payment = a_payment()
        in_the_air = opened(payment, new_attempt(payment, Operation.AUTHORIZE, "A", now=NOON))

        assert plan(in_the_air) == Rest()


class TestRetryAndFailover:
    def test_a_technical_failure_is_retried_once_at_the_same_provider_after_a_pause(self) -> None:
        decided = plan(tried(a_payment(), "A", TECHNICAL))

        assert isinstance(decided, Authorize)
        assert decided.provider == "A"
        assert decided.not_before is not None
        assert decided.not_before > NOON

    def test_a_second_technical_failure_moves_to_another_provider_at_once(self) -> None:
        payment = tried(tried(a_payment(), "A", TECHNICAL), "A", TECHNICAL)

        decided = plan(payment)

        assert isinstance(decided, Authorize)
        assert decided.provider == "B"
        assert decided.not_before is None

    def test_an_issuer_failure_goes_elsewhere_first(self) -> None:
        decided = plan(tried(a_payment(), "A", ISSUER))

        assert isinstance(decided, Authorize)
        assert decided.provider == "B"

    def test_an_issuer_failure_is_retried_after_a_pause_when_there_is_nowhere_else(self) -> None:
        decided = plan(tried(a_payment(), "A", ISSUER), market=a_market("A"))

        assert isinstance(decided, Authorize)
        assert decided.provider == "A"
        assert decided.not_before is not None

    @pytest.mark.parametrize(
        "category", [Category.CUSTOMER, Category.FRAUD, Category.CONFIGURATION]
    )
    def test_a_hard_decline_is_final(self, category: Category) -> None:
        declined = a_result(Outcome.DECLINED, category, code="do_not_honor", provider_code="05")

        decided = plan(tried(a_payment(), "A", declined))

        assert isinstance(decided, Fail)
        assert decided.failure.code == "do_not_honor"
        assert decided.failure.provider_code == "05"

    def test_attempts_and_providers_are_bounded(self) -> None:
        payment = a_payment()
        for _ in range(50):
            decided = plan(payment)
            if isinstance(decided, Fail):
                break
            assert isinstance(decided, Authorize)
            payment = tried(payment, decided.provider, TECHNICAL)

        providers = [a.provider for a in payment.attempts]
        assert providers == ["A", "A", "B", "B", "C"]
        assert len(providers) == POLICY.authorizations_max


class TestVerifyBeforeFailover:
    def test_an_unknown_outcome_is_inquired_at_the_same_provider(self) -> None:
        decided = plan(tried(a_payment(), "A", UNKNOWN))

        assert isinstance(decided, CheckStatus)
        assert decided.provider == "A"

    def test_not_found_within_the_visibility_window_proves_nothing(self) -> None:
        payment = tried(a_payment(), "A", UNKNOWN)
        asked = tried(payment, "A", NOT_FOUND, operation=Operation.INQUIRE, at=later(5))

        decided = plan(asked, at=5.9)

        assert isinstance(decided, CheckStatus)
        assert decided.not_before >= later(6)

    def test_the_window_begins_when_the_outcome_was_written_down_not_when_it_was_planned(
        self,
    ) -> None:
        payment = tried(a_payment(), "A", UNKNOWN)
        asked = tried(payment, "A", NOT_FOUND, operation=Operation.INQUIRE, at=later(31))

        assert isinstance(plan(asked, at=31.5), CheckStatus)

    def test_not_found_after_the_window_lets_the_payment_go_elsewhere(self) -> None:
        payment = tried(a_payment(), "A", UNKNOWN)
        asked = tried(payment, "A", NOT_FOUND, operation=Operation.INQUIRE, at=later(5))
        again = tried(asked, "A", NOT_FOUND, operation=Operation.INQUIRE, at=later(6))

        decided = plan(again, at=6)

        assert isinstance(decided, Authorize)
        assert decided.provider == "B"

    def test_what_another_execution_sends_may_leave_as_long_as_its_function_may_run(self) -> None:
        claimed = a_result(Outcome.UNKNOWN, Category.UNKNOWN, code=SENT_BY_ANOTHER)
        payment = tried(a_payment(), "A", claimed)
        asked = tried(payment, "A", NOT_FOUND, operation=Operation.INQUIRE, at=later(1))
        again = tried(asked, "A", NOT_FOUND, operation=Operation.INQUIRE, at=later(35))
        at_last = tried(again, "A", NOT_FOUND, operation=Operation.INQUIRE, at=later(37))

        waiting = plan(again, at=35)

        assert isinstance(waiting, CheckStatus)
        assert waiting.not_before >= later(37), "the call's time and the window after it"
        assert isinstance(plan(at_last, at=37), Authorize)

    def test_an_answer_that_took_longer_than_the_window_proves_nothing(self) -> None:
        payment = tried(a_payment(), "A", UNKNOWN)
        asked = tried(payment, "A", NOT_FOUND, operation=Operation.INQUIRE, at=later(5))

        assert isinstance(plan(asked, at=20), CheckStatus), "the provider was asked too early"

    def test_a_removed_provider_never_proves_that_nothing_was_charged(self) -> None:
        payment = tried(
            tried(a_payment(), "gone", UNKNOWN), "gone", NOT_FOUND, operation=Operation.INQUIRE
        )

        decided = plan(payment, at=60)

        assert isinstance(decided, Rest)
        assert decided.due_at == later(86_400)

    def test_an_approval_found_by_inquiry_is_the_approval(self) -> None:
        payment = tried(
            tried(a_payment(), "A", UNKNOWN), "A", APPROVED, operation=Operation.INQUIRE
        )

        assert isinstance(plan(payment), Approve)

    @pytest.mark.parametrize(
        "answer", [UNKNOWN, TECHNICAL, a_result(Outcome.PENDING)], ids=lambda r: r.outcome
    )
    def test_an_inquiry_without_a_verdict_is_repeated(self, answer: ProviderResult) -> None:
        payment = tried(tried(a_payment(), "A", UNKNOWN), "A", answer, operation=Operation.INQUIRE)

        assert isinstance(plan(payment, at=30), CheckStatus)

    def test_a_provider_that_says_not_yet_is_waited_for_not_polled(self) -> None:
        payment = tried(a_payment(), "A", a_result(Outcome.PENDING))

        decided = plan(payment, at=1)

        assert isinstance(decided, Rest)
        assert decided.due_at is not None
        assert later(10) <= decided.due_at <= later(11)
        assert isinstance(plan(payment, at=12), CheckStatus), "in case no callback came"

    def test_news_of_what_is_waited_for_is_asked_about_at_once(self) -> None:
        payment = tried(a_payment(), "A", a_result(Outcome.PENDING))

        decided = plan_next_step(payment, MARKET, now=later(1), randomness=Random(1), nudged=True)

        assert decided == CheckStatus("A", later(1))

    def test_after_quick_inquiries_the_execution_ends_and_the_provider_is_asked_by_schedule(
        self,
    ) -> None:
        payment = tried(a_payment(), "A", UNKNOWN)
        asked = 0
        while isinstance(decided := plan(payment), CheckStatus):
            payment = tried(payment, decided.provider, UNKNOWN, operation=Operation.INQUIRE)
            asked += 1

        assert asked == POLICY.inquiries_max
        assert isinstance(decided, Rest)
        assert decided.due_at is not None
        assert later(60) <= decided.due_at <= later(61)
        assert payment.status is Status.PROCESSING

    def test_inquiries_are_bounded_and_then_a_person_has_to_look(self) -> None:
        payment = tried(a_payment(), "A", UNKNOWN)
        asked = 0
        while isinstance(decided := plan(payment, at=100_000), CheckStatus):
            payment = tried(payment, decided.provider, UNKNOWN, operation=Operation.INQUIRE)
            asked += 1

        assert asked == POLICY.inquiries_max + len(UNKNOWN_LOOKS)
        assert decided == Flag(ReviewReason.OUTCOME_UNKNOWN)
        flagged = carry_out(payment, decided, NOON)
        assert plan(flagged, at=100_000) == Rest()


class TestCarryOut:
    def test_an_approval_captures_and_books_in_one_version(self) -> None:
        payment = tried(a_payment(amount_minor=125_000), "A", APPROVED)

        done = carry_out(payment, Approve(MARKET.provider("A")), NOON)

        assert done.status is Status.SUCCEEDED
        assert (done.amount_authorized, done.amount_captured) == (125_000, 125_000)
        assert (done.fees.provider_minor, done.fees.platform_minor) == (2500, 1250)
        assert {(e.account.id, e.side, e.amount_minor) for e in done.postings[0].entries} == {
            ("provider_receivable:A:INR", "debit", 122_500),
            ("provider_fees:INR", "debit", 2_500),
            (f"merchant_payable:{payment.merchant_id}:INR", "credit", 123_750),
            ("fees_revenue:INR", "credit", 1_250),
        }

    def test_a_manual_capture_stops_at_authorized_and_holds_the_amount(self) -> None:
        payment = tried(a_payment(capture=CaptureMethod.MANUAL), "A", APPROVED)

        done = carry_out(payment, Approve(MARKET.provider("A")), NOON)

        assert done.status is Status.AUTHORIZED
        assert done.amount_captured == 0
        (hold,) = done.postings
        assert (hold.operation, hold.phase) == ("authorize", Phase.PENDING)
        assert {(e.account.id, e.side, e.amount_minor) for e in hold.entries} == {
            ("provider_receivable:A:INR", "debit", 125_000),
            (f"merchant_payable:{payment.merchant_id}:INR", "credit", 125_000),
        }

    def test_a_customer_who_must_act_gets_until_the_provider_gives_up(self) -> None:
        pending = tried(a_payment(), "A", a_result(Outcome.PENDING))
        decided = plan_next_step(
            pending,
            MARKET,
            now=NOON,
            randomness=Random(1),
            asked_of_customer=NextActionType.THREE_DS_REDIRECT,
        )

        asked = carry_out(pending, decided, NOON)

        assert isinstance(decided, AskCustomer)
        assert asked.status is Status.REQUIRES_ACTION
        assert asked.next_action is not None
        assert asked.next_action.expires_at == later(300)

    def test_a_upi_intent_carries_the_link_that_opens_the_app(self) -> None:
        method = UpiMethod("asha@okbank", UpiFlow.INTENT)
        payment = tried(a_payment(method=method), "A", a_result(Outcome.PENDING))

        asked = carry_out(payment, AskCustomer(NextActionType.UPI_INTENT, later(300)), NOON)

        assert asked.next_action is not None
        assert asked.next_action.url == (
            f"upi://pay?pa=asha%40okbank&am=1250.00&cu=INR&tr={payment.id}"
        )

    def test_a_second_attempt_cannot_be_opened_beside_an_open_one(self) -> None:
        payment = carry_out(a_payment(), Authorize("A"), NOON)

        with pytest.raises(Conflict, match="without an outcome"):
            carry_out(payment, Authorize("B"), NOON)

    def test_what_was_due_before_now_begins_now(self) -> None:
        overdue = new_attempt(
            a_payment(), Operation.INQUIRE, "A", now=later(60), not_before=later(10)
        )

        assert overdue.started_at == later(60)

    def test_attempt_ids_follow_from_payment_and_number(self) -> None:
        def first_attempt() -> Attempt:
            return carry_out(a_payment(), Authorize("A"), NOON).attempts[0]

        assert first_attempt().id == first_attempt().id
