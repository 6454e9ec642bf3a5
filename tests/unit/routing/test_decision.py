"""The routing decision: order, reasons, breakers and strategies."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from payflow.domain.errors import InvalidRequest
from payflow.domain.method import MethodType
from payflow.domain.money import FeeTerms
from payflow.domain.provider import BreakerState, Market, ProviderHealth
from payflow.domain.routing.decision import probe_share, route
from payflow.domain.routing.model import RoutingDecision, RoutingPreference, RoutingRequest
from payflow.domain.routing.strategies import STRATEGIES
from tests.support.builders import NOON, a_market, a_provider, later


def a_request(strategy: str | None = None, **changes: Any) -> RoutingRequest:
    facts: dict[str, Any] = {
        "method": MethodType.CARD,
        "amount_minor": 10_000,
        "currency": "INR",
        "bin": "510510",
        "network": "mastercard",
        "preference": RoutingPreference(strategy=strategy),
        **changes,
    }
    return RoutingRequest(**facts)


def decide(
    market: Market, strategy: str | None = None, *, seed: int = 1, tried: Sequence[str] = ()
) -> RoutingDecision:
    return route(a_request(strategy), market, now=NOON, randomness=random.Random(seed), tried=tried)


def order(decision: RoutingDecision) -> list[str]:
    return [candidate.provider for candidate in decision.candidates]


def left_out(decision: RoutingDecision) -> dict[str, str]:
    return {exclusion.provider: exclusion.reason for exclusion in decision.excluded}


def first_choices(market: Market, strategy: str | None = None, *, decisions: int) -> Counter[str]:
    return Counter(order(decide(market, strategy, seed=seed))[0] for seed in range(decisions))


def healthy(approval_rate: float, *, calls: int = 100, latency_ms: float = 100) -> ProviderHealth:
    return ProviderHealth(
        success_rate=approval_rate,
        approval_rate=approval_rate,
        calls=calls,
        latency_ms=latency_ms,
    )


def open_for(seconds: float) -> ProviderHealth:
    return ProviderHealth(state=BreakerState.OPEN, open_until=later(seconds))


class TestPriority:
    def test_the_lowest_number_comes_first(self) -> None:
        decision = decide(a_market("A", "B", "C"), "priority")

        assert order(decision) == ["A", "B", "C"]
        assert decision.candidates[0].reasons == ("priority 1",)

    def test_equal_priorities_are_drawn_by_weight(self) -> None:
        market = Market((a_provider("A", weight=75), a_provider("B", weight=25)))

        chosen = first_choices(market, "priority", decisions=2000)

        assert 1400 < chosen["A"] < 1600

    def test_weight_zero_comes_first_only_when_alone(self) -> None:
        market = Market((a_provider("A", weight=0), a_provider("B", weight=1)))

        assert first_choices(market, "priority", decisions=200) == {"B": 200}
        assert order(decide(market, "priority", tried=["B"])) == ["A"]


class TestWeighted:
    def test_first_places_are_shared_by_weight_whatever_the_priority(self) -> None:
        market = Market(
            (a_provider("A", weight=60, priority=9), a_provider("B", weight=40, priority=1))
        )

        chosen = first_choices(market, "weighted", decisions=2000)

        assert 1120 < chosen["A"] < 1280

    def test_the_reason_names_the_share(self) -> None:
        market = Market((a_provider("A", weight=60), a_provider("B", weight=40)))

        reasons = {c.provider: c.reasons for c in decide(market, "weighted").candidates}

        assert reasons == {"A": ("weight 60 of 100",), "B": ("weight 40 of 100",)}


class TestSuccessRate:
    def test_is_the_default(self) -> None:
        assert decide(a_market("A")).strategy == "success_rate"

    def test_goes_by_priority_while_nothing_is_known(self) -> None:
        assert first_choices(a_market("A", "B"), decisions=500) == {"A": 500}

    def test_prefers_the_higher_approval_rate(self) -> None:
        market = Market(
            a_market("A", "B").providers, health={"A": healthy(0.6), "B": healthy(0.95)}
        )

        chosen = first_choices(market, decisions=1000)

        assert chosen["B"] > 950

    def test_explores_a_small_share_of_first_attempts_only(self) -> None:
        market = Market(
            a_market("A", "B").providers, health={"A": healthy(0.6), "B": healthy(0.95)}
        )

        explored = [seed for seed in range(1000) if order(decide(market, seed=seed))[0] == "A"]

        assert 5 < len(explored) < 50
        assert all(order(decide(market, seed=s, tried=["X"]))[0] == "B" for s in explored)
        reasons = decide(market, seed=explored[0]).candidates[0].reasons
        assert reasons[-1].startswith("explored")

    def test_leaves_a_bad_provider_for_one_that_nobody_has_tried(self) -> None:
        market = Market(a_market("A", "B").providers, health={"A": healthy(0.5, calls=20)})

        assert order(decide(market))[0] == "B"

    def test_does_not_leave_a_good_provider_for_an_unknown_one(self) -> None:
        market = Market(a_market("A", "B").providers, health={"B": healthy(0.97, calls=50)})

        assert order(decide(market))[0] == "B"

    def test_one_failure_is_little_evidence(self) -> None:
        market = Market(
            a_market("A", "B").providers,
            health={"A": healthy(0.0, calls=1), "B": healthy(0.7)},
        )

        assert order(decide(market))[0] == "A"


class TestOtherStrategies:
    def test_least_cost_goes_by_the_fee_of_this_amount(self) -> None:
        market = Market(
            (
                a_provider("A", fees=FeeTerms(bps=200), priority=1),
                a_provider("B", fees=FeeTerms(bps=100, fixed_minor=50), priority=2),
            )
        )

        decision = decide(market, "least_cost")

        assert order(decision) == ["B", "A"]
        assert decision.candidates[0].reasons == ("fee 150 in minor units",)

    def test_expected_value_weighs_approvals_against_fees(self) -> None:
        market = Market(
            (
                a_provider("A", fees=FeeTerms(bps=250), priority=1),
                a_provider("B", fees=FeeTerms(bps=100), priority=2),
                a_provider("C", fees=FeeTerms(bps=50), priority=3),
            ),
            health={"A": healthy(0.95), "B": healthy(0.9), "C": healthy(0.3)},
        )

        decision = decide(market, "expected_value", seed=1)

        assert order(decision) == ["B", "A", "C"]
        assert decision.candidates[0].reasons[0].endswith("less a fee of 100, in minor units")

    def test_least_latency_goes_by_what_was_measured(self) -> None:
        market = Market(
            a_market("A", "B", "C").providers,
            health={"B": healthy(1, latency_ms=400), "C": healthy(1, latency_ms=90)},
        )

        assert order(decide(market, "least_latency")) == ["C", "B", "A"]

    def test_round_robin_gives_everybody_the_same_share(self) -> None:
        chosen = first_choices(a_market("A", "B", "C"), "round_robin", decisions=3000)

        assert all(900 < count < 1100 for count in chosen.values())

    @pytest.mark.parametrize("name", STRATEGIES)
    def test_every_strategy_ranks_everybody_by_falling_score(self, name: str) -> None:
        market = Market(
            a_market("A", "B", "C", "D").providers,
            health={"A": healthy(0.8, latency_ms=500), "C": healthy(0.99, latency_ms=50)},
        )

        decision = decide(market, name)

        assert sorted(order(decision)) == ["A", "B", "C", "D"]
        if name != "weighted":
            scores = [candidate.score for candidate in decision.candidates]
            assert scores == sorted(scores, reverse=True)

    def test_a_strategy_that_nobody_knows_is_refused(self) -> None:
        with pytest.raises(InvalidRequest) as refused:
            decide(a_market("A"), "coin_toss")

        assert (refused.value.code, refused.value.param) == (
            "unknown_strategy",
            "routing.strategy",
        )


class TestExclusions:
    def test_a_provider_that_was_used_up_is_left_out(self) -> None:
        decision = decide(a_market("A", "B"), tried=["A"])

        assert order(decision) == ["B"]
        assert left_out(decision) == {"A": "already_tried"}

    def test_a_name_that_is_not_configured_is_reported(self) -> None:
        preference = RoutingPreference(providers=("A", "ghost"))
        request = a_request(preference=preference)

        decision = route(request, a_market("A", "B"), now=NOON, randomness=random.Random(1))

        assert order(decision) == ["A"]
        assert left_out(decision) == {"B": "not_requested", "ghost": "not_configured"}

    def test_nobody_is_left_when_everybody_was_tried(self) -> None:
        assert decide(a_market("A", "B"), tried=["A", "B"]).candidates == ()


class TestBreakers:
    def test_an_open_breaker_excludes(self) -> None:
        market = Market(a_market("A", "B").providers, health={"A": open_for(5)})

        decision = decide(market)

        assert order(decision) == ["B"]
        assert left_out(decision) == {"A": "breaker_open"}

    def test_open_breakers_are_the_last_resort(self) -> None:
        market = Market(a_market("A", "B").providers, health={"A": open_for(5), "B": open_for(9)})

        decision = decide(market)

        assert order(decision) == ["A", "B"]
        assert all(c.reasons[-1] == "breaker open, last resort" for c in decision.candidates)
        assert decision.excluded == ()

    def test_the_last_resort_comes_after_the_healthy_one_has_failed(self) -> None:
        market = Market(a_market("A", "B").providers, health={"A": open_for(5)})

        assert order(decide(market, tried=["B"])) == ["A"]

    def test_an_open_breaker_becomes_half_open_by_time_alone(self) -> None:
        market = Market(a_market("A", "B").providers, health={"A": open_for(0)})

        assert sorted(order(decide(market))) == ["A", "B"]

    def test_half_open_gets_a_small_share_first_and_waits_behind_otherwise(self) -> None:
        market = Market(a_market("A", "B").providers, health={"A": open_for(0)})

        chosen = first_choices(market, decisions=2000)

        assert 140 < chosen["A"] < 260
        kept_back = next(d for s in range(50) if order(d := decide(market, seed=s))[0] == "B")
        assert kept_back.candidates[1].reasons[-1] == "breaker half-open, kept as back-up"

    def test_half_open_takes_the_payment_when_nobody_else_can(self) -> None:
        market = Market(a_market("A", "B").providers, health={"A": open_for(-1), "B": open_for(5)})

        decision = decide(market)

        assert order(decision) == ["A"]
        assert left_out(decision) == {"B": "breaker_open"}

    @pytest.mark.parametrize(("waited_s", "share"), [(0, 0.1), (30, 0.3), (60, 0.5), (900, 0.5)])
    def test_probes_get_more_likely_while_no_verdict_comes(
        self, waited_s: float, share: float
    ) -> None:
        assert probe_share(open_for(-waited_s), NOON) == pytest.approx(share)
