"""Policies that do not learn from success: by configuration, in turn, by speed, by cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from payflow.domain.routing.policies.interface import ArmPolicy

LATENCY_WEIGHT = 0.05
"""Weight of the newest answer in an arm's mean latency."""


class Priority(ArmPolicy):
    """Always the first allowed arm, in the order given: routing by a list, as most shops begin."""

    name: ClassVar[str] = "priority"

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The first of `allowed`."""
        return allowed[0]

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Nothing."""


class Weighted(Priority):
    """At random in proportion to `weights`; equal ones unless given."""

    name: ClassVar[str] = "weighted"

    def __init__(
        self, arms: Sequence[str], seed: int, *, weights: Mapping[str, float] | None = None
    ) -> None:
        super().__init__(arms, seed)
        self._weights = [1.0 if weights is None else weights[arm] for arm in self.arms]
        if min(self._weights) < 0:
            raise ValueError("a weight is not negative")

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """A weighted draw among `allowed`; an even one if none of them has a weight."""
        total = sum(self._weights[arm] for arm in allowed)
        if not total:
            return allowed[self.chance.below(len(allowed))]
        left = self.chance.random() * total
        for arm in allowed:
            left -= self._weights[arm]
            if left < 0:
                return arm
        return allowed[-1]


class RoundRobin(Priority):
    """In turn."""

    name: ClassVar[str] = "round_robin"

    def __init__(self, arms: Sequence[str], seed: int) -> None:
        super().__init__(arms, seed)
        self._next = 0

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The first of `allowed` from the place whose turn it is."""
        chosen = min(allowed, key=lambda arm: (arm - self._next) % len(self.arms))
        self._next = (chosen + 1) % len(self.arms)
        return chosen


class LeastLatency(Priority):
    """The arm with the lowest moving mean of `latency_ms`; those without any come first, once."""

    name: ClassVar[str] = "least_latency"

    def __init__(self, arms: Sequence[str], seed: int) -> None:
        super().__init__(arms, seed)
        self._latency_ms = [0.0] * len(self.arms)

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The fastest of `allowed`."""
        return min(allowed, key=self._latency_ms.__getitem__)

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Move the arm's mean towards `latency_ms`."""
        if latency_ms is not None:
            mean = self._latency_ms[arm]
            weight = LATENCY_WEIGHT if mean else 1.0
            self._latency_ms[arm] = mean + weight * (latency_ms - mean)


class LeastCost(Priority):
    """The arm of the lowest cost, from `costs` in any one unit; equal ones in the order given."""

    name: ClassVar[str] = "least_cost"

    def __init__(
        self, arms: Sequence[str], seed: int, *, costs: Mapping[str, float] | None = None
    ) -> None:
        super().__init__(arms, seed)
        self._costs = [0.0 if costs is None else costs[arm] for arm in self.arms]

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The cheapest of `allowed`."""
        return min(allowed, key=self._costs.__getitem__)
