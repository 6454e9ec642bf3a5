"""What windowed and discounted policies remember of each arm."""

from __future__ import annotations

from collections import deque


class Window:
    """Successes and outcomes of each arm among the last `size` outcomes of all arms together."""

    __slots__ = ("_last", "plays", "size", "wins")

    def __init__(self, arms: int, size: int) -> None:
        self.size = size
        self.plays = [0] * arms
        self.wins = [0] * arms
        self._last: deque[tuple[int, bool]] = deque()

    def __len__(self) -> int:
        return len(self._last)

    def add(self, arm: int, success: bool) -> None:
        """Take in an outcome and forget the one that it pushes out."""
        self._last.append((arm, success))
        self.plays[arm] += 1
        self.wins[arm] += success
        if len(self._last) > self.size:
            old, won = self._last.popleft()
            self.plays[old] -= 1
            self.wins[old] -= won


class Discounted:
    """Successes and failures of each arm, all multiplied by `discount` with each outcome."""

    __slots__ = ("discount", "losses", "wins")

    def __init__(self, arms: int, discount: float) -> None:
        self.discount = discount
        self.wins = [0.0] * arms
        self.losses = [0.0] * arms

    def add(self, arm: int, success: bool) -> None:
        """Take in an outcome; those before weigh a little less."""
        keep = self.discount
        self.wins = [keep * value for value in self.wins]
        self.losses = [keep * value for value in self.losses]
        (self.wins if success else self.losses)[arm] += 1.0
