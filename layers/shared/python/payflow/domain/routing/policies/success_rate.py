"""PayFlow's own policy: a belief per arm that knows of outages, and the worth of asking again.

docs/routing.md explains it and has the figures. One fixed setting serves every workload.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar, Final

from payflow.domain.routing.policies.belief import Belief, Dynamics
from payflow.domain.routing.policies.interface import ArmPolicy

REFRESH_EVERY: Final = 8
"""An arm that nothing is heard of is looked at again after so many payments."""

LOST_AFTER: Final = 1000
"""An answer that has not come after so many payments is not waited for any more."""

MS_PER_PAYMENT: Final = 2000.0
"""With a clock, time passes at least this fast: a quiet night is time to recover, too."""


class SuccessRate(ArmPolicy):
    """Selects the arm of the highest `Belief.index`. Draws nothing: `seed` makes no difference.

    Outcomes count when they come, in whatever order, for the rate of now: what they were of is not
    said. Until then they are under way, and reduce the worth of asking the same arm once more. A
    further attempt in the same payment (`exclude`) is not a new payment, and no time passes.
    """

    name: ClassVar[str] = "success_rate"

    def __init__(self, arms: Sequence[str], seed: int, *, dynamics: Dynamics | None = None) -> None:
        super().__init__(arms, seed)
        self._beliefs = [Belief(dynamics or Dynamics()) for _ in self.arms]
        self._under_way = [deque[float]() for _ in self.arms]
        self._indices = [0.0] * len(self.arms)
        self._looked_at = [-float("inf")] * len(self.arms)
        self._now = 0.0
        self._clock_ms: int | None = None

    def select(self, *, now_ms: int | None = None, exclude: Collection[str] = ()) -> str:
        """The arm for the next attempt."""
        if not exclude:
            self._pass(1.0, now_ms)
        return super().select(now_ms=now_ms, exclude=exclude)

    def rates(self) -> dict[str, float]:
        """The expected success rate of each arm as of the last decision."""
        for belief in self._beliefs:
            belief.advance(self._now)
        return {arm: belief.mean for arm, belief in zip(self.arms, self._beliefs, strict=True)}

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The arm of the highest value; the first of equals."""
        best, best_value = allowed[0], -float("inf")
        for arm in allowed:
            value = self.value(arm, self._index(arm))
            if value > best_value:
                best, best_value = arm, value
        self._under_way[best].append(self._now)
        self._looked_at[best] = -float("inf")
        return best

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Take in an outcome; the oldest answer under way is taken to be the one that came."""
        self._pass(0.0, now_ms)
        if self._under_way[arm]:
            self._under_way[arm].popleft()
        belief = self._beliefs[arm]
        belief.advance(self._now)
        belief.observe(success)
        self._looked_at[arm] = -float("inf")

    def value(self, arm: int, rate: float) -> float:
        """What a selection is worth by the arm's index."""
        return rate

    def _index(self, arm: int) -> float:
        if self._now - self._looked_at[arm] >= REFRESH_EVERY:
            self._looked_at[arm] = self._now
            under_way = self._under_way[arm]
            while under_way and self._now - under_way[0] > LOST_AFTER:
                under_way.popleft()
            belief = self._beliefs[arm]
            belief.advance(self._now)
            self._indices[arm] = belief.index(len(under_way))
        return self._indices[arm]

    def _pass(self, payments: float, now_ms: int | None) -> None:
        """Time passes: by payments, or by the clock if that says more. It never runs backwards."""
        if now_ms is not None:
            if self._clock_ms is not None:
                payments = max(payments, (now_ms - self._clock_ms) / MS_PER_PAYMENT)
            self._clock_ms = now_ms if self._clock_ms is None else max(now_ms, self._clock_ms)
        self._now += payments


class ExpectedValue(SuccessRate):
    """Selects the highest margin × success - cost, with the success rates of `SuccessRate`.

    `margin` is what a success earns, `costs` what an attempt at each arm costs, in any one unit.
    """

    name: ClassVar[str] = "expected_value"

    def __init__(
        self,
        arms: Sequence[str],
        seed: int,
        *,
        margin: float = 1.0,
        costs: Mapping[str, float] | None = None,
        dynamics: Dynamics | None = None,
    ) -> None:
        super().__init__(arms, seed, dynamics=dynamics)
        self._margin = margin
        self._costs = [0.0 if costs is None else costs[arm] for arm in self.arms]

    def value(self, arm: int, rate: float) -> float:
        """Margin × success - cost."""
        return self._margin * rate - self._costs[arm]
