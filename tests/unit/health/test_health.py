"""What calls teach about a provider: what counts, when the breaker opens, what is remembered."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.answer import compact_json
from payflow.domain.health import (
    REMEMBERED_CALLS,
    HealthBook,
    HealthChange,
    HealthEvent,
    Observation,
    learned,
    market_health,
)
from payflow.domain.health_document import health_from_document, health_to_document
from payflow.domain.ids import derived_id
from payflow.domain.outcomes import Category, Operation, Outcome
from payflow.domain.provider import BreakerState, ProviderHealth
from tests.support.builders import NOON, later


def a_call(
    number: int,
    outcome: Outcome = Outcome.APPROVED,
    category: Category | None = None,
    *,
    provider: str = "A",
    at: float | None = None,
    operation: Operation = Operation.AUTHORIZE,
    latency_ms: int = 100,
) -> Observation:
    """Call `number`, made every 20 ms unless told when (in seconds after noon)."""
    return Observation(
        attempt_id=derived_id("att", provider, str(number)),
        provider=provider,
        operation=operation,
        at=later(number * 0.02 if at is None else at),
        outcome=outcome,
        category=category,
        latency_ms=latency_ms,
    )


def failures(count: int, *, start: int = 0, every_s: float = 0.02) -> list[Observation]:
    return [
        a_call(n, Outcome.ERROR, Category.PROVIDER_TECHNICAL, at=n * every_s)
        for n in range(start, start + count)
    ]


def approvals(count: int, *, start: int = 0, every_s: float = 0.02) -> list[Observation]:
    return [a_call(n, at=n * every_s) for n in range(start, start + count)]


def learn(
    observations: Iterable[Observation], book: HealthBook | None = None, *, now: float = 60
) -> tuple[HealthBook, tuple[HealthChange, ...]]:
    return learned(
        book or HealthBook(),
        observations,
        now=later(now),
        randomness=random.Random(1),
        timeouts_ms={"A": 1000},
    )


def health_after(observations: Iterable[Observation], *, now: float = 1) -> ProviderHealth:
    book, _ = learn(observations, now=now)
    return market_health(book, later(now)).get("A", ProviderHealth())


class TestWhatCounts:
    @pytest.mark.parametrize(
        ("outcome", "category"),
        [
            (Outcome.ERROR, Category.PROVIDER_TECHNICAL),
            (Outcome.UNKNOWN, Category.UNKNOWN),
            (Outcome.UNKNOWN, None),
        ],
    )
    def test_a_failure_of_the_provider(self, outcome: Outcome, category: Category | None) -> None:
        health = health_after([a_call(0, outcome, category)])

        assert (health.calls, health.success_rate) == (1, 0.0)

    @pytest.mark.parametrize(
        ("outcome", "category"),
        [
            (Outcome.APPROVED, None),
            (Outcome.PENDING, None),
            (Outcome.DECLINED, Category.CUSTOMER),
            (Outcome.DECLINED, Category.FRAUD),
            (Outcome.DECLINED, Category.ISSUER),
        ],
    )
    def test_an_answer_of_a_provider_that_works(
        self, outcome: Outcome, category: Category | None
    ) -> None:
        health = health_after([a_call(0, outcome, category)])

        assert (health.calls, health.success_rate) == (1, 1.0)

    @pytest.mark.parametrize("category", [Category.RATE_LIMITED, Category.CONFIGURATION])
    def test_an_answer_that_says_nothing_about_the_provider(self, category: Category) -> None:
        assert health_after([a_call(0, Outcome.ERROR, category)]).calls == 0

    def test_an_approval_that_took_the_whole_time_out_is_a_failure(self) -> None:
        assert health_after([a_call(0, latency_ms=999)]).success_rate == 1.0
        assert health_after([a_call(0, latency_ms=1000)]).success_rate == 0.0

    def test_inquiries_count_when_they_fail_and_only_then(self) -> None:
        inquire = Operation.INQUIRE

        assert health_after([a_call(0, Outcome.NOT_FOUND, operation=inquire)]).calls == 0
        assert health_after([a_call(0, Outcome.APPROVED, operation=inquire)]).calls == 0
        assert health_after([a_call(0, Outcome.UNKNOWN, operation=inquire)]).success_rate == 0.0

    def test_approval_rate_leaves_out_what_customers_did(self) -> None:
        calls = [
            *approvals(30),
            *(a_call(n, Outcome.DECLINED, Category.CUSTOMER) for n in range(30, 60)),
            *(a_call(n, Outcome.DECLINED, Category.ISSUER) for n in range(60, 70)),
        ]

        health = health_after(calls)

        assert health.success_rate == 1.0
        assert health.approval_rate == pytest.approx(30 / 40, abs=0.05)

    def test_latency_is_the_mean_of_recent_calls(self) -> None:
        calls = [a_call(n, latency_ms=100 if n % 2 else 300) for n in range(100)]

        assert health_after(calls).latency_ms == pytest.approx(200, abs=2)


class TestOpening:
    def test_ten_calls_of_which_half_failed_open_it(self) -> None:
        calls = [*approvals(5), *failures(5, start=5)]

        assert health_after(calls, now=0.2).state_at(later(0.2)) is BreakerState.OPEN

    def test_nine_failures_are_too_few_calls(self) -> None:
        assert health_after(failures(9), now=0.2).state is BreakerState.CLOSED

    def test_a_busy_provider_opens_after_fourteen_failures_in_a_row(self) -> None:
        busy = approvals(1000)

        before = health_after([*busy, *failures(13, start=1000)], now=21)
        after = health_after([*busy, *failures(14, start=1000)], now=21)

        assert before.state is BreakerState.CLOSED
        assert after.state is BreakerState.OPEN

    def test_low_traffic_never_opens_it(self) -> None:
        calls = failures(200, every_s=10)

        assert health_after(calls, now=2000).state is BreakerState.CLOSED

    @pytest.mark.parametrize("category", [Category.CUSTOMER, Category.FRAUD, Category.ISSUER])
    def test_declines_never_open_it(self, category: Category) -> None:
        calls = [a_call(n, Outcome.DECLINED, category) for n in range(500)]

        health = health_after(calls)

        assert health.state is BreakerState.CLOSED
        assert health.success_rate == 1.0

    def test_an_ordinary_failure_rate_does_not_open_it(self) -> None:
        rng = random.Random(5)
        calls = [
            failure if rng.random() < 0.15 else good
            for failure, good in zip(failures(5_000), approvals(5_000), strict=True)
        ]

        _, changes = learn(calls, now=100)

        assert HealthEvent.DOWN not in {change.event for change in changes}

    def test_a_closed_breaker_does_not_hold_the_outage_against_the_provider(self) -> None:
        book, _ = learn(failures(30), now=0.6)
        probes = [a_call(n, at=2 + n * 0.001) for n in range(100, 103)]
        book, _ = learn(probes, book, now=2.2)

        book, changes = learn([a_call(200, Outcome.UNKNOWN, at=2.3)], book, now=2.5)

        assert market_health(book, later(2.5))["A"].state is BreakerState.CLOSED
        assert changes == ()


class TestForgetting:
    def test_idle_providers_are_forgotten_and_the_book_stays_small(self) -> None:
        book, _ = learn(approvals(100), now=2)

        book, _ = learn([a_call(1, provider="B", at=3600)], book, now=3600)

        assert set(book.records) == {"B"}

    def test_an_open_breaker_is_not_forgotten_that_soon(self) -> None:
        book, _ = learn(failures(100), now=2)

        book, _ = learn([a_call(1, provider="B", at=3600)], book, now=3600)

        assert market_health(book, later(3600))["A"].state_at(later(3600)) is (
            BreakerState.HALF_OPEN
        )

    def test_calls_fade_with_time(self) -> None:
        assert health_after(approvals(100), now=2).calls > 60
        assert health_after(approvals(100), now=62).calls < 35
        assert health_after(approvals(100), now=1000) == ProviderHealth()

    def test_a_late_answer_weighs_as_little_as_if_it_had_come_in_time(self) -> None:
        late = [*approvals(20, start=15_000), a_call(0, Outcome.UNKNOWN)]

        health = health_after(late, now=301)

        assert health.success_rate is not None
        assert health.success_rate > 0.99

    def test_a_clock_that_runs_ahead_does_no_harm(self) -> None:
        book, _ = learn([*approvals(50), a_call(60, at=900)], now=1)

        assert market_health(book, later(1))["A"].calls > 35


class TestRedelivery:
    def test_a_batch_that_comes_again_changes_nothing(self) -> None:
        batch = [*approvals(60), *failures(20, start=60)]
        book, _ = learn(batch, now=2)

        again, changes = learn(batch, book, now=2)

        assert again == book
        assert changes == ()

    def test_the_memory_is_bounded(self) -> None:
        book, _ = learn(approvals(1000), now=20)

        assert len(book.counted) == REMEMBERED_CALLS

    @given(st.randoms(use_true_random=False))
    def test_the_order_within_a_batch_does_not_matter(self, shuffler: random.Random) -> None:
        batch = [*approvals(40), *failures(30, start=40)]
        shuffled = list(batch)
        shuffler.shuffle(shuffled)

        assert learn(shuffled, now=2) == learn(batch, now=2)

    def test_how_the_stream_cuts_batches_hardly_matters(self) -> None:
        rng = random.Random(8)
        calls = [
            a_call(n, Outcome.UNKNOWN if rng.random() < 0.2 else Outcome.APPROVED)
            for n in range(300)
        ]
        whole, _ = learn(calls, now=6)
        pieces = HealthBook()
        for start in (100, 0, 200):
            pieces, _ = learn(calls[start : start + 100], pieces, now=6)

        at = later(6)
        one, other = market_health(whole, at)["A"], market_health(pieces, at)["A"]
        assert one.success_rate is not None
        assert other.success_rate is not None
        assert abs(one.success_rate - other.success_rate) < 0.1


class TestChanges:
    def test_an_outage_and_its_end_are_two_events(self) -> None:
        book, down = learn([*approvals(50), *failures(40, start=50)], now=2)
        probes = [a_call(n, at=10 + n * 0.01) for n in range(100, 140)]
        _, up = learn(probes, book, now=12)

        assert [change.event for change in down] == [HealthEvent.DOWN]
        assert [change.event for change in up] == [HealthEvent.RECOVERED]
        assert down[0].provider == "A"
        assert down[0].success_rate < 0.9

    def test_opening_again_after_bad_probes_is_not_news(self) -> None:
        book, _ = learn(failures(40), now=1)

        _, changes = learn(failures(2, start=500), book, now=10.2)

        assert changes == ()

    def test_a_brownout_degrades_and_its_end_recovers(self) -> None:
        calls = [
            failure if n % 3 == 0 else good
            for n, (failure, good) in enumerate(zip(failures(300), approvals(300), strict=True))
        ]
        book, worse = learn(calls, now=6)
        _, better = learn(approvals(200, start=300), book, now=10)

        assert [change.event for change in worse] == [HealthEvent.DEGRADED]
        assert [change.event for change in better] == [HealthEvent.RECOVERED]


class TestStored:
    @pytest.mark.parametrize(("providers", "bytes_max"), [(8, 4_000), (100, 100_000)])
    def test_the_book_is_small(self, providers: int, bytes_max: int) -> None:
        book = HealthBook()
        for number in range(providers):
            name = f"mockProvider{number:03}"
            calls = [
                a_call(n, Outcome.UNKNOWN if n % 7 else Outcome.APPROVED, provider=name)
                for n in range(200)
            ]
            book, _ = learn(calls, book, now=5)

        assert len(compact_json(health_to_document(book))) < bytes_max

    def test_the_book_survives_storage(self) -> None:
        book, _ = learn([*approvals(40), *failures(40, start=40)], now=2)

        restored = health_from_document(json.loads(compact_json(health_to_document(book))))

        assert restored.counted == book.counted
        at = later(2)
        before, after = market_health(book, at)["A"], market_health(restored, at)["A"]
        assert (after.state, after.calls) == (before.state, before.calls)
        assert after.success_rate == pytest.approx(before.success_rate, abs=0.001)
        assert after.approval_rate == pytest.approx(before.approval_rate, abs=0.001)
        assert health_from_document(health_to_document(restored)) == restored

    def test_another_layout_is_refused(self) -> None:
        with pytest.raises(ValueError, match="layout"):
            health_from_document({"layout": 99})


def test_nothing_learnt_is_nothing_known() -> None:
    assert market_health(HealthBook(), NOON) == {}
