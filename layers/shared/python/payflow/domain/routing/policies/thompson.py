"""Thompson sampling: a draw from each arm's Beta belief, the highest draw is selected."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from payflow.domain.routing.policies.interface import ArmPolicy
from payflow.domain.routing.policies.memory import Discounted, Window


class _BetaPolicy(ArmPolicy):
    """Selects the highest draw; what is remembered is the subclass's business."""

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The arm of the highest draw among `allowed`."""
        best, best_draw = allowed[0], -1.0
        for arm in allowed:
            wins, losses = self.counts(arm)
            draw = self.chance.beta(wins + 1.0, losses + 1.0)
            if draw > best_draw:
                best, best_draw = arm, draw
        return best

    @abstractmethod
    def counts(self, arm: int) -> tuple[float, float]:
        """Successes and failures that are remembered of the arm."""


class Thompson(_BetaPolicy):
    """Everything is remembered: for rates that do not change.

    Thompson, "On the likelihood that one unknown probability exceeds another", 1933; Chapelle and
    Li, "An empirical evaluation of Thompson sampling", 2011.
    """

    name: ClassVar[str] = "thompson"

    def __init__(self, arms: Sequence[str], seed: int) -> None:
        super().__init__(arms, seed)
        self._wins = [0] * len(self.arms)
        self._losses = [0] * len(self.arms)

    def counts(self, arm: int) -> tuple[float, float]:
        """All of the arm's outcomes."""
        return self._wins[arm], self._losses[arm]

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Count the outcome."""
        (self._wins if success else self._losses)[arm] += 1


class DiscountedThompson(_BetaPolicy):
    """Counts of all arms are discounted with each outcome.

    Raj and Kalyani, "Taming non-stationary bandits: a Bayesian approach", 2017.
    """

    name: ClassVar[str] = "discounted_thompson"

    def __init__(self, arms: Sequence[str], seed: int, *, discount: float = 0.995) -> None:
        super().__init__(arms, seed)
        self._counts = Discounted(len(self.arms), discount)

    def counts(self, arm: int) -> tuple[float, float]:
        """The arm's discounted outcomes."""
        return self._counts.wins[arm], self._counts.losses[arm]

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Count the outcome and discount those before."""
        self._counts.add(arm, success)


class SlidingWindowThompson(_BetaPolicy):
    """The last `window` outcomes of all arms are remembered.

    Trovò, Paladino, Restelli and Gatti, "Sliding-window Thompson sampling for non-stationary
    settings", 2020.
    """

    name: ClassVar[str] = "sw_thompson"

    def __init__(self, arms: Sequence[str], seed: int, *, window: int = 500) -> None:
        super().__init__(arms, seed)
        self._window = Window(len(self.arms), window)

    def counts(self, arm: int) -> tuple[float, float]:
        """The arm's outcomes in the window."""
        plays, wins = self._window.plays[arm], self._window.wins[arm]
        return wins, plays - wins

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Put the outcome into the window."""
        self._window.add(arm, success)
