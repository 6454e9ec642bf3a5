"""Learning health from payments: what is observed, and how it is stored."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from payflow.domain.control import Versioned
from payflow.domain.errors import Unavailable
from payflow.domain.health import HealthEvent, Observation, market_health
from payflow.domain.outcomes import Category, Operation, Outcome
from payflow.domain.payment import new_attempt, opened
from payflow.services.update_health import (
    OBSERVED_FOR,
    WRITE_TRIES_MAX,
    UpdateHealth,
    observed,
)
from tests.support.builders import NOON, a_payment, a_result, later, tried
from tests.support.fakes import FakeClock
from tests.support.ports import RacedControl

APPROVED = a_result(Outcome.APPROVED)
FAILED = a_result(Outcome.ERROR, Category.PROVIDER_TECHNICAL, code="processing_error")
UNKNOWN = a_result(Outcome.UNKNOWN, Category.UNKNOWN)


def some_failures(count: int) -> list[Observation]:
    return [
        Observation(
            f"att_{number:026}",
            "mockCardA",
            Operation.AUTHORIZE,
            NOON,
            Outcome.ERROR,
            Category.PROVIDER_TECHNICAL,
            100,
        )
        for number in range(count)
    ]


class TestObserved:
    def test_an_answer_that_has_come_is_observed_once(self) -> None:
        born = a_payment()
        failed = tried(born, "A", FAILED)
        done = tried(failed, "B", APPROVED, at=later(1))

        first, second = list(observed(born, failed)), list(observed(failed, done))

        assert [(seen.provider, seen.outcome) for seen in first] == [("A", Outcome.ERROR)]
        assert [(seen.provider, seen.at) for seen in second] == [("B", later(1))]
        assert list(observed(done, done)) == []

    def test_a_call_in_the_air_is_nothing_yet(self) -> None:
        born = a_payment()
        called = opened(born, new_attempt(born, Operation.AUTHORIZE, "A", now=NOON))

        assert list(observed(born, called)) == []

    def test_a_call_that_was_in_the_air_is_observed_when_it_is_answered(self) -> None:
        born = a_payment()
        called = opened(born, new_attempt(born, Operation.AUTHORIZE, "A", now=NOON))
        answered = tried(born, "A", UNKNOWN)

        assert [seen.outcome for seen in observed(called, answered)] == [Outcome.UNKNOWN]

    def test_inquiries_are_observed_with_their_operation(self) -> None:
        unknown = tried(a_payment(), "A", UNKNOWN)
        asked = tried(unknown, "A", UNKNOWN, operation=Operation.INQUIRE)

        assert [seen.operation for seen in observed(unknown, asked)] == [Operation.INQUIRE]

    def test_captures_say_nothing_about_authorisations(self) -> None:
        authorized = tried(a_payment(), "A", APPROVED)
        captured = tried(authorized, "A", FAILED, operation=Operation.CAPTURE)

        assert list(observed(authorized, captured)) == []


class TestUpdateHealth:
    def test_one_batch_is_one_write_and_tells_what_changed(self) -> None:
        control = RacedControl()

        changes = UpdateHealth(control, FakeClock(), random.Random(1))(some_failures(12))

        assert control.saves == 1
        assert [change.event for change in changes] == [HealthEvent.DOWN]
        health = market_health(control.control.health.content, NOON)
        assert health["mockCardA"].calls > 9

    def test_an_empty_or_repeated_batch_writes_nothing(self) -> None:
        control = RacedControl()
        update = UpdateHealth(control, FakeClock(), random.Random(1))
        update(some_failures(3))

        assert update(some_failures(3)) == ()
        assert update([]) == ()
        assert control.saves == 1

    def test_a_past_that_is_loaded_at_once_opens_no_breaker_today(self) -> None:
        control = RacedControl()
        outage = [replace(seen, at=NOON - 2 * OBSERVED_FOR) for seen in some_failures(40)]

        changes = UpdateHealth(control, FakeClock(), random.Random(1))(outage)

        assert changes == ()
        assert control.saves == 0

    def test_a_batch_that_comes_some_minutes_late_still_counts(self) -> None:
        control = RacedControl()
        late = [replace(seen, at=NOON - OBSERVED_FOR / 4) for seen in some_failures(3)]

        UpdateHealth(control, FakeClock(), random.Random(1))(late)

        assert control.saves == 1

    def test_the_provider_s_own_time_out_says_what_is_slow(self) -> None:
        control = RacedControl()
        slow = Observation(
            "att_slow1", "mockCardA", Operation.AUTHORIZE, NOON, Outcome.APPROVED, None, 1200
        )

        UpdateHealth(control, FakeClock(), random.Random(1))([slow])

        health = market_health(control.control.health.content, NOON)["mockCardA"]
        assert health.success_rate == 0.0

    def test_a_lost_race_is_run_again_on_top_of_the_winner(self) -> None:
        control = RacedControl()
        other = RacedControl()
        UpdateHealth(other, FakeClock(), random.Random(1))(some_failures(1))

        def interfere() -> None:
            control.before_save = lambda: None
            control.save_health(other.control.health.content, 0)

        control.before_save = interfere
        UpdateHealth(control, FakeClock(), random.Random(1))(some_failures(5))

        assert control.control.health.version == 2
        health = market_health(control.control.health.content, NOON)["mockCardA"]
        assert health.calls == 5

    def test_losing_every_race_gives_up_after_a_bound(self) -> None:
        control = RacedControl()
        clock = FakeClock()
        races = []

        def interfere() -> None:
            races.append(1)
            stored = control.control.health
            newer = Versioned(stored.content, stored.version + 1)
            control.control = replace(control.control, health=newer)

        control.before_save = interfere

        with pytest.raises(Unavailable):
            UpdateHealth(control, clock, random.Random(1))(some_failures(5))

        assert control.saves == 0
        assert len(races) == WRITE_TRIES_MAX
        assert clock.now() - NOON < timedelta(seconds=1)
