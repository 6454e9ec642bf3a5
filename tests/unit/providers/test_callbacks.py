"""When a simulated acquirer calls back, how often, and what a customer's decision does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.approval import CustomerDecision, Verdict
from payflow.domain.errors import Unavailable, VersionConflict
from payflow.domain.outcomes import Outcome
from payflow.domain.provider import CallbackTerms, Faults, ProviderConfig
from payflow.domain.provider_callback import CallbackType
from payflow.providers.simulated.acquirer import SimulatedAcquirer
from payflow.providers.simulated.callbacks import AGAIN_AFTER_MS, OVERTAKEN_AFTER_MS
from payflow.providers.simulated.entry import Kind
from payflow.providers.simulated.requests import AuthorizationRequest, OperationRequest
from payflow.providers.simulated.store import Document
from payflow.providers.wire import Answer
from simulation.ports.book import InMemoryBookStore
from tests.support.builders import NOON, a_provider
from tests.support.fakes import FakeClock, RecordingCallbacks, a_page

CHALLENGE, APPROVED, BEFORE, UNTIDY, RETURNED = (
    "4000000000003220",
    "4242424242424242",
    "4000000000000036",
    "4000000000000044",
    "4000000000005126",
)
APPROVE, REJECT = CustomerDecision.APPROVE, CustomerDecision.REJECT
TIMEOUT_MS = 300_000


@dataclass
class World:
    """One acquirer with its book, and what it has sent."""

    config: ProviderConfig = field(
        default_factory=lambda: a_provider("mockCardA", approval_timeout_ms=TIMEOUT_MS)
    )
    store: InMemoryBookStore = field(default_factory=InMemoryBookStore)
    clock: FakeClock = field(default_factory=FakeClock)
    callbacks: RecordingCallbacks = field(default_factory=RecordingCallbacks)
    seed: int = 1

    def __post_init__(self) -> None:
        self.acquirer = SimulatedAcquirer(
            self.config,
            Faults(),
            book=self.store,
            callbacks=self.callbacks,
            approval_url=a_page,
            clock=self.clock,
            randomness=Random(self.seed),
        )

    def pay(self, number: str, *, key: str = "pk_1") -> Answer:
        delivery = self.acquirer.authorize(replace(_a_request(number), key=key))
        assert isinstance(delivery.answer, Answer)
        return delivery.answer

    def refund(self, key: str = "pk_2") -> None:
        self.acquirer.operate(
            OperationRequest(
                kind=Kind.REFUND,
                key=key,
                original="pk_1",
                order_id="pay_1",
                amount_minor=1_000,
                currency="INR",
            )
        )

    def ask(self, key: str = "pk_1") -> Answer:
        answer = self.acquirer.inquire(key).answer
        assert isinstance(answer, Answer)
        return answer

    def later(self, duration_ms: int) -> None:
        self.clock.time += timedelta(milliseconds=duration_ms)

    @property
    def told(self) -> list[tuple[Outcome | None, int]]:
        """What was claimed, and after how many milliseconds."""
        return [(callback.outcome, delay_ms) for callback, delay_ms in self.callbacks.sent]


def test_an_approval_at_once_needs_no_callback() -> None:
    world = World()

    world.pay(APPROVED)

    assert world.told == []


def test_a_challenge_is_told_about_when_nobody_has_answered_it() -> None:
    world = World()

    answer = world.pay(CHALLENGE)

    assert (answer.status, answer.action_url) == ("PENDING", a_page("pay_1"))
    assert world.told == [(Outcome.DECLINED, TIMEOUT_MS)]
    callback, _ = world.callbacks.sent[0]
    assert (callback.type, callback.payment_id, callback.key) == (
        CallbackType.PAYMENT_UPDATED,
        "pay_1",
        "pk_1",
    )
    assert callback.occurred_at == NOON + timedelta(milliseconds=TIMEOUT_MS)


def test_a_refund_that_comes_back_is_told_about_when_it_has() -> None:
    world = World()
    world.pay(RETURNED)
    world.later(1_000)

    world.refund()

    ((callback, delay_ms),) = world.callbacks.sent
    assert (callback.type, callback.key) == (CallbackType.REFUND_UPDATED, "pk_2")
    assert (callback.outcome, delay_ms) == (Outcome.DECLINED, 3_000)


def test_news_may_leave_before_the_answer_and_is_true_by_then() -> None:
    world = World()

    delivery_ms = world.acquirer.authorize(_a_request(BEFORE)).after_ms

    assert world.told == [(Outcome.APPROVED, 0)]
    assert delivery_ms is not None
    assert 0 < delivery_ms <= world.config.timeout_ms
    assert world.ask().status == "APPROVED"


def test_an_untidy_provider_tells_twice_and_then_what_was_true_before() -> None:
    world = World()

    world.pay(UNTIDY)

    assert world.told == [
        (Outcome.APPROVED, 0),
        (Outcome.APPROVED, AGAIN_AFTER_MS),
        (Outcome.PENDING, OVERTAKEN_AFTER_MS),
    ]
    first, again, overtaken = (callback for callback, _ in world.callbacks.sent)
    assert first == again
    assert overtaken.id != first.id
    assert overtaken.occurred_at < first.occurred_at


@given(st.integers(), st.integers(0, 10_000), st.booleans(), st.booleans())
def test_a_provider_is_as_late_and_as_untidy_as_it_is_configured(
    seed: int, delay_ms: int, duplicates: bool, reorders: bool
) -> None:
    terms = CallbackTerms(delay_ms, float(duplicates), float(reorders))
    world = World(a_provider("A", approval_timeout_ms=TIMEOUT_MS, callback=terms), seed=seed)

    world.pay(CHALLENGE)

    first_ms = TIMEOUT_MS + delay_ms
    expected = [(Outcome.DECLINED, first_ms)]
    expected += [(Outcome.DECLINED, first_ms + AGAIN_AFTER_MS)] * duplicates
    expected += [(Outcome.PENDING, first_ms + OVERTAKEN_AFTER_MS)] * reorders
    assert world.told == expected


def test_a_call_that_is_repeated_is_told_about_again_with_the_same_id() -> None:
    world = World()
    world.pay(CHALLENGE)
    world.later(60_000)

    world.pay(CHALLENGE)

    (first, _), (again, delay_ms) = world.callbacks.sent
    assert (first, delay_ms) == (again, TIMEOUT_MS - 60_000)


def test_what_cannot_be_told_is_not_answered_but_it_is_booked() -> None:
    world = World()
    world.callbacks.available = False

    with pytest.raises(Unavailable):
        world.pay(CHALLENGE)

    assert world.ask().status == "PENDING"


class TestDecisions:
    def test_an_approval_is_booked_told_and_said_when_asked(self) -> None:
        world = World()
        world.pay(CHALLENGE)
        world.later(5_000)

        verdict = world.acquirer.decide("pk_1", APPROVE, "shop")

        assert verdict is Verdict.TAKEN
        assert world.told[1:] == [(Outcome.APPROVED, 0)]
        answer = world.ask()
        assert (answer.status, answer.code, answer.action_url) == ("APPROVED", "00", None)

    def test_a_rejection_has_a_code_of_its_own(self) -> None:
        world = World()
        world.pay(CHALLENGE)

        world.acquirer.decide("pk_1", REJECT, "shop")

        assert world.told[1:] == [(Outcome.DECLINED, 0)]
        assert (world.ask().status, world.ask().code) == ("DECLINED", "3DSC01")

    @pytest.mark.parametrize("second", [APPROVE, REJECT])
    def test_the_first_decision_counts(self, second: CustomerDecision) -> None:
        world = World()
        world.pay(CHALLENGE)
        world.acquirer.decide("pk_1", APPROVE, "shop")

        verdict = world.acquirer.decide("pk_1", second, "somebody else")

        assert verdict is Verdict.DECIDED
        assert world.ask().status == "APPROVED"

    def test_a_repetition_by_the_same_hand_has_the_same_effect(self) -> None:
        world = World()
        world.pay(CHALLENGE)
        world.acquirer.decide("pk_1", REJECT, "shop")

        verdict = world.acquirer.decide("pk_1", REJECT, "shop")

        assert verdict is Verdict.REPEATED
        (_, (first, _), (again, _)) = world.callbacks.sent
        assert first == again

    @pytest.mark.parametrize(("after_ms", "verdict"), [(-1, "taken"), (0, "expired")])
    def test_a_decision_counts_until_the_time_is_over(self, after_ms: int, verdict: str) -> None:
        world = World()
        world.pay(CHALLENGE)
        world.later(TIMEOUT_MS + after_ms)

        assert world.acquirer.decide("pk_1", APPROVE, "shop") == verdict

    @pytest.mark.parametrize("number", [APPROVED, None])
    def test_nobody_can_answer_what_was_not_asked(self, number: str | None) -> None:
        world = World()
        if number is not None:
            world.pay(number)

        assert world.acquirer.decide("pk_1", APPROVE, "shop") is Verdict.NOT_ASKED
        assert world.acquirer.approval("pk_1") is None

    def test_of_two_decisions_at_once_one_counts(self) -> None:
        world = World(store=RacedStore())
        world.pay(CHALLENGE)

        verdict = world.acquirer.decide("pk_1", APPROVE, "slow")

        assert verdict is Verdict.DECIDED
        assert world.ask().status == "DECLINED"

    def test_an_approved_challenge_can_be_refunded(self) -> None:
        world = World()
        world.pay(CHALLENGE)
        world.acquirer.decide("pk_1", APPROVE, "shop")

        world.refund()

        assert world.ask("pk_2").status in ("PENDING", "APPROVED")
        approval = world.acquirer.approval("pk_1")
        assert approval is not None
        assert (approval.decision, approval.mark) == (APPROVE, "shop")


class RacedStore(InMemoryBookStore):
    """Somebody rejects between the reading and the writing of the first decision."""

    def change(self, item_id: str, *, revision: int, fields: Document) -> None:
        if fields["mark"] == "slow" and not self.items[item_id].get("revision"):
            declined = {"standing": "declined", "decision": "reject", "mark": "quick"}
            super().change(item_id, revision=revision, fields={**fields, **declined})
            raise VersionConflict(item_id)
        super().change(item_id, revision=revision, fields=fields)


def _a_request(number: str) -> AuthorizationRequest:
    return AuthorizationRequest(
        key="pk_1",
        order_id="pay_1",
        instrument=number,
        masked_instrument="400000******0000",
        amount_minor=1_000,
        currency="INR",
        capture=True,
    )
