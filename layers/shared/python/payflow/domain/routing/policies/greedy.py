"""Greedy policies: the best of recent outcomes, and now and then another."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import ClassVar

from payflow.domain.routing.policies.interface import ArmPolicy


class EpsilonGreedy(ArmPolicy):
    """The best mean of each arm's last `window` outcomes; any arm with probability `epsilon`.

    Sutton and Barto, "Reinforcement Learning", 2nd ed., 2018, sections 2.2 and 2.5. An arm without
    outcomes counts as perfect.
    """

    name: ClassVar[str] = "epsilon_greedy"

    def __init__(
        self, arms: Sequence[str], seed: int, *, epsilon: float = 0.05, window: int = 200
    ) -> None:
        super().__init__(arms, seed)
        self._epsilon = epsilon
        self._last = [deque[bool](maxlen=window) for _ in self.arms]
        self._wins = [0] * len(self.arms)

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The best of `allowed`, or one at random."""
        if self.chance.random() < self._epsilon:
            return allowed[self.chance.below(len(allowed))]
        return max(allowed, key=self._mean)

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Put the outcome into the arm's window."""
        last = self._last[arm]
        if len(last) == last.maxlen:
            self._wins[arm] -= last[0]
        last.append(success)
        self._wins[arm] += success

    def _mean(self, arm: int) -> float:
        count = len(self._last[arm])
        return self._wins[arm] / count if count else 1.0


class Srv3(ArmPolicy):
    """Success rate version 3 of Juspay's open decision engine (github.com/juspay/decision-engine).

    Each arm has a queue of its last `bucket` outcomes, full of successes at first; its score is the
    queue's mean. The best is selected, and with probability `hedging` another, each alike.
    """

    name: ClassVar[str] = "srv3"

    def __init__(
        self, arms: Sequence[str], seed: int, *, bucket: int = 125, hedging: float = 0.05
    ) -> None:
        super().__init__(arms, seed)
        self._hedging = hedging
        self._queues = [deque([True] * bucket, maxlen=bucket) for _ in self.arms]
        self._scores = [bucket] * len(self.arms)

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The best of `allowed`, or another one."""
        best = max(allowed, key=self._scores.__getitem__)
        if len(allowed) > 1 and self.chance.random() < self._hedging:
            others = [arm for arm in allowed if arm != best]
            return others[self.chance.below(len(others))]
        return best

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Put the outcome into the arm's queue, and the oldest one out."""
        queue = self._queues[arm]
        self._scores[arm] += success - queue[0]
        queue.append(success)
