"""Strategies: how eligible providers are put into order. One class each, one interface.

A strategy sees providers that can all take the payment, what is known of their health, and a source
of randomness; it returns all of them, best first, each with its score and the reason in words. It
keeps no state: what it learns from is the health in `RankingFacts`.

`create_strategy` and `strategy_names` give the same choices as policies that learn from outcomes
alone, for benchmarks and third parties: see `payflow.domain.routing.policies`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from payflow.domain.money import FeeTerms
from payflow.domain.ports import Randomness
from payflow.domain.provider import ProviderConfig, ProviderHealth
from payflow.domain.routing.model import Candidate
from payflow.domain.routing.policies.registry import create_strategy, strategy_names

__all__ = [
    "DEFAULT_STRATEGY",
    "STRATEGIES",
    "RankingFacts",
    "Strategy",
    "create_strategy",
    "strategy_names",
]

EXPLORATION_SHARE: Final = 0.02
"""The share of first attempts that try another provider than the best, to keep learning."""

PRIOR_SUCCESS_RATE: Final = 0.9
PRIOR_CALLS: Final = 20
"""A provider without calls is taken to approve this share, with the weight of this many calls."""

MARGIN: Final = FeeTerms(bps=1000)
"""What a payment that succeeds is taken to earn: a tenth of its amount."""

_NO_HEALTH: Final = ProviderHealth()


@dataclass(frozen=True, slots=True)
class RankingFacts:
    """What a strategy may look at. `may_explore` is false once a payment has failed somewhere."""

    amount_minor: int
    health: Mapping[str, ProviderHealth]
    randomness: Randomness
    may_explore: bool = True

    def health_of(self, provider: ProviderConfig) -> ProviderHealth:
        """The provider's health; one without any call if nothing is known."""
        return self.health.get(provider.id, _NO_HEALTH)


class Strategy(Protocol):
    """Puts providers into order; a higher score is better, comparable within one decision only."""

    name: ClassVar[str]

    def rank(
        self, providers: Sequence[ProviderConfig], facts: RankingFacts
    ) -> tuple[Candidate, ...]:
        """All `providers`, best first."""
        ...


class Priority:
    """By priority number, lowest first; equal ones at random in proportion to their weights."""

    name: ClassVar[str] = "priority"

    def rank(
        self, providers: Sequence[ProviderConfig], facts: RankingFacts
    ) -> tuple[Candidate, ...]:
        """Priority order; the score is the negated priority."""
        return tuple(
            Candidate(p.id, float(-p.priority), (f"priority {p.priority}",))
            for p in by_priority(providers, facts.randomness)
        )


class Weighted:
    """At random, each in proportion to its weight among those that remain."""

    name: ClassVar[str] = "weighted"

    def rank(
        self, providers: Sequence[ProviderConfig], facts: RankingFacts
    ) -> tuple[Candidate, ...]:
        """A weighted random order; the score is the provider's share of first places."""
        total = sum(p.weight for p in providers) or 1
        return tuple(
            Candidate(p.id, round(p.weight / total, 4), (f"weight {p.weight} of {total}",))
            for p in _by_weight(providers, facts.randomness)
        )


class RoundRobin:
    """In turn: each payment begins at a random place of the ring of providers in order of id.

    A counter shared by all instances would be a write per payment; a random place gives every
    provider the same share without it.
    """

    name: ClassVar[str] = "round_robin"

    def rank(
        self, providers: Sequence[ProviderConfig], facts: RankingFacts
    ) -> tuple[Candidate, ...]:
        """The ring from a random place on; the score falls by one with each place."""
        ring = sorted(providers, key=lambda p: p.id)
        start = int(facts.randomness.random() * len(ring))
        turned = ring[start:] + ring[:start]
        return tuple(
            Candidate(p.id, float(-place), (f"place {place + 1} in this turn",))
            for place, p in enumerate(turned)
        )


class LeastCost:
    """By the fee for this amount, lowest first."""

    name: ClassVar[str] = "least_cost"

    def rank(
        self, providers: Sequence[ProviderConfig], facts: RankingFacts
    ) -> tuple[Candidate, ...]:
        """Cheapest first, equal ones by priority; the score is the negated fee in minor units."""
        fees = {p.id: p.fees.on(facts.amount_minor) for p in providers}
        ordered = sorted(by_priority(providers, facts.randomness), key=lambda p: fees[p.id])
        return tuple(
            Candidate(p.id, float(-fees[p.id]), (f"fee {fees[p.id]} in minor units",))
            for p in ordered
        )


class LeastLatency:
    """By mean latency of recent calls; those without any come after, by priority."""

    name: ClassVar[str] = "least_latency"

    def rank(
        self, providers: Sequence[ProviderConfig], facts: RankingFacts
    ) -> tuple[Candidate, ...]:
        """Fastest first; the score is the negated latency in milliseconds."""
        latency = {p.id: facts.health_of(p).latency_ms for p in providers}
        measured = {name: value for name, value in latency.items() if value is not None}
        last = max(measured.values(), default=0.0) + 1

        def candidate(provider: ProviderConfig) -> Candidate:
            value = measured.get(provider.id)
            if value is None:
                return Candidate(provider.id, -last, (_unmeasured(provider),))
            return Candidate(provider.id, -round(value, 1), (f"answers in {value:.0f} ms",))

        ordered = by_priority(providers, facts.randomness)
        return _explored(_best_first(map(candidate, ordered)), facts, learnt=bool(measured))


class SuccessRate:
    """By the approval rate learnt from recent calls; a small share of payments explores.

    The score is the mean of a Beta belief: recent approvals on top of `PRIOR_CALLS` calls at
    `PRIOR_SUCCESS_RATE`. Nothing learnt means equal scores, and equal scores go by priority and
    weight, so that a fresh deployment routes by configuration. A provider that did badly is
    forgiven as its window decays towards the prior.
    """

    name: ClassVar[str] = "success_rate"

    def rank(
        self, providers: Sequence[ProviderConfig], facts: RankingFacts
    ) -> tuple[Candidate, ...]:
        """Highest expected approval rate first."""

        def candidate(provider: ProviderConfig) -> Candidate:
            health = facts.health_of(provider)
            if not health.calls or health.approval_rate is None:
                return Candidate(provider.id, PRIOR_SUCCESS_RATE, (_unmeasured(provider),))
            reason = f"approves {health.approval_rate:.1%} of its last {health.calls} calls"
            return Candidate(provider.id, round(_expected_approval(health), 4), (reason,))

        ordered = by_priority(providers, facts.randomness)
        learnt = any(facts.health_of(p).approval_rate is not None for p in providers)
        return _explored(_best_first(map(candidate, ordered)), facts, learnt=learnt)


class ExpectedValue:
    """By what an attempt is worth: margin × success - cost, in minor units.

    The margin is `MARGIN` of the amount, the success that of `SuccessRate`, the cost the provider's
    fee. So a provider that approves 1 % more may cost 0.1 % of the amount more.
    """

    name: ClassVar[str] = "expected_value"

    def rank(
        self, providers: Sequence[ProviderConfig], facts: RankingFacts
    ) -> tuple[Candidate, ...]:
        """Highest value first, equal ones by priority; the score is the value."""
        margin = MARGIN.on(facts.amount_minor)

        def candidate(provider: ProviderConfig) -> Candidate:
            success = _expected_approval(facts.health_of(provider))
            fee = provider.fees.on(facts.amount_minor)
            reason = f"{success:.1%} of a margin of {margin}, less a fee of {fee}, in minor units"
            return Candidate(provider.id, round(margin * success - fee, 2), (reason,))

        ordered = by_priority(providers, facts.randomness)
        learnt = any(facts.health_of(p).approval_rate is not None for p in providers)
        return _explored(_best_first(map(candidate, ordered)), facts, learnt=learnt)


DEFAULT_STRATEGY: Final = SuccessRate.name

STRATEGIES: Final[Mapping[str, Strategy]] = {
    strategy.name: strategy
    for strategy in (
        SuccessRate(),
        Priority(),
        Weighted(),
        RoundRobin(),
        LeastLatency(),
        LeastCost(),
        ExpectedValue(),
    )
}
"""Every strategy by the name that a merchant may ask for."""


def by_priority(
    providers: Sequence[ProviderConfig], randomness: Randomness
) -> list[ProviderConfig]:
    """Lowest priority number first; equal ones in an order drawn by weight."""
    # Sorting is stable: within a priority the drawn order stays.
    return sorted(_by_weight(providers, randomness), key=lambda p: p.priority)


def _by_weight(providers: Sequence[ProviderConfig], randomness: Randomness) -> list[ProviderConfig]:
    # Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006: keys u^(1/w).
    def key(provider: ProviderConfig) -> tuple[float, float]:
        draw = randomness.random()
        # Weight 0 means "only if nobody else can": such providers share the last places.
        return (draw ** (1 / provider.weight), draw) if provider.weight > 0 else (-1.0, draw)

    return sorted(providers, key=key, reverse=True)


def _best_first(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(candidates, key=lambda c: -c.score))


def _expected_approval(health: ProviderHealth) -> float:
    """The mean of a Beta belief: what was seen on top of the prior."""
    if not health.calls or health.approval_rate is None:
        return PRIOR_SUCCESS_RATE
    seen = health.approval_rate * health.calls
    return (seen + PRIOR_SUCCESS_RATE * PRIOR_CALLS) / (health.calls + PRIOR_CALLS)


def _unmeasured(provider: ProviderConfig) -> str:
    return f"no recent calls, priority {provider.priority}"


def _explored(
    ranked: tuple[Candidate, ...], facts: RankingFacts, *, learnt: bool
) -> tuple[Candidate, ...]:
    """`ranked`, for a small share of first attempts with another candidate moved to the front."""
    if not learnt or not facts.may_explore or len(ranked) == 1:
        return ranked
    draw = facts.randomness.random()
    if draw >= EXPLORATION_SHARE:
        return ranked
    # The draw is uniform below the share, so that it can choose the candidate as well.
    chosen = ranked[1 + int(draw / EXPLORATION_SHARE * (len(ranked) - 1))]
    reason = f"explored: {EXPLORATION_SHARE:.0%} of payments try another than the best"
    tried = Candidate(chosen.provider, chosen.score, (*chosen.reasons, reason))
    return (tried, *(c for c in ranked if c is not chosen))
