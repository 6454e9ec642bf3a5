"""A customer's decision in the sandbox reaches the payment as a real one would: by callback."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payflow.domain.approval import CustomerDecision, Verdict, approval_token, approval_url
from payflow.domain.errors import Conflict, IdempotencyKeyReused, NotFound
from payflow.domain.instruction import InstructionKind
from payflow.domain.outcomes import Operation
from payflow.domain.payment import CaptureMethod, Payment, Status
from payflow.domain.ports import Provider
from payflow.domain.provider import Faults, ProviderConfig
from payflow.services.confirm_payment import (
    ConfirmPayment,
    ConfirmRequest,
    CustomerDesks,
    confirmation_mark,
)
from payflow.services.show_approval import ShowApproval
from simulation.ports.merchants import InMemoryMerchants
from tests.support.fakes import a_page
from tests.support.in_process import MERCHANT, InProcess

CHALLENGE, APPROVED_CARD = "4000000000003220", "4242424242424242"
APPROVE, REJECT = CustomerDecision.APPROVE, CustomerDecision.REJECT
KEY = b"the key of the links"


@pytest.fixture
def world() -> InProcess:
    world = InProcess()

    def meanwhile() -> None:
        world.hear()
        world.run_quietly()

    world.clock.on_sleep = meanwhile
    return world


def asked(world: InProcess, **more: Any) -> Payment:
    """A payment whose customer is asked."""
    payment = world.pay(CHALLENGE, **more)
    world.run_quietly()
    waiting = world.payment(payment.id)
    assert waiting.status is Status.REQUIRES_ACTION
    return waiting


def confirm(
    world: InProcess,
    payment: Payment,
    decision: CustomerDecision = APPROVE,
    *,
    mark: str = "first",
    wait_ms: int = 6_000,
    merchant_id: str = MERCHANT.id,
) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        world.confirm(
            ConfirmRequest(
                payment_id=payment.id,
                merchant_id=merchant_id,
                decision=decision,
                mark=mark,
                wait_ms=wait_ms,
            )
        )
    )
    return answer


class TestConfirming:
    def test_an_approval_makes_the_payment_succeed(self, world: InProcess) -> None:
        payment = asked(world)

        answer = confirm(world, payment)

        assert (answer["status"], answer["amount_captured"]) == ("succeeded", 1_000)
        asked_back = [attempt.operation for attempt in world.payment(payment.id).attempts]
        assert asked_back == [Operation.AUTHORIZE, Operation.INQUIRE]

    def test_a_rejection_fails_it_for_the_customers_own_reason(self, world: InProcess) -> None:
        answer = confirm(world, asked(world), REJECT)

        assert (answer["status"], answer["failure"]["code"]) == ("failed", "customer_rejected")

    def test_with_manual_capture_it_is_authorised(self, world: InProcess) -> None:
        answer = confirm(world, asked(world, capture=CaptureMethod.MANUAL))

        assert (answer["status"], answer["amount_captured"]) == ("authorized", 0)

    def test_who_does_not_wait_sees_the_payment_as_it_is(self, world: InProcess) -> None:
        payment = asked(world)

        answer = confirm(world, payment, wait_ms=0)

        assert answer["status"] == "requires_action"
        assert world.hear() == ["inquired"]

    def test_the_payment_changes_by_the_callback_alone(self, world: InProcess) -> None:
        payment = asked(world)
        world.clock.on_sleep = lambda: None

        confirm(world, payment)

        assert world.payment(payment.id) == payment

    def test_the_link_that_the_provider_gave_is_told(self, world: InProcess) -> None:
        payment = asked(world)

        assert payment.next_action is not None
        assert payment.next_action.url == a_page(payment.id)


class TestRefusals:
    def test_another_merchants_payment_is_none(self, world: InProcess) -> None:
        payment = asked(world)

        with pytest.raises(NotFound):
            confirm(world, payment, merchant_id="mer_another")

    def test_a_payment_that_asks_nobody_cannot_be_confirmed(self, world: InProcess) -> None:
        payment = world.pay(APPROVED_CARD)
        world.run_quietly()

        with pytest.raises(Conflict) as refused:
            confirm(world, payment)

        assert refused.value.code == "payment_not_confirmable"

    def test_nor_one_whose_time_is_over(self, world: InProcess) -> None:
        payment = asked(world)
        world.later(minutes=5)

        with pytest.raises(Conflict):
            confirm(world, payment)

    def test_nor_one_that_was_canceled_meanwhile(self, world: InProcess) -> None:
        payment = asked(world)
        world.ask(payment, InstructionKind.VOID, key="k")
        world.run_quietly()

        with pytest.raises(Conflict):
            confirm(world, payment)

    def test_nor_one_at_a_provider_without_a_sandbox(self, world: InProcess) -> None:
        payment = asked(world)

        def real(_config: ProviderConfig, _faults: Faults) -> Provider:
            return RealProvider()

        desks = CustomerDesks(world.provider.market, real)
        world.confirm = ConfirmPayment(world.payments, desks, world.clock)

        with pytest.raises(Conflict):
            confirm(world, payment)


class TestRepetitions:
    @pytest.mark.parametrize("wait_ms", [0, 6_000])
    def test_the_same_request_has_the_same_effect(self, world: InProcess, wait_ms: int) -> None:
        payment = asked(world)
        confirm(world, payment, wait_ms=wait_ms)

        assert confirm(world, payment)["status"] == "succeeded"

    @pytest.mark.parametrize("wait_ms", [0, 6_000])
    def test_with_another_body_it_is_refused(self, world: InProcess, wait_ms: int) -> None:
        payment = asked(world)
        confirm(world, payment, wait_ms=wait_ms)

        with pytest.raises(IdempotencyKeyReused):
            confirm(world, payment, REJECT)

    @pytest.mark.parametrize("decision", [APPROVE, REJECT])
    @pytest.mark.parametrize("wait_ms", [0, 6_000])
    def test_another_request_finds_it_decided(
        self, world: InProcess, decision: CustomerDecision, wait_ms: int
    ) -> None:
        payment = asked(world)
        confirm(world, payment, wait_ms=wait_ms)

        with pytest.raises(Conflict):
            confirm(world, payment, decision, mark="second")

    def test_marks_differ_by_merchant_path_and_key(self) -> None:
        marks = {
            confirmation_mark(*parts)
            for parts in [("m", "p", "k"), ("n", "p", "k"), ("m", "q", "k"), ("m", "p", "l")]
        }

        assert len(marks) == 4


class TestPage:
    @pytest.fixture
    def page(self, world: InProcess) -> ShowApproval:
        merchants = InMemoryMerchants()
        merchants.create(MERCHANT, ())
        return ShowApproval(world.payments, merchants, world.desks, world.clock, lambda: KEY)

    def test_whoever_has_the_link_may_look_and_decide_once(
        self, world: InProcess, page: ShowApproval
    ) -> None:
        payment = asked(world)
        token = approval_token(KEY, payment.id)

        seen = page.look(payment.id, token)
        first = page.decide(payment.id, token, REJECT)
        again = page.decide(payment.id, token, REJECT)
        other = page.decide(payment.id, token, APPROVE)

        assert (seen.merchant_name, seen.approval.decision, seen.verdict) == ("Shop", None, None)
        assert [one.verdict for one in (first, again, other)] == [
            Verdict.TAKEN,
            Verdict.REPEATED,
            Verdict.DECIDED,
        ]
        assert world.hear() == ["inquired", "nothing_new"]

    @pytest.mark.parametrize("token", ["", "x", "é"])
    def test_nobody_else_may(self, world: InProcess, page: ShowApproval, token: str) -> None:
        payment = asked(world)

        with pytest.raises(NotFound):
            page.look(payment.id, token)
        with pytest.raises(NotFound):
            page.decide(payment.id, token, APPROVE)

        assert page.look(payment.id, approval_token(KEY, payment.id)).approval.decision is None

    def test_a_link_is_good_for_its_own_payment_only(
        self, world: InProcess, page: ShowApproval
    ) -> None:
        one, other = asked(world), asked(world)

        with pytest.raises(NotFound):
            page.look(one.id, approval_token(KEY, other.id))

    def test_a_canceled_payment_is_closed_and_takes_no_decision(
        self, world: InProcess, page: ShowApproval
    ) -> None:
        payment = asked(world)
        token = approval_token(KEY, payment.id)
        world.ask(payment, InstructionKind.VOID, key="k")
        world.run_quietly()

        view = page.decide(payment.id, token, APPROVE)

        assert view.is_closed
        assert (view.verdict, view.approval.decision) == (None, None)

    def test_a_payment_that_asked_nobody_has_no_page(
        self, world: InProcess, page: ShowApproval
    ) -> None:
        payment = world.pay(APPROVED_CARD)
        world.run_quietly()

        with pytest.raises(NotFound):
            page.look(payment.id, approval_token(KEY, payment.id))

    def test_a_link_begins_where_customers_are_let_in(self) -> None:
        url = approval_url("https://pay.example/", KEY, "pay_1")

        assert url == f"https://pay.example/approve/pay_1?t={approval_token(KEY, 'pay_1')}"
        assert len(approval_token(KEY, "pay_1")) == 43


class RealProvider:
    """An adapter that has no sandbox; nothing of it is called."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)
