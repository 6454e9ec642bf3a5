"""The simulated provider's side of a dispute: opened, answered, decided once."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from payflow.domain.dispute import Evidence
from payflow.domain.errors import Conflict
from payflow.domain.provider import Faults
from payflow.domain.provider_callback import ProviderCallback
from payflow.providers.simulated.acquirer import SimulatedAcquirer
from payflow.providers.simulated.disputes import (
    DECIDED_AFTER_MS,
    EVIDENCE_PERIOD_MS,
    OPENED_AFTER_MS,
    SimulatedDisputeDesk,
    still_true,
)
from payflow.providers.simulated.entry import Kind
from payflow.providers.simulated.requests import AuthorizationRequest, OperationRequest
from simulation.ports.book import InMemoryBookStore
from tests.support.builders import NOON, a_provider, later
from tests.support.disputes import LOST, OPENED, WON
from tests.support.fakes import FakeClock, RecordingCallbacks, a_page

DISPUTED_CARD = "4000000000000259"


class Bank:
    """One acquirer with what it sends, and its desk."""

    def __init__(self) -> None:
        self.book, self.sender, self.clock = InMemoryBookStore(), RecordingCallbacks(), FakeClock()
        self.acquirer = SimulatedAcquirer(
            a_provider("A"),
            Faults(),
            book=self.book,
            callbacks=self.sender,
            approval_url=a_page,
            clock=self.clock,
            randomness=Random(1),
        )
        self.desk = SimulatedDisputeDesk(self.book, self.sender, self.clock)

    def authorize(self, number: str = DISPUTED_CARD, *, capture: bool = True) -> None:
        self.acquirer.authorize(an_authorization(instrument=number, capture=capture))

    def capture(self, minor: int, key: str = "pk_2") -> None:
        self.acquirer.operate(
            OperationRequest(
                kind=Kind.CAPTURE, key=key, original="pk_1", order_id="pay_1",
                amount_minor=minor, currency="INR",
            )
        )  # fmt: skip

    def answer(self, text: str) -> None:
        notice = self.sender.sent[0][0].dispute
        assert notice is not None
        self.desk.submit("A", notice.reference, "pay_1", Evidence(text, self.clock.now()))

    @property
    def deadline(self) -> ProviderCallback:
        return self.sender.sent[1][0]


def an_authorization(**changes: Any) -> AuthorizationRequest:
    request = AuthorizationRequest(
        key="pk_1",
        order_id="pay_1",
        instrument=DISPUTED_CARD,
        masked_instrument="400000******0259",
        amount_minor=125_000,
        currency="INR",
        capture=True,
    )
    return replace(request, **changes)


def test_the_charge_of_the_disputed_card_is_disputed_a_moment_later() -> None:
    bank = Bank()

    bank.authorize()

    (opening, after_ms), (deadline, until_ms) = bank.sender.sent
    assert (opening.type, after_ms) == (OPENED, OPENED_AFTER_MS)
    assert (deadline.type, until_ms) == (LOST, OPENED_AFTER_MS + EVIDENCE_PERIOD_MS)
    assert (opening.payment_id, opening.key, opening.provider) == ("pay_1", "pk_1", "A")
    assert opening.dispute is not None
    assert opening.dispute == deadline.dispute
    assert (opening.dispute.amount_minor, opening.dispute.currency) == (125_000, "INR")
    assert opening.dispute.evidence_due_at == deadline.occurred_at


def test_any_other_card_is_not_disputed() -> None:
    bank = Bank()

    bank.authorize("4242424242424242")

    assert bank.sender.sent == []


def test_captured_by_hand_it_is_the_first_capture_that_is_disputed() -> None:
    bank = Bank()
    bank.authorize(capture=False)
    assert bank.sender.sent == []
    bank.clock.sleep_ms(1_000)

    bank.capture(50_000)
    bank.capture(25_000, "pk_3")

    opening, _ = bank.sender.sent
    assert opening[0].dispute is not None
    assert (opening[0].dispute.amount_minor, opening[0].key) == (50_000, "pk_1")


def test_a_repeated_charge_tells_of_the_same_dispute_again() -> None:
    bank = Bank()

    bank.authorize()
    bank.clock.sleep_ms(500)
    bank.authorize()

    ids = [callback.id for callback, _ in bank.sender.sent]
    references = {c.dispute.reference for c, _ in bank.sender.sent if c.dispute}
    assert ids[:2] == ids[2:]
    assert len(references) == 1


@pytest.mark.parametrize(
    ("text", "verdict"), [("Delivered.", WON), ("This is losing_evidence, sorry.", LOST)]
)
def test_evidence_decides_and_the_planned_loss_is_not_sent(text: str, verdict: Any) -> None:
    bank = Bank()
    bank.authorize()

    bank.answer(text)

    decision, after_ms = bank.sender.sent[-1]
    assert (decision.type, after_ms) == (verdict, DECIDED_AFTER_MS)
    assert still_true(decision, bank.book)
    assert still_true(bank.deadline, bank.book) is (verdict is LOST)


def test_the_first_evidence_stands() -> None:
    bank = Bank()
    bank.authorize()

    bank.answer("Delivered.")
    bank.answer("losing_evidence")

    assert [callback.type for callback, _ in bank.sender.sent[2:]] == [WON, WON]


def test_without_evidence_the_deadline_loses_and_nothing_is_heard_any_more() -> None:
    bank = Bank()
    bank.authorize()

    assert still_true(bank.deadline, bank.book)
    with pytest.raises(Conflict) as error:
        bank.answer("Delivered.")

    assert error.value.code == "evidence_too_late"
    assert len(bank.sender.sent) == 2


def test_evidence_after_the_deadline_is_refused_even_if_nobody_has_said_so_yet() -> None:
    bank = Bank()
    bank.authorize()
    bank.clock.time = later((OPENED_AFTER_MS + EVIDENCE_PERIOD_MS) / 1_000)

    with pytest.raises(Conflict):
        bank.answer("Delivered.")


def test_an_unknown_dispute_takes_no_evidence() -> None:
    with pytest.raises(Conflict):
        Bank().desk.submit("A", "dp_none", "pay_1", Evidence("Delivered.", NOON))


def test_an_opening_is_always_true() -> None:
    bank = Bank()
    bank.authorize()

    assert still_true(bank.sender.sent[0][0], bank.book)
