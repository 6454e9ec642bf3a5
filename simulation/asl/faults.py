"""`Retry` and `Catch`: what happens after a function did not answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simulation.asl.documents import Writer, writer
from simulation.asl.fields import Fields, exactly, items, text, whole
from simulation.asl.host import RUNTIME, TIMED_OUT, Host

ALL: Final = "States.ALL"
# "A retry or catch on States.ALL won't catch States.Runtime errors": Step Functions Developer
# Guide, "Handling errors in Step Functions workflows", which says the same of the other.
TERMINAL: Final = frozenset({RUNTIME, "States.DataLimitExceeded"})
# The longest delays that the language allows, and more attempts than any simulated execution has
# time for.
DELAY_S_MAX: Final = 31_622_400
ATTEMPTS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class ErrorNames:
    """The errors that a rule is for; None stands for `States.ALL`."""

    names: frozenset[str] | None

    def match(self, error: str) -> bool:
        """Whether the rule is for `error`."""
        return error not in TERMINAL if self.names is None else error in self.names


@dataclass(frozen=True, slots=True)
class Retrier:
    """One rule of `Retry`: the delay before each further attempt, before jitter."""

    errors: ErrorNames
    delays_ms: tuple[int, ...]
    full_jitter: bool


@dataclass(frozen=True, slots=True)
class Catcher:
    """One rule of `Catch`."""

    errors: ErrorNames
    put: Writer
    next: str


class Attempts:
    """What was retried since a state was entered; each rule counts its own attempts."""

    __slots__ = ("_counts", "_rules")

    def __init__(self, rules: tuple[Retrier, ...]) -> None:
        self._rules = rules
        self._counts = [0] * len(rules)

    def delay_ms(self, error: str, host: Host) -> int | None:
        """How long to wait before the next attempt; None if there is none.

        The first rule for the error decides, even if a later one had attempts left. Full jitter
        is a number drawn between 0 and the delay that the rule has come to.
        """
        for index, rule in enumerate(self._rules):
            if rule.errors.match(error):
                count = self._counts[index]
                if count == len(rule.delays_ms):
                    return None
                self._counts[index] = count + 1
                delay_ms = rule.delays_ms[count]
                return int(host.random() * delay_ms) if rule.full_jitter else delay_ms
        return None


def retriers(where: str, source: object) -> tuple[Retrier, ...]:
    """Compile `Retry`."""
    rules = tuple(_retrier(Fields(f"{where}, Retry", rule)) for rule in items(source))
    _all_comes_last([rule.errors for rule in rules])
    return rules


def catchers(where: str, source: object) -> tuple[Catcher, ...]:
    """Compile `Catch`."""
    rules = tuple(_catcher(Fields(f"{where}, Catch", rule)) for rule in items(source))
    _all_comes_last([rule.errors for rule in rules])
    return rules


def _retrier(fields: Fields) -> Retrier:
    errors = fields.take("ErrorEquals", _error_names)
    interval_s = fields.take("IntervalSeconds", whole(1, DELAY_S_MAX), 1)
    rate = fields.take("BackoffRate", _rate, 2.0)
    attempts = fields.take("MaxAttempts", whole(0, ATTEMPTS_MAX), 3)
    delay_s_max = fields.take("MaxDelaySeconds", whole(1, DELAY_S_MAX), DELAY_S_MAX)
    jitter = fields.take("JitterStrategy", exactly("FULL", "NONE"), "NONE")
    fields.done()
    delays_ms = []
    delay_s = float(interval_s)
    for _ in range(attempts):
        delays_ms.append(int(min(delay_s, delay_s_max) * 1000))
        delay_s = min(delay_s * rate, DELAY_S_MAX)
    return Retrier(errors, tuple(delays_ms), jitter == "FULL")


def _catcher(fields: Fields) -> Catcher:
    rule = Catcher(
        fields.take("ErrorEquals", _error_names),
        fields.take("ResultPath", writer, writer("$")),
        fields.take("Next", text),
    )
    fields.done()
    return rule


def _rate(value: object) -> float:
    if type(value) not in (int, float) or not isinstance(value, int | float) or value < 1:
        raise ValueError(f"{value!r} is no number from 1")
    return float(value)


def _error_names(source: object) -> ErrorNames:
    names = frozenset(text(name) for name in items(source))
    if names == {ALL}:
        return ErrorNames(None)
    for name in names:
        # The other reserved names stand for groups of errors, or for errors of other states.
        if name.startswith("States.") and name != TIMED_OUT:
            raise ValueError(f"{name} is not supported here")
    return ErrorNames(names)


def _all_comes_last(rules: list[ErrorNames]) -> None:
    if any(rule.names is None for rule in rules[:-1]):
        raise ValueError(f"{ALL} must come last")
