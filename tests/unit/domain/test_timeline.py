"""A payment's story."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from payflow.domain.booking import capture_transaction
from payflow.domain.instruction import InstructionKind
from payflow.domain.outcomes import Category, Operation, Outcome
from payflow.domain.payment import (
    CaptureMethod,
    Failure,
    Payment,
    Status,
    answered,
    moved,
    new_attempt,
    opened,
)
from payflow.domain.plan import carry_out, plan_next_step
from payflow.domain.provider import Market
from payflow.domain.routing.model import Candidate, Exclusion, RoutingDecision
from payflow.domain.timeline import timeline, timeline_document
from tests.support.builders import NOON, a_payment, a_provider, a_result, a_vpa, later
from tests.support.in_process import InProcess

DECISION = RoutingDecision(
    "success_rate",
    (Candidate("mockCardA", 0.97, ("best",)), Candidate("mockCardB", 0.9, ())),
    (Exclusion("mockCardC", "currency"),),
)


def a_failed_over_payment() -> Payment:
    """Declined by A at once, approved by B three seconds later, captured."""
    payment = a_payment()
    first = new_attempt(payment, Operation.AUTHORIZE, "mockCardA", now=NOON, decision=DECISION)
    declined = a_result(Outcome.DECLINED, Category.ISSUER, code="issuer_unavailable")
    payment = moved(answered(opened(payment, first), declined), Status.PROCESSING, later(0.2))
    second = new_attempt(
        payment, Operation.AUTHORIZE, "mockCardB", now=later(0.2), not_before=later(3),
        decision=DECISION,
    )  # fmt: skip
    payment = answered(opened(payment, second), a_result(Outcome.APPROVED))
    payment = moved(payment, Status.SUCCEEDED, later(4))
    posting = capture_transaction(
        payment_id=payment.id,
        merchant_id=payment.merchant_id,
        provider="mockCardB",
        amount=payment.amount,
        provider_fee_minor=2500,
        platform_fee_minor=1250,
        sequence=1,
        posted_at=later(4),
    )
    return replace(payment, postings=(posting,))


def test_it_tells_everything_in_order() -> None:
    story = timeline(a_failed_over_payment())

    assert [one.type for one in story] == [
        "payment.created",
        "routing.decided",
        "attempt.started",
        "attempt.finished",
        "routing.decided",
        "payment.processing",
        "attempt.started",
        "attempt.finished",
        "payment.succeeded",
        "ledger.posted",
    ]
    assert [one.at for one in story] == sorted(one.at for one in story)


def test_a_decision_gives_its_reasons_and_who_was_left_out() -> None:
    decided = next(
        one for one in timeline(a_failed_over_payment()) if one.type == "routing.decided"
    )

    assert decided.data["provider"] == "mockCardA"
    assert decided.data["candidates"][0] == {
        "provider": "mockCardA",
        "score": 0.97,
        "reasons": ["best"],
    }
    assert decided.data["excluded"] == [{"provider": "mockCardC", "reason": "currency"}]
    assert decided.summary == "mockCardA chosen by success_rate, 1 in reserve, 1 excluded"


def test_an_attempt_tells_how_it_ended() -> None:
    finished = [one for one in timeline(a_failed_over_payment()) if one.type == "attempt.finished"]

    assert [one.data["outcome"] for one in finished] == ["declined", "approved"]
    assert finished[0].data["code"] == "issuer_unavailable"
    assert "answered declined (issuer_unavailable) after 100 ms" in finished[0].summary


def test_ledger_entries_balance() -> None:
    posted = timeline(a_failed_over_payment())[-1].data["entries"]
    sums = {
        side: sum(one["amount"] for one in posted if one["direction"] == side)
        for side in ("debit", "credit")
    }

    assert sums == {"debit": 125_000, "credit": 125_000}


def test_of_a_pending_payment_the_decision_is_known_and_no_call() -> None:
    payment = a_payment()
    attempt = new_attempt(payment, Operation.AUTHORIZE, "mockCardA", now=NOON, decision=DECISION)

    story = timeline(opened(payment, attempt))

    assert [one.type for one in story] == ["payment.created", "routing.decided"]


def test_a_failure_says_why() -> None:
    failure = Failure("do_not_honor", Category.CUSTOMER, "The bank declined the payment.", "05")
    failed = replace(moved(a_payment(), Status.FAILED, NOON), failure=failure)

    assert timeline(failed)[-1].summary == "Payment is failed: The bank declined the payment."


def test_the_document_is_one_flat_list() -> None:
    document = timeline_document(a_payment(method=a_vpa("asha@okbank")))

    assert document == {
        "data": [
            {
                "at": "2026-11-23T12:00:00.000Z",
                "type": "payment.created",
                "summary": "INR 1250.00 by UPI collect from asha@okbank",
                "status": "pending",
                "risk": {"decision": "allow", "score": 0, "reasons": []},
            }
        ]
    }


def test_captures_and_refunds_are_told_from_the_request_to_the_booking() -> None:
    world = InProcess()
    payment = world.pay(capture=CaptureMethod.MANUAL)
    world.run()
    world.later(seconds=1)
    world.ask(payment, InstructionKind.CAPTURE, 400, key="c", final=True)
    world.run()
    world.later(seconds=1)
    world.ask(payment, InstructionKind.REFUND, 100, key="r")
    world.run()

    story = timeline(world.payment(payment.id))

    told = [one for one in story if one.type.startswith(("capture", "refund", "ledger"))]
    assert [one.type for one in told] == [
        "ledger.pending",
        "capture.requested",
        "capture.succeeded",
        "ledger.released",
        "ledger.posted",
        "refund.requested",
        "refund.succeeded",
        "ledger.posted",
    ]
    assert told[0].summary == "INR 10.00 held as authorize"
    assert told[1].summary == "Capture of INR 4.00 requested, the rest to be released"
    assert told[3].summary == "INR 10.00 no longer held as release"
    assert told[6].summary == "Refund of INR 1.00 succeeded"
    assert told[5].data["amount"] == 100


def test_a_failed_refund_says_why() -> None:
    world = InProcess()
    payment = world.pay("4000000000005126")
    world.run()
    world.ask(payment, InstructionKind.REFUND, key="r")
    world.run_and_wait(payment, minutes=1)

    (failed,) = [one for one in timeline(world.payment(payment.id)) if one.type == "refund.failed"]

    assert failed.data["failure"]["category"]
    assert "nothing was given back" in failed.summary


def test_a_cancellation_is_told() -> None:
    world = InProcess()
    payment = world.pay(capture=CaptureMethod.MANUAL)
    world.run()
    world.ask(payment, InstructionKind.VOID, key="v")
    world.run()

    types = [one.type for one in timeline(world.payment(payment.id))]

    assert types[-3:] == ["cancellation.succeeded", "payment.canceled", "ledger.released"]


def test_a_payment_that_nobody_can_take_says_who_was_left_out_and_why() -> None:
    decided = plan_next_step(
        a_payment(currency="JPY", amount_minor=5),
        Market((a_provider("A", currencies=frozenset({"INR"})),)),
        now=NOON,
        randomness=Random(1),
    )

    story = timeline(carry_out(a_payment(currency="JPY", amount_minor=5), decided, NOON))

    assert [happening.type for happening in story] == [
        "payment.created",
        "routing.decided",
        "payment.failed",
    ]
    assert story[1].data["excluded"] == [{"provider": "A", "reason": "currency_not_supported"}]
