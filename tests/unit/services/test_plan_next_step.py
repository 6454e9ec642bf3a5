"""The planning step: one write per answer, duplicates harmless, the CVC gone afterwards."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from payflow.domain.answer import revised
from payflow.domain.errors import NotFound, Unavailable, VersionConflict
from payflow.domain.method import CardData, MethodType
from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.payment import Payment, Status, new_attempt, opened
from payflow.domain.plan import carry_out
from payflow.domain.plan_authorization import Authorize
from payflow.domain.provider_call import result_to_document
from payflow.services.card_tokens import token_for
from payflow.services.plan_next_step import PlanNextStep
from simulation.ports.vault import InMemoryVault
from tests.support.builders import NOON, a_card, a_market, a_payment, a_result
from tests.support.fakes import FakeClock, FixedMarket
from tests.support.ports import CountedPayments

FUNCTIONS = {MethodType.CARD: "card-fn"}


class World:
    def __init__(self) -> None:
        template = a_payment()
        token = token_for(template.id, template.claim.request_hash)
        payment = carry_out(a_payment(method=a_card(token=token)), Authorize("A"), NOON)
        self.payments = CountedPayments([payment])
        self.vault = InMemoryVault(FakeClock())
        self.vault.store(
            token, payment.merchant_id, CardData("5105105105105100", 12, 2030, "123"), keep=False
        )
        self.clock = FakeClock()
        self.plan = PlanNextStep(
            self.payments,
            self.vault,
            FixedMarket(a_market("A", "B")),
            self.clock,
            Random(1),
            FUNCTIONS,
        )

    @property
    def payment(self) -> Payment:
        (payment,) = self.payments.items.values()
        return payment

    def answer(self, result: ProviderResult, attempt_number: int = 1) -> dict[str, object]:
        return self.plan(self.payment.id, result_to_document(attempt_number, result)).step


@pytest.fixture
def world() -> World:
    return World()


def test_an_approval_finishes_the_payment_in_one_write(world: World) -> None:
    step = world.answer(a_result(Outcome.APPROVED))

    assert step == {"action": "Finished", "status": "succeeded"}
    assert world.payments.writes == 1
    assert world.payment.version == 2


def test_a_failover_records_the_outcome_and_opens_the_next_attempt_in_one_write(
    world: World,
) -> None:
    step = world.answer(a_result(Outcome.DECLINED, Category.ISSUER, code="issuer_unavailable"))

    assert step["action"] == "Authorize"
    assert world.payments.writes == 1
    assert [a.provider for a in world.payment.attempts] == ["A", "B"]
    assert world.payment.status is Status.PROCESSING


def test_a_duplicated_answer_changes_nothing_and_repeats_the_same_step(world: World) -> None:
    declined = a_result(Outcome.DECLINED, Category.ISSUER, code="issuer_unavailable")
    first = world.answer(declined)

    again = world.answer(declined)

    assert again == first
    assert world.payments.writes == 1


def test_a_back_off_is_a_wait_and_then_the_same_attempt(world: World) -> None:
    technical = a_result(Outcome.ERROR, Category.PROVIDER_TECHNICAL, code="processing_error")

    waiting = world.answer(technical)
    world.clock.sleep_ms(1000)
    resumed = world.plan(world.payment.id, None).step

    assert waiting["action"] == "BackOff"
    assert resumed["action"] == "Authorize"
    assert world.payments.writes == 1


def test_repeated_attempts_have_new_keys_and_inquiries_the_key_they_ask_about(
    world: World,
) -> None:
    first = world.plan(world.payment.id, None).step["call"]
    world.answer(a_result(Outcome.UNKNOWN, Category.UNKNOWN, code="timeout"))
    world.clock.sleep_ms(10_000)
    inquiry = world.plan(world.payment.id, None).step["call"]

    assert inquiry["operation"] == "inquire"
    assert inquiry["key"] == first["key"]
    assert inquiry["attempt_number"] == 2


def test_the_cvc_is_gone_once_the_authorisation_has_answered(world: World) -> None:
    world.answer(a_result(Outcome.APPROVED))

    assert world.vault.cvcs == set()


def test_an_approval_of_another_amount_is_not_an_approval(world: World) -> None:
    step = world.answer(a_result(Outcome.APPROVED, amount_minor=1, currency="INR"))

    assert step["action"] == "BackOff"
    assert world.payment.attempts[0].outcome is Outcome.UNKNOWN
    assert world.payment.attempts[0].code == "answer_mismatch"
    assert world.payment.amount_captured == 0


def test_an_approval_under_another_reference_than_before_is_not_an_approval(world: World) -> None:
    pending = replace(a_result(Outcome.PENDING), provider_reference="ref-1")
    world.answer(pending)
    waiting = world.payment
    inquiry = new_attempt(waiting, Operation.INQUIRE, "A", now=NOON)
    world.payments.items[waiting.id] = opened(waiting, inquiry)
    approved = a_result(Outcome.APPROVED)

    world.answer(replace(approved, provider_reference="ref-2"), attempt_number=2)

    assert world.payment.attempts[1].code == "answer_mismatch"
    assert world.payment.amount_captured == 0


def test_an_approval_that_comes_after_the_payment_went_on_is_reported(world: World) -> None:
    approved = result_to_document(1, a_result(Outcome.APPROVED))
    in_time = world.plan(world.payment.id, approved | {"outcome": "unknown"})
    world.answer(a_result(Outcome.DECLINED, Category.ISSUER), attempt_number=2)

    late = world.plan(world.payment.id, approved)

    assert in_time.late_approval is None
    assert late.late_approval == 1
    assert [a.provider for a in world.payment.attempts] == ["A", "A", "B"]


def test_a_repeated_approval_is_not_late(world: World) -> None:
    approved = result_to_document(1, a_result(Outcome.APPROVED))
    world.plan(world.payment.id, approved)

    assert world.plan(world.payment.id, approved).late_approval is None


def test_a_writer_that_lost_the_race_decides_anew(world: World) -> None:
    save = world.payments.save
    interrupted: list[bool] = []

    def save_after_another(payment: Payment) -> None:
        if not interrupted:
            interrupted.append(True)
            save(revised(world.payment, world.payment, NOON))
        save(payment)

    world.payments.save = save_after_another  # type: ignore[method-assign]

    assert world.answer(a_result(Outcome.APPROVED))["status"] == "succeeded"
    assert world.payment.version == 3


def test_endless_contention_ends_in_a_retryable_error(world: World) -> None:
    def lose(payment: Payment) -> None:
        raise VersionConflict(payment.id)

    world.payments.save = lose  # type: ignore[method-assign]

    with pytest.raises(Unavailable):
        world.answer(a_result(Outcome.APPROVED))


def test_an_unknown_payment_is_an_error(world: World) -> None:
    with pytest.raises(NotFound):
        world.plan("pay_nobody", None)
