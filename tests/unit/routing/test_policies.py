"""Routing policies by the interface that benchmarks and third parties use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from payflow.domain.routing.policies.chance import Chance
from payflow.domain.routing.policies.interface import Policy
from payflow.domain.routing.strategies import create_strategy, strategy_names

ARMS = ("A", "B", "C")
LEARNING = (
    "success_rate",
    "epsilon_greedy",
    "srv3",
    "ucb1",
    "sw_ucb",
    "d_ucb",
    "thompson",
    "discounted_thompson",
    "sw_thompson",
    "sw_klucb",
    "glr_klucb",
)


def choices(policy: Policy, payments: int, **rates: float) -> list[str]:
    """What `policy` selects while each arm succeeds at its rate."""
    draws = Chance(3)
    chosen = []
    for _ in range(payments):
        arm = policy.select()
        policy.record(arm, success=draws.random() < rates[arm], latency_ms=120)
        chosen.append(arm)
    return chosen


def test_every_policy_of_the_contract_is_there() -> None:
    assert {*LEARNING, "priority", "weighted", "expected_value"} <= set(strategy_names())


@pytest.mark.parametrize("name", strategy_names())
class TestEveryPolicy:
    def test_chooses_the_same_again_with_the_same_seed(self, name: str) -> None:
        first = choices(create_strategy(name, arms=ARMS, seed=7), 300, A=0.9, B=0.5, C=0.7)
        again = choices(create_strategy(name, arms=ARMS, seed=7), 300, A=0.9, B=0.5, C=0.7)

        assert first == again
        assert set(first) <= set(ARMS)

    def test_takes_late_unasked_and_disordered_outcomes(self, name: str) -> None:
        policy = create_strategy(name, arms=ARMS, seed=7)
        asked = [policy.select(now_ms=1_000 + number) for number in range(40)]

        for number, arm in enumerate(reversed(asked)):
            policy.record(arm, success=number % 3 > 0, now_ms=5_000 - number)
        policy.record("C", False, 80)

        assert policy.select(now_ms=4_000) in ARMS

    def test_leaves_out_what_a_payment_has_used_up(self, name: str) -> None:
        policy = create_strategy(name, arms=ARMS, seed=7)
        choices(policy, 100, A=0.9, B=0.5, C=0.7)

        assert {policy.select(exclude=("A", "C")) for _ in range(20)} == {"B"}
        assert policy.select(exclude=ARMS) in ARMS

    def test_one_arm_is_enough(self, name: str) -> None:
        assert set(choices(create_strategy(name, arms=["A"], seed=1), 20, A=0.5)) == {"A"}

    def test_refuses_an_arm_that_is_not_its_own(self, name: str) -> None:
        with pytest.raises(ValueError, match="'D' is not one of A, B, C"):
            create_strategy(name, arms=ARMS, seed=7).record("D", success=True)

    @pytest.mark.parametrize("arms", [(), ("A", "A")])
    def test_refuses_no_arms_and_doubled_ones(self, name: str, arms: tuple[str, ...]) -> None:
        with pytest.raises(ValueError, match="at least one arm"):
            create_strategy(name, arms=arms, seed=7)


@pytest.mark.parametrize("name", LEARNING)
def test_a_learning_policy_finds_the_best_arm(name: str) -> None:
    chosen = choices(create_strategy(name, arms=ARMS, seed=7), 2_000, A=0.3, B=0.9, C=0.5)

    assert chosen[1_000:].count("B") > 600


def test_an_unknown_strategy_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no strategy 'best'; there are success_rate"):
        create_strategy("best", arms=ARMS, seed=1)


def test_policies_are_loaded_when_they_are_asked_for_and_need_nothing_but_python() -> None:
    program = (
        "import sys\n"
        "from payflow.domain.routing.strategies import create_strategy\n"
        "policies = 'payflow.domain.routing.policies.'\n"
        "loaded = {m for m in sys.modules if m.startswith(policies)}\n"
        "assert loaded == {policies + 'registry'}, loaded\n"
        "create_strategy('success_rate', arms=['A'], seed=1)\n"
        "assert policies + 'ucb' not in sys.modules\n"
        "assert 'random' not in sys.modules and 'numpy' not in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


class TestFixedPolicies:
    def test_priority_takes_the_first(self) -> None:
        assert set(choices(create_strategy("priority", arms=ARMS), 50, A=0, B=1, C=1)) == {"A"}

    def test_weights_are_shares(self) -> None:
        weights = {"A": 3.0, "B": 1.0, "C": 0.0}
        policy = create_strategy("weighted", arms=ARMS, seed=7, weights=weights)

        chosen = choices(policy, 4_000, A=0.5, B=0.5, C=0.5)

        assert chosen.count("A") / 4_000 == pytest.approx(0.75, abs=0.03)
        assert "C" not in chosen

    def test_round_robin_takes_turns(self) -> None:
        chosen = choices(create_strategy("round_robin", arms=ARMS), 6, A=0.5, B=0.5, C=0.5)

        assert chosen == ["A", "B", "C", "A", "B", "C"]

    def test_least_latency_prefers_the_fastest(self) -> None:
        policy = create_strategy("least_latency", arms=ARMS)
        for arm, latency_ms in (("A", 300), ("B", 90), ("C", 200)):
            policy.record(arm, True, latency_ms)

        assert policy.select() == "B"

    def test_least_cost_prefers_the_cheapest(self) -> None:
        costs = {"A": 30, "B": 20, "C": 25}

        assert create_strategy("least_cost", arms=ARMS, costs=costs).select() == "B"

    def test_expected_value_weighs_success_against_cost(self) -> None:
        rates = {"A": 0.95, "B": 0.85, "C": 0.5}
        cheap_b = {"A": 40.0, "B": 10.0, "C": 10.0}

        careless = create_strategy("expected_value", arms=ARMS, margin=10_000, costs=cheap_b)
        careful = create_strategy("expected_value", arms=ARMS, margin=100, costs=cheap_b)

        assert choices(careless, 2_000, **rates)[1_000:].count("A") > 600
        assert choices(careful, 2_000, **rates)[1_000:].count("B") > 600


def test_srv3_scores_a_queue_that_begins_with_successes() -> None:
    policy = create_strategy("srv3", arms=["A", "B"], seed=1, bucket=10, hedging=0.0)
    policy.record("A", success=False)

    assert policy.select() == "B"

    for _ in range(2):
        policy.record("B", success=False)
    assert policy.select() == "A"

    for _ in range(10):
        policy.record("A", success=True)
        policy.record("B", success=True)
    assert policy.select() == "A"


def test_a_change_found_by_glr_klucb_makes_it_forget_the_arm() -> None:
    policy = create_strategy("glr_klucb", arms=["A", "B"], seed=1)

    chosen = [
        *choices(policy, 1_500, A=0.9, B=0.5),
        *choices(policy, 1_500, A=0.1, B=0.5),
    ]

    assert chosen[1_000:1_500].count("A") > 450
    assert chosen[2_500:].count("B") > 450
