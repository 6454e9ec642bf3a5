"""Workloads, runs and figures of the routing benchmark."""

from __future__ import annotations

from typing import ClassVar

import pytest

from payflow.domain.routing.strategies import create_strategy
from simulation.routing.bench import estimate, run_bench, student_t
from simulation.routing.builtin import builtin, builtin_names
from simulation.routing.chart import chart_page
from simulation.routing.play import Draws, ideal_success, play
from simulation.routing.workload import Workload, WorkloadError, parse_workload

SMALL = Workload("small", ("A", "B"), [(0.9, 0.5)] * 300 + [(0.2, 0.6)] * 100)


class TestWorkloadFiles:
    def test_segments_follow_each_other(self) -> None:
        workload = parse_workload(
            {
                "name": "two",
                "arms": ["A", "B"],
                "feedback_delay": 3,
                "segments": [[2, [0.9, 1]], [1, [0.1, 0.5]]],
            }
        )

        assert workload.rates == [(0.9, 1.0), (0.9, 1.0), (0.1, 0.5)]
        assert (workload.name, workload.feedback_delay) == ("two", 3)

    def test_everything_wrong_is_told_with_its_path(self) -> None:
        document = {
            "arms": ["A", "B"],
            "feedback_delay": -1,
            "colour": "red",
            "segments": [[0, [0.9, 0.8]], [5, [0.9]], [5, [0.9, 1.5]], "x", [True, [0.1, 0.1]]],
        }

        with pytest.raises(WorkloadError) as refused:
            parse_workload(document)

        assert [problem.split(":")[0] for problem in refused.value.problems] == [
            "colour",
            "feedback_delay",
            "segments[0][0]",
            "segments[1][1]",
            "segments[2][1]",
            "segments[3]",
            "segments[4][0]",
        ]

    @pytest.mark.parametrize("arms", [None, [], ["A", "A"], [1], "AB"])
    def test_arms_are_different_names(self, arms: object) -> None:
        with pytest.raises(WorkloadError, match="arms"):
            parse_workload({"arms": arms, "segments": [[1, [0.5]]]})

    @pytest.mark.parametrize("document", [[], {"arms": ["A"]}, {"arms": ["A"], "segments": []}])
    def test_a_workload_has_payments(self, document: object) -> None:
        with pytest.raises(WorkloadError):
            parse_workload(document)

    def test_a_workload_has_an_end(self) -> None:
        with pytest.raises(WorkloadError, match="more than 5,000,000 payments"):
            parse_workload({"arms": ["A"], "segments": [[10, [0.5]], [5_000_000, [0.5]]]})


class TestBuiltInWorkloads:
    def test_the_literatures_problems(self) -> None:
        pb1, pb2 = builtin("pb1"), builtin("pb2")

        assert len(pb1.rates) == len(pb2.rates) == 5_000
        assert pb1.rates[2_500] == (0.3, 0.2, 0.1)
        assert pb2.rates[4_999] == (0.8, 0.1, 0.1)

    def test_pay2_is_as_described(self) -> None:
        pay2 = builtin("pay2")
        first_rates = builtin("pay2:11").rates

        assert pay2.rates == first_rates != builtin("pay2:12").rates
        assert (len(pay2.rates), len(pay2.arms)) == (50_000, 5)
        in_outage = [sum(rates[arm] < 0.2 for rates in pay2.rates) for arm in range(5)]
        assert all(500 <= payments <= 3 * 1_500 for payments in in_outage)

    @pytest.mark.parametrize("name", builtin_names())
    def test_all_rates_are_probabilities(self, name: str) -> None:
        workload = builtin(f"{name}:3")

        assert all(len(rates) == len(workload.arms) for rates in workload.rates)
        assert min(map(min, workload.rates)) > 0 < 1 > max(map(max, workload.rates))

    @pytest.mark.parametrize("name", ["pb3", "pay2:x", "pay2:-1", ""])
    def test_no_other_name_is_known(self, name: str) -> None:
        with pytest.raises(KeyError):
            builtin(name)


class TestRuns:
    def test_regret_is_what_the_best_arm_of_the_moment_has_more(self) -> None:
        run = play(SMALL, create_strategy("priority", arms=SMALL.arms), Draws(SMALL, 1))

        assert run.regret == pytest.approx(100 * 0.4)
        assert run.regret_at[-1] == pytest.approx(run.regret)
        assert run.success == pytest.approx((300 * 0.9 + 100 * 0.2) / 400)
        assert set(run.shares) == {(1.0, 0.0)}

    def test_every_policy_meets_the_same_luck(self) -> None:
        draws, again, other = Draws(SMALL, 1), Draws(SMALL, 1), Draws(SMALL, 2)
        every = [(payment, arm) for payment in range(400) for arm in range(2)]

        assert [draws.succeeds(*place, 0.5) for place in every] == [
            again.succeeds(*place, 0.5) for place in every
        ]
        assert [draws.succeeds(*place, 0.5) for place in every] != [
            other.succeeds(*place, 0.5) for place in every
        ]

    def test_outcomes_come_when_the_delay_has_passed(self) -> None:
        heard: list[int] = []
        policy = create_strategy("priority", arms=SMALL.arms)
        decided = [0]

        class Listening:
            name: ClassVar[str] = "listening"
            arms = SMALL.arms

            def select(self, **_: object) -> str:
                decided[0] += 1
                return policy.select()

            def record(self, *_: object, **__: object) -> None:
                heard.append(decided[0])

        play(SMALL.delayed(50), Listening(), Draws(SMALL, 1))
        delayed = heard[:3]
        heard.clear()
        decided[0] = 0
        play(SMALL, Listening(), Draws(SMALL, 1))

        assert delayed == [51, 52, 53]
        assert heard[:3] == [1, 2, 3]

    def test_failover_tries_another_arm_for_what_failed(self) -> None:
        policy = create_strategy("priority", arms=SMALL.arms)

        run = play(SMALL, policy, Draws(SMALL, 1), failover=1)

        both = (300 * (0.9 + 0.1 * 0.5) + 100 * (0.2 + 0.8 * 0.6)) / 400
        assert run.success == pytest.approx(both, abs=0.02)
        assert 400 < run.attempts < 600
        assert run.regret == pytest.approx(100 * 0.4)

    def test_what_is_best_with_failover_counts_all_attempts(self) -> None:
        oracle, static = ideal_success(SMALL, failover=1)

        assert oracle == pytest.approx((300 * 0.95 + 100 * 0.68) / 400)
        assert static == pytest.approx(oracle)
        assert ideal_success(SMALL) == pytest.approx((0.825, 0.725))


class TestFigures:
    def test_gap_closed_is_between_the_static_arm_and_the_oracle(self) -> None:
        result = run_bench(SMALL, ["priority", "round_robin"], [1, 2, 3])

        static, turns = result.policies
        assert static.gap_closed is not None and turns.gap_closed is not None
        assert static.gap_closed.mean == pytest.approx(0)
        assert result.static_regret == pytest.approx(40)
        assert turns.gap_closed.mean == pytest.approx(
            (turns.success_rate.mean - 0.725) / (0.825 - 0.725)
        )

    def test_there_is_no_gap_to_close_where_one_arm_is_always_best(self) -> None:
        steady = Workload("steady", ("A", "B"), [(0.9, 0.5)] * 50)

        (found,) = run_bench(steady, ["priority"], [1]).policies

        assert found.gap_closed is None
        assert found.regret.low is None

    def test_the_interval_is_students(self) -> None:
        found = estimate([1.0, 2.0, 3.0, 4.0, 5.0])

        assert found.mean == 3
        assert found.high == pytest.approx(3 + 2.776 * (2.5 / 5) ** 0.5)
        assert student_t(1) == 12.706
        assert student_t(19) == 2.131
        assert student_t(1_000) == 1.98

    def test_the_chart_shows_every_policy_and_arm_and_escapes_names(self) -> None:
        spicy = Workload("<b>", ("A&B", "C"), SMALL.rates)

        page = chart_page(run_bench(spicy, ["priority", "srv3"], [1, 2]))

        assert "Routing on &lt;b&gt;" in page and "A&amp;B" in page
        assert page.count("<polyline") == 2
        assert "<script" not in page and "http" not in page
