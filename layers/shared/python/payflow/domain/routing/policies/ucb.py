"""Upper confidence bounds: on everything seen, on a window, on discounted counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from payflow.domain.routing.policies.interface import IndexPolicy
from payflow.domain.routing.policies.memory import Discounted, Window


class Ucb1(IndexPolicy):
    """UCB1: mean + sqrt(2 ln t / n), for rates that do not change.

    Auer, Cesa-Bianchi and Fischer, "Finite-time analysis of the multiarmed bandit problem", 2002.
    """

    name: ClassVar[str] = "ucb1"

    def __init__(self, arms: Sequence[str], seed: int, *, exploration: float = 2.0) -> None:
        super().__init__(arms, seed)
        self._exploration = exploration
        self._plays = [0] * len(self.arms)
        self._wins = [0] * len(self.arms)
        self._total = 0

    def indices(self, allowed: Sequence[int]) -> list[float]:
        """The upper bound of each arm's mean."""
        spread = self._exploration * math.log(self._total) if self._total else 0.0
        plays, wins = self._plays, self._wins
        return [
            wins[arm] / plays[arm] + math.sqrt(spread / plays[arm]) if plays[arm] else math.inf
            for arm in allowed
        ]

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Count the outcome."""
        self._total += 1
        self._plays[arm] += 1
        self._wins[arm] += success


class SlidingWindowUcb(IndexPolicy):
    """SW-UCB: the bound sqrt(ξ ln min(t, τ) / n) on the last τ outcomes of all arms.

    Garivier and Moulines, "On upper-confidence bound policies for switching bandit problems", 2011.
    """

    name: ClassVar[str] = "sw_ucb"

    def __init__(
        self, arms: Sequence[str], seed: int, *, window: int = 200, exploration: float = 0.6
    ) -> None:
        super().__init__(arms, seed)
        self._exploration = exploration
        self._window = Window(len(self.arms), window)

    def indices(self, allowed: Sequence[int]) -> list[float]:
        """The upper bound of each arm's mean in the window."""
        spread = self._exploration * math.log(max(1, len(self._window)))
        plays, wins = self._window.plays, self._window.wins
        return [
            wins[arm] / plays[arm] + math.sqrt(spread / plays[arm]) if plays[arm] else math.inf
            for arm in allowed
        ]

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Put the outcome into the window."""
        self._window.add(arm, success)


class DiscountedUcb(IndexPolicy):
    """D-UCB: the bound 2 sqrt(ξ ln n_t / N) on counts that are discounted with each outcome.

    Kocsis and Szepesvári, "Discounted UCB", 2006; the form of Garivier and Moulines, 2011, who set
    the discount to 1 - sqrt(changes / horizon) / 4: 0.993 at 4 changes in 5,000.
    """

    name: ClassVar[str] = "d_ucb"

    def __init__(
        self, arms: Sequence[str], seed: int, *, discount: float = 0.993, exploration: float = 0.6
    ) -> None:
        super().__init__(arms, seed)
        self._exploration = exploration
        self._counts = Discounted(len(self.arms), discount)

    def indices(self, allowed: Sequence[int]) -> list[float]:
        """The upper bound of each arm's discounted mean."""
        wins, losses = self._counts.wins, self._counts.losses
        total = sum(wins) + sum(losses)
        spread = self._exploration * math.log(max(1.0, total))
        scores = []
        for arm in allowed:
            plays = wins[arm] + losses[arm]
            scores.append(
                wins[arm] / plays + 2 * math.sqrt(spread / plays) if plays > 0 else math.inf
            )
        return scores

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Count the outcome and discount those before."""
        self._counts.add(arm, success)
