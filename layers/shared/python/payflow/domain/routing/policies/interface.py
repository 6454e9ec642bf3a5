"""What every policy can do, and what most of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import ClassVar, Protocol

from payflow.domain.routing.policies.chance import Chance


class Policy(Protocol):
    """Chooses an arm for each payment and learns from the outcomes.

    Outcomes may come late, in any order, for arms that were not selected here, or never. A policy
    has no clock: time is the count of its decisions, unless `now_ms` is passed to both calls.
    """

    name: ClassVar[str]
    arms: tuple[str, ...]

    def select(self, *, now_ms: int | None = None, exclude: Collection[str] = ()) -> str:
        """The arm for the next attempt; `exclude` names those that this payment has used up.

        If all arms are excluded, all are allowed again.
        """
        ...

    def record(
        self,
        arm: str,
        success: bool,
        latency_ms: float | None = None,
        *,
        now_ms: int | None = None,
    ) -> None:
        """The outcome of an attempt at `arm`. Raises `ValueError` for an arm that is not its."""
        ...


class ArmPolicy(ABC):
    """A policy whose arms are numbers inside, with a score for each; the highest is selected."""

    name: ClassVar[str]

    def __init__(self, arms: Sequence[str], seed: int) -> None:
        """Begin without any knowledge of `arms`. Raises `ValueError` if there is none, or twice."""
        if not arms or len(set(arms)) != len(arms):
            raise ValueError("a policy needs at least one arm, and each only once")
        self.arms: tuple[str, ...] = tuple(arms)
        self.chance = Chance(seed)
        self._numbers = {arm: number for number, arm in enumerate(self.arms)}
        self._all = tuple(range(len(self.arms)))

    def select(self, *, now_ms: int | None = None, exclude: Collection[str] = ()) -> str:
        """The arm for the next attempt."""
        allowed: Sequence[int] = self._all
        if exclude:
            allowed = [n for n in self._all if self.arms[n] not in exclude] or self._all
        return self.arms[self.choose(allowed, now_ms)]

    def record(
        self,
        arm: str,
        success: bool,
        latency_ms: float | None = None,
        *,
        now_ms: int | None = None,
    ) -> None:
        """The outcome of an attempt at `arm`."""
        number = self._numbers.get(arm)
        if number is None:
            raise ValueError(f"{arm!r} is not one of {', '.join(self.arms)}")
        self.learn(number, bool(success), latency_ms, now_ms)

    @abstractmethod
    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The number of the arm for the next attempt, one of `allowed`."""

    @abstractmethod
    def learn(self, arm: int, success: bool, latency_ms: float | None, now_ms: int | None) -> None:
        """Take in an outcome of the arm of this number."""


class IndexPolicy(ArmPolicy):
    """Each arm has an index; an arm without any outcome comes first, least often selected first."""

    def __init__(self, arms: Sequence[str], seed: int) -> None:
        super().__init__(arms, seed)
        self.selected = [0] * len(self.arms)

    def choose(self, allowed: Sequence[int], now_ms: int | None) -> int:
        """The arm of the highest index, equal ones by how seldom they were selected."""
        scores = self.indices(allowed)
        best = allowed[0]
        best_score = scores[0]
        for arm, score in zip(allowed, scores, strict=True):
            if score > best_score or (
                score == best_score and self.selected[arm] < self.selected[best]
            ):
                best, best_score = arm, score
        self.selected[best] += 1
        return best

    @abstractmethod
    def indices(self, allowed: Sequence[int]) -> list[float]:
        """The index of each arm in `allowed`; infinite for one that nothing is known of."""
