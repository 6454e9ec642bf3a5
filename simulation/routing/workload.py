"""A workload: what each arm's true success rate is at every payment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

PAYMENTS_MAX: Final = 5_000_000
ARMS_MAX: Final = 100

Rates = tuple[float, ...]


class WorkloadError(Exception):
    """A document is not a workload; `problems` has a path and a reason for everything wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Workload:
    """`rates[t][a]` is arm a's true probability of success at payment t.

    The outcome of a payment is known to the policy before the decision `feedback_delay` payments
    after the next one.
    """

    name: str
    arms: tuple[str, ...]
    rates: Sequence[Rates]
    feedback_delay: int = 0

    def delayed(self, feedback_delay: int) -> Workload:
        """The same with another delay."""
        return replace(self, feedback_delay=feedback_delay)

    @cached_property
    def best(self) -> list[float]:
        """The rate of the best arm at each payment."""
        return [max(rates) for rates in self.rates]

    @cached_property
    def mean_rates(self) -> Rates:
        """Each arm's mean rate over all payments."""
        return tuple(sum(column) / len(self.rates) for column in zip(*self.rates, strict=True))

    @cached_property
    def best_static(self) -> int:
        """The number of the arm that is best on the whole."""
        return max(range(len(self.arms)), key=self.mean_rates.__getitem__)


def parse_workload(document: object) -> Workload:
    """The workload of a document {"name", "arms", "feedback_delay"?, "segments"}.

    Each segment is [payments, [rate of each arm]]. Raises `WorkloadError` with every problem.
    """
    if not isinstance(document, Mapping):
        raise WorkloadError(["the document is not an object"])
    problems = [f"{key}: there is no such key" for key in document if key not in _KEYS]
    name = document.get("name", "workload")
    if not isinstance(name, str):
        problems.append("name: not a text")
    delay = document.get("feedback_delay", 0)
    if not _is_count(delay, 0):
        problems.append("feedback_delay: not a whole number from 0 on")
    arms = document.get("arms")
    if not _are_arms(arms):
        raise WorkloadError([*problems, f"arms: not a list of 1 to {ARMS_MAX} different names"])
    assert isinstance(arms, list)
    rates = _parse_segments(document.get("segments"), len(arms), problems)
    if problems:
        raise WorkloadError(problems)
    return Workload(str(name), tuple(arms), rates, delay)


_KEYS: Final = frozenset({"name", "arms", "feedback_delay", "segments"})


def _are_arms(arms: object) -> bool:
    return (
        isinstance(arms, list)
        and 1 <= len(arms) <= ARMS_MAX
        and all(isinstance(arm, str) and arm for arm in arms)
        and len(set(arms)) == len(arms)
    )


def _parse_segments(segments: object, arms: int, problems: list[str]) -> list[Rates]:
    if not isinstance(segments, list) or not segments:
        problems.append("segments: not a list of [payments, [rate of each arm]]")
        return []
    rates: list[Rates] = []
    for number, segment in enumerate(segments):
        path = f"segments[{number}]"
        if not isinstance(segment, list) or len(segment) != 2:
            problems.append(f"{path}: not [payments, [rate of each arm]]")
            continue
        payments, values = segment
        if not _is_count(payments, 1):
            problems.append(f"{path}[0]: not a whole number from 1 on")
        elif len(rates) + payments > PAYMENTS_MAX:
            problems.append(f"{path}[0]: more than {PAYMENTS_MAX:,} payments in all")
            return []
        elif not isinstance(values, list) or len(values) != arms:
            problems.append(f"{path}[1]: not one rate for each of {arms} arms")
        elif not all(_is_rate(value) for value in values):
            problems.append(f"{path}[1]: a rate is a number from 0 to 1")
        else:
            rates.extend([tuple(float(value) for value in values)] * payments)
    return rates


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_rate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
