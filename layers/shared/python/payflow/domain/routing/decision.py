"""The routing decision: one pure function from a payment's facts and the market to candidates.

eligible -> breaker -> strategy -> candidates, best first. Every step says why: candidates carry
reasons in words, excluded providers a stable code (`payflow.domain.routing.eligibility` and below).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from payflow.domain.errors import InvalidRequest
from payflow.domain.ports import Randomness
from payflow.domain.provider import BreakerState, Market, ProviderConfig, ProviderHealth
from payflow.domain.routing.eligibility import ineligibility
from payflow.domain.routing.model import Candidate, Exclusion, RoutingDecision, RoutingRequest
from payflow.domain.routing.strategies import (
    DEFAULT_STRATEGY,
    STRATEGIES,
    RankingFacts,
    Strategy,
)

PROBE_SHARE_MIN: Final = 0.1
PROBE_SHARE_MAX: Final = 0.5
PROBE_RAMP_S: Final = 60.0
"""A half-open provider gets this share of payments first, rising over a minute without verdict.

A busy provider is judged by its first few probes; a quiet one would wait for hours otherwise.
"""

_NO_HEALTH: Final = ProviderHealth()


def route(
    request: RoutingRequest,
    market: Market,
    *,
    now: datetime,
    randomness: Randomness,
    tried: Sequence[str] = (),
) -> RoutingDecision:
    """Candidates for the next attempt, best first, and who was left out and why.

    `tried` names the providers that this payment has used up. Open breakers exclude a provider
    unless nobody else is left: a breaker never leaves a payment without any provider. Raises
    `InvalidRequest` (param `routing.strategy`) for a strategy that nobody knows. Same arguments and
    same draws give the same decision.
    """
    strategy = _strategy(request.preference.strategy)
    left, excluded = _eligible(request, market, tried)
    by_state = _by_breaker(left, market, now)
    facts = RankingFacts(request.amount_minor, market.health, randomness, may_explore=not tried)
    closed = _ranked(strategy, by_state[BreakerState.CLOSED], facts)
    half_open = _ranked(strategy, by_state[BreakerState.HALF_OPEN], facts)
    cut_off = by_state[BreakerState.OPEN]
    if closed or half_open:
        excluded.extend(Exclusion(provider.id, "breaker_open") for provider in cut_off)
        candidates = _with_probes(closed, half_open, facts, now)
    else:
        candidates = [
            _because(candidate, "breaker open, last resort")
            for candidate in _ranked(strategy, cut_off, facts)
        ]
    return RoutingDecision(strategy.name, tuple(candidates), tuple(excluded))


def _strategy(name: str | None) -> Strategy:
    strategy = STRATEGIES.get(name or DEFAULT_STRATEGY)
    if strategy is None:
        raise InvalidRequest(
            "unknown_strategy",
            f"there is no strategy {name!r}; there are {', '.join(sorted(STRATEGIES))}",
            param="routing.strategy",
        )
    return strategy


def _eligible(
    request: RoutingRequest, market: Market, tried: Sequence[str]
) -> tuple[list[ProviderConfig], list[Exclusion]]:
    left: list[ProviderConfig] = []
    excluded: list[Exclusion] = []
    for provider in market.providers:
        reason = ineligibility(provider, request)
        if reason is None and provider.id in tried:
            reason = "already_tried"
        if reason is None:
            left.append(provider)
        else:
            excluded.append(Exclusion(provider.id, reason))
    configured = {provider.id for provider in market.providers}
    excluded.extend(
        Exclusion(name, "not_configured")
        for name in dict.fromkeys(request.preference.providers)
        if name not in configured
    )
    return left, excluded


def _by_breaker(
    providers: Sequence[ProviderConfig], market: Market, now: datetime
) -> dict[BreakerState, list[ProviderConfig]]:
    groups: dict[BreakerState, list[ProviderConfig]] = {state: [] for state in BreakerState}
    for provider in providers:
        groups[market.health.get(provider.id, _NO_HEALTH).state_at(now)].append(provider)
    return groups


def _ranked(
    strategy: Strategy, providers: Sequence[ProviderConfig], facts: RankingFacts
) -> tuple[Candidate, ...]:
    return strategy.rank(providers, facts) if providers else ()


def _with_probes(
    closed: Sequence[Candidate], half_open: Sequence[Candidate], facts: RankingFacts, now: datetime
) -> list[Candidate]:
    """Half-open candidates: a few go first as probes, the others wait behind the healthy ones."""
    probes: list[Candidate] = []
    backups: list[Candidate] = []
    for candidate in half_open:
        share = probe_share(facts.health[candidate.provider], now)
        if facts.randomness.random() < share:
            probes.append(_because(candidate, f"breaker half-open, probed by {share:.0%}"))
        else:
            backups.append(_because(candidate, "breaker half-open, kept as back-up"))
    return [*probes, *closed, *backups]


def probe_share(health: ProviderHealth, now: datetime) -> float:
    """The probability that a half-open provider is tried first."""
    if health.open_until is None:
        return PROBE_SHARE_MIN
    waited_s = max(0.0, (now - health.open_until).total_seconds())
    ramp = min(1.0, waited_s / PROBE_RAMP_S)
    return PROBE_SHARE_MIN + (PROBE_SHARE_MAX - PROBE_SHARE_MIN) * ramp


def _because(candidate: Candidate, reason: str) -> Candidate:
    return replace(candidate, reasons=(*candidate.reasons, reason))
