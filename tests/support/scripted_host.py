"""A host of the interpreter whose time is a number and whose functions follow a script."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulation.asl import TaskFailed

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Slow:
    """An answer, or a failure, that comes after a time."""

    ms: int
    answer: object


@dataclass(frozen=True)
class Call:
    """One invocation as the host saw it, at the milliseconds since the start."""

    function: str
    payload: dict[str, object]
    timeout_s: int
    at_ms: int


class ScriptedHost:
    """Answers one call after the other from `script`; every wait passes at once."""

    def __init__(self, script: Iterable[object] = (), *, random: float = 0.5) -> None:
        self._script = iter(script)
        self._random = random
        self._now = EPOCH
        self.calls: list[Call] = []
        self.states: list[str] = []
        self.waits_ms: list[int] = []
        self.waits_until: list[datetime] = []

    @property
    def elapsed_ms(self) -> int:
        return (self._now - EPOCH) // timedelta(milliseconds=1)

    def invoke(self, function: str, payload: dict[str, object], timeout_s: int) -> object:
        self.calls.append(Call(function, payload, timeout_s, self.elapsed_ms))
        answer = next(self._script)
        if isinstance(answer, Slow):
            self._pass(min(answer.ms, timeout_s * 1000))
            if answer.ms > timeout_s * 1000:
                raise TaskFailed("States.Timeout", "no answer")
            answer = answer.answer
        if isinstance(answer, TaskFailed):
            # A new one, since the script may name one failure several times.
            raise TaskFailed(answer.error, answer.cause)
        return answer

    def wait_until(self, at: datetime) -> None:
        self.waits_until.append(at)
        self._now = max(self._now, at)

    def wait_ms(self, ms: int) -> None:
        self.waits_ms.append(ms)
        self._pass(ms)

    def random(self) -> float:
        return self._random

    def entered(self, state: str) -> None:
        self.states.append(state)

    def now(self) -> datetime:
        return self._now

    def _pass(self, ms: int) -> None:
        self._now += timedelta(milliseconds=ms)
