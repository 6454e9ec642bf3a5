"""The wake-up queue, the index behind the sweeper, and the functions on both."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from payflow import wiring
from payflow.aws import settings
from payflow.aws.clients import client
from payflow.aws.payment_item import payment_to_item
from payflow.domain.errors import Unavailable
from payflow.domain.ids import derived_id
from payflow.domain.outcomes import Outcome
from payflow.domain.payment import Claim, Payment, Status
from payflow.domain.review import Review, ReviewReason
from payflow.services.wake_payment import WATCHED_FOR, WakePayment
from tests.support.builders import a_payment, a_result, tried

pytestmark = pytest.mark.usefixtures("fresh_wiring")


@pytest.fixture(autouse=True)
def provider_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ("card", "upi", "wallet")
    names = json.dumps({kind: f"call_{kind}_provider" for kind in kinds})
    monkeypatch.setenv("PROVIDER_FUNCTIONS", names)


def now() -> datetime:
    return wiring.clock().now()


def stored(number: int, **fields: Any) -> Payment:
    payment = replace(
        a_payment(id=derived_id("pay", str(number)), claim=Claim("0" * 64)),
        created_at=now(),
        updated_at=now(),
        **fields,
    )
    wiring.payments().create(payment)
    return payment


def waiting(number: int, **ago: float) -> Payment:
    """A payment whose pending answer was to be asked about so long ago."""
    pending = tried(a_payment(), "mockCardB", a_result(Outcome.PENDING))
    return stored(
        number,
        status=Status.PROCESSING,
        attempts=pending.attempts,
        due_at=now() - timedelta(**ago),
    )


def messages() -> list[str]:
    """The payments named by the messages that can be received now."""
    answer = client("sqs").receive_message(
        QueueUrl=settings.wake_up_queue_url(), MaxNumberOfMessages=10
    )
    return [json.loads(one["Body"])["payment_id"] for one in answer.get("Messages", [])]


def delayed() -> int:
    """How many messages are held back."""
    attributes = client("sqs").get_queue_attributes(
        QueueUrl=settings.wake_up_queue_url(),
        AttributeNames=["ApproximateNumberOfMessagesDelayed"],
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessagesDelayed"])


def called(function: str, event: dict[str, Any]) -> Any:
    return importlib.import_module(f"functions.{function}").handler(event, None)


def record(payment_id: str) -> dict[str, str]:
    return {"messageId": f"m-{payment_id}", "body": json.dumps({"payment_id": payment_id})}


class TestQueue:
    def test_what_is_due_comes_at_once_and_what_is_not_is_held_back(self) -> None:
        soon, far = now() + timedelta(seconds=40), now() + timedelta(days=2)

        wiring.wake_ups().wake([("pay_1", now()), ("pay_2", soon), ("pay_3", far)])

        assert messages() == ["pay_1"]
        assert delayed() == 2

    def test_more_than_a_batch_is_sent_whole(self) -> None:
        wiring.wake_ups().wake([(f"pay_{n}", now() + timedelta(minutes=1)) for n in range(25)])

        assert delayed() == 25


class TestIndex:
    def test_the_due_are_found_oldest_first_and_no_others(self) -> None:
        late, later_one = waiting(1, minutes=9), waiting(2, minutes=3)
        waiting(3, minutes=-5)
        stored(4)

        assert wiring.payments().due(now(), 10) == [late.id, later_one.id]
        assert wiring.payments().due(now(), 1) == [late.id]

    def test_a_payment_leaves_the_index_when_nobody_waits_any_more(self) -> None:
        payment = waiting(1, minutes=9)

        wiring.payments().save(replace(payment, due_at=None, version=2))

        assert wiring.payments().due(now(), 10) == []

    def test_what_needs_a_person_is_listed_until_that_person_has_decided(self) -> None:
        review = Review(reason=ReviewReason.OUTCOME_UNKNOWN, opened_at=now())
        flagged = stored(1, reviews=(review,))

        assert [one.id for one in wiring.payments().in_review(10)] == [flagged.id]
        done = replace(review, resolved_at=now(), resolved_by="key_1", resolution="declined")
        wiring.payments().save(replace(flagged, reviews=(done,), version=2))
        assert wiring.payments().in_review(10) == []


class TestFunctions:
    def test_the_stream_has_started_executions_looked_after(self) -> None:
        born = replace(a_payment(), created_at=now(), updated_at=now())
        begun = replace(born, attempts=tried(born, "A", a_result(Outcome.APPROVED)).attempts)
        in_the_air = replace(begun, attempts=(replace(begun.attempts[0], outcome=None),))
        image = {"SequenceNumber": "1", "NewImage": payment_to_item(in_the_air)}

        called("follow_payments", {"Records": [{"dynamodb": image}]})

        assert delayed() == 1
        assert timedelta(seconds=60) < WATCHED_FOR < timedelta(seconds=90)

    def test_a_wake_up_takes_the_next_step_of_what_is_due(self) -> None:
        payment = waiting(1, minutes=1)

        answer = called("wake_payments", {"Records": [record(payment.id), record("pay_none")]})

        assert answer == {"batchItemFailures": []}
        after = wiring.payments().get(payment.id)
        assert after is not None
        assert after.open_attempt is not None
        assert after.due_at is None

    def test_only_the_wake_up_that_failed_comes_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = WakePayment.__call__

        def failing(self: WakePayment, payment_id: str) -> Any:
            if payment_id == "pay_bad":
                raise Unavailable("temporarily_unavailable", "not now")
            return real(self, payment_id)

        monkeypatch.setattr(WakePayment, "__call__", failing)

        answer = called("wake_payments", {"Records": [record("pay_bad"), record("pay_none")]})

        assert answer == {"batchItemFailures": [{"itemIdentifier": "m-pay_bad"}]}

    def test_the_sweep_wakes_what_is_due(self) -> None:
        payment = waiting(1, hours=1)

        assert called("sweep_payments", {}) == {"due": 1}
        assert messages() == [payment.id]
