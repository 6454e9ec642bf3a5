"""PayFlow's own policy: outages, recoveries, late answers, beginnings, quiet times."""

from __future__ import annotations

from collections import deque

import pytest

from payflow.domain.routing.policies.belief import RATES, Belief, Dynamics
from payflow.domain.routing.policies.chance import Chance
from payflow.domain.routing.policies.interface import Policy
from payflow.domain.routing.strategies import create_strategy

Phase = tuple[int, dict[str, float]]


def routed(
    policy: Policy, phases: list[Phase], *, delay: int = 0, seed: int = 5
) -> list[list[str]]:
    """The arms selected in each phase of (payments, rates), outcomes `delay` payments late."""
    draws = Chance(seed)
    waiting: deque[tuple[str, bool]] = deque()
    chosen = []
    for payments, rates in phases:
        arms = []
        for _ in range(payments):
            arm = policy.select()
            arms.append(arm)
            waiting.append((arm, draws.random() < rates[arm]))
            if len(waiting) > delay:
                done, success = waiting.popleft()
                policy.record(done, success)
        chosen.append(arms)
    return chosen


def our_policy(*arms: str) -> Policy:
    return create_strategy("success_rate", arms=arms or ("A", "B"), seed=1)


class TestBelief:
    def test_is_a_distribution_whatever_happens(self) -> None:
        belief = Belief(Dynamics())

        for now in (1, 2, 50, 5_000, 10_000_000):
            belief.advance(now)
            belief.observe(success=now % 2 == 0)

            assert 0 < belief.mean < 1
            assert RATES[0] <= belief.index(0) <= RATES[-1]

    def test_six_failures_in_a_row_are_an_outage(self) -> None:
        belief = after(Belief(Dynamics()), "1111111110" * 200)

        assert after(belief, "0" * 6).mean < 0.35

    def test_a_failure_now_and_then_is_not(self) -> None:
        belief = after(Belief(Dynamics()), "1111111110" * 200)

        assert after(belief, "00").mean > 0.8

    def test_drifts_back_to_what_the_arm_usually_is(self) -> None:
        belief = after(Belief(Dynamics()), "1111111110" * 500 + "0" * 12)
        down = belief.mean

        belief.advance(6_000 + 20_000)

        assert down < 0.3
        assert belief.mean > 0.75

    def test_time_does_not_run_backwards(self) -> None:
        belief = after(Belief(Dynamics()), "110")
        before = belief.mean

        belief.advance(1)

        assert belief.mean == before

    def test_an_arm_that_is_not_known_is_worth_more_than_its_mean(self) -> None:
        belief = Belief(Dynamics())

        assert belief.index(0) > belief.mean + 0.2

    def test_answers_under_way_make_another_less_worth(self) -> None:
        belief = Belief(Dynamics())

        values = [belief.index(under_way) for under_way in (0, 1, 5, 50)]

        assert values == sorted(values, reverse=True)
        assert values[-1] > belief.mean


def after(belief: Belief, outcomes: str, *, start: float | None = None) -> Belief:
    """`belief` after outcomes, one a payment."""
    now = belief.now if start is None else start
    for outcome in outcomes:
        now += 1
        belief.advance(now)
        belief.observe(success=outcome == "1")
    return belief


class TestSuccessRate:
    def test_leaves_an_arm_in_an_outage_within_a_few_payments(self) -> None:
        policy = our_policy()

        _, outage = routed(policy, [(3_000, {"A": 0.9, "B": 0.85}), (200, {"A": 0.02, "B": 0.85})])

        assert outage.count("A") <= 20

    def test_returns_after_a_deep_and_long_outage(self) -> None:
        policy = our_policy()
        good, bad = {"A": 0.92, "B": 0.80}, {"A": 0.0, "B": 0.80}

        _, outage, back = routed(policy, [(3_000, good), (3_000, bad), (3_000, good)])

        assert outage.count("A") < 150
        assert back[1_500:].count("A") > 1_400

    def test_the_same_with_late_answers(self) -> None:
        policy = our_policy()
        good, bad = {"A": 0.92, "B": 0.80}, {"A": 0.0, "B": 0.80}

        _, outage, back = routed(policy, [(3_000, good), (3_000, bad), (3_000, good)], delay=50)

        assert outage.count("A") < 250
        assert back[1_500:].count("A") > 1_400

    def test_does_not_send_everything_to_one_unknown_arm_while_answers_are_late(self) -> None:
        (first,) = routed(our_policy("A", "B", "C"), [(30, dict.fromkeys("ABC", 0.5))], delay=50)

        assert all(first.count(arm) >= 8 for arm in "ABC")

    def test_finds_out_about_a_newcomer(self) -> None:
        policy = our_policy()

        _, live = routed(policy, [(3_000, {"A": 0.85, "B": 0.0}), (8_000, {"A": 0.85, "B": 0.95})])

        assert live[-1_000:].count("B") > 900

    def test_stays_where_it_is_in_quiet_times(self) -> None:
        second_halves = [
            routed(our_policy(), [(600, {"A": 0.9, "B": 0.7})] * 2, seed=seed)[1]
            for seed in range(1, 6)
        ]

        assert sum(half.count("A") for half in second_halves) > 0.95 * 5 * 600

    def test_a_payments_further_attempts_are_feedback_and_take_no_time(self) -> None:
        policy = our_policy("A", "B", "C")
        draws = Chance(2)
        rates = {"A": 0.3, "B": 0.9, "C": 0.2}
        first = []
        for _ in range(600):
            tried: list[str] = []
            success = False
            while len(tried) < 3 and not success:
                tried.append(policy.select(exclude=tried))
                success = draws.random() < rates[tried[-1]]
                policy.record(tried[-1], success)
            first.append(tried[0])

        assert first[300:].count("B") > 270

    def test_answers_that_never_come_do_not_block_an_arm(self) -> None:
        policy = our_policy()
        for _ in range(300):
            policy.select()

        (chosen,) = routed(policy, [(3_000, {"A": 0.5, "B": 0.9})])

        assert chosen[-1_000:].count("B") > 950

    @pytest.mark.parametrize(("hours", "again"), [(0, False), (12, True)])
    def test_a_quiet_night_is_time_to_recover(self, hours: int, again: bool) -> None:
        policy = our_policy()
        now_ms = 0
        draws = Chance(4)
        for number in range(2_000):
            now_ms += 100
            arm = policy.select(now_ms=now_ms)
            down = arm == "A" and number > 1_900
            rate = 0.0 if down else {"A": 0.95, "B": 0.8}[arm]
            policy.record(arm, draws.random() < rate, now_ms=now_ms)

        chosen = policy.select(now_ms=now_ms + hours * 3_600_000)

        assert (chosen == "A") is again
