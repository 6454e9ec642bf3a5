"""KL-UCB: the highest rate that is not too unlikely, on a window or since the last change found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Final

from payflow.domain.routing.policies.interface import IndexPolicy
from payflow.domain.routing.policies.memory import Window

_BISECTIONS: Final = 16
"""Halvings of [mean, 1] that find the bound: to 1.5e-5."""

_EPSILON: Final = 1e-12


def divergence(p: float, q: float) -> float:
    """The Kullback-Leibler divergence of Bernoulli(q) from Bernoulli(p), in nats."""
    q = min(max(q, _EPSILON), 1.0 - _EPSILON)
    found = 0.0
    if p > 0.0:
        found += p * math.log(p / q)
    if p < 1.0:
        found += (1.0 - p) * math.log((1.0 - p) / (1.0 - q))
    return found


def upper_bound(mean: float, allowance: float) -> float:
    """The highest q in [mean, 1] with divergence(mean, q) <= `allowance`."""
    # Pinsker: the divergence is at least 2 (q - mean)^2.
    low, high = mean, min(1.0, mean + math.sqrt(allowance / 2.0))
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        if divergence(mean, middle) > allowance:
            high = middle
        else:
            low = middle
    return low


class SlidingWindowKlUcb(IndexPolicy):
    """KL-UCB with ln min(t, τ) on the last τ outcomes of all arms.

    Garivier and Cappé, "The KL-UCB algorithm for bounded stochastic bandits and beyond", 2011, with
    the window of Garivier and Moulines, 2011; so in github.com/SMPyBandits/SMPyBandits.
    """

    name: ClassVar[str] = "sw_klucb"

    def __init__(self, arms: Sequence[str], seed: int, *, window: int = 2000) -> None:
        super().__init__(arms, seed)
        self._window = Window(len(self.arms), window)

    def indices(self, allowed: Sequence[int]) -> list[float]:
        """The upper bound of each arm's rate in the window."""
        spread = math.log(max(1, len(self._window)))
        plays, wins = self._window.plays, self._window.wins
        return [
            upper_bound(wins[arm] / plays[arm], spread / plays[arm]) if plays[arm] else math.inf
            for arm in allowed
        ]

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Put the outcome into the window."""
        self._window.add(arm, success)


class GlrKlUcb(IndexPolicy):
    """GLR-klUCB with local restarts: KL-UCB since an arm's last change, changes found by a test.

    Besson, Kaufmann, Maillard and Seznec, "Efficient change-point detection for tackling
    piecewise-stationary bandits", 2022; their code is in github.com/SMPyBandits/SMPyBandits. The
    generalised likelihood ratio against no change, its threshold ln(n^(3/2) / δ), forced
    exploration of every arm at rate 0.1 sqrt(K ln T / T), δ = 1 / sqrt(T). The test is made
    with every tenth outcome of an arm, at every fifth place and at no more than a hundred.
    """

    name: ClassVar[str] = "glr_klucb"
    _TEST_EVERY: Final = 10
    _SPLIT_EVERY: Final = 5
    _SPLITS_MAX: Final = 100

    def __init__(self, arms: Sequence[str], seed: int, *, horizon: int = 20_000) -> None:
        super().__init__(arms, seed)
        exploration = 0.1 * math.sqrt(len(self.arms) * math.log(horizon) / horizon)
        self._explore_every = max(len(self.arms), math.ceil(len(self.arms) / exploration))
        self._delta = 1.0 / math.sqrt(horizon)
        # Successes among the first n outcomes since the arm's last change, for every n.
        self._sums = [[0] for _ in self.arms]
        self._decisions = 0
        self._restarted = [0] * len(self.arms)

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The highest bound, or the arm whose turn it is to be explored."""
        turn = self._decisions % self._explore_every
        self._decisions += 1
        if turn in allowed:
            self.selected[turn] += 1
            return turn
        return super().choose(allowed, now_ms)

    def indices(self, allowed: Sequence[int]) -> list[float]:
        """The upper bound of each arm's rate since its last change."""
        scores = []
        for arm in allowed:
            plays, wins = len(self._sums[arm]) - 1, self._sums[arm][-1]
            spread = math.log(max(1, self._decisions - self._restarted[arm]))
            scores.append(upper_bound(wins / plays, spread / plays) if plays else math.inf)
        return scores

    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Append the outcome; forget all of the arm if its rate has changed."""
        sums = self._sums[arm]
        sums.append(sums[-1] + success)
        if (len(sums) - 1) % self._TEST_EVERY == 0 and self._changed(sums):
            self._sums[arm] = [0]
            self._restarted[arm] = self._decisions

    def _changed(self, sums: list[int]) -> bool:
        plays, wins = len(sums) - 1, sums[-1]
        mean = wins / plays
        threshold = math.log(plays**1.5 / self._delta)
        step = max(self._SPLIT_EVERY, plays // self._SPLITS_MAX)
        return any(
            split * divergence(sums[split] / split, mean)
            + (plays - split) * divergence((wins - sums[split]) / (plays - split), mean)
            > threshold
            for split in range(step, plays, step)
        )
