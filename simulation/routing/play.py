"""One run: a policy meets a workload, with given random numbers."""

from __future__ import annotations

import random
from array import array
from collections import deque
from dataclasses import dataclass
from typing import Final

from payflow.domain.routing.policies.interface import Policy
from simulation.routing.workload import Workload

POINTS: Final = 200
"""Points of a run's curves, if it has as many payments."""

LATENCY_MS: Final = 200


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it; all in true probabilities, so that luck of the draw is left out.

    `success` is the mean probability that a payment succeeds, fail-over included; `regret` the sum
    of what the first attempts fall short of the best arm of their moment. `regret_at` is the regret
    so far at each point, `shares[p][a]` the share of arm a in the first attempts up to point p.
    """

    success: float
    regret: float
    attempts: int
    regret_at: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]


class Draws:
    """The random numbers of one run: a draw per payment and arm, the same for every policy."""

    def __init__(self, workload: Workload, seed: int) -> None:
        self._arms = len(workload.arms)
        source = random.Random(seed)
        self._draws = array("d", (source.random() for _ in range(len(workload.rates) * self._arms)))

    def succeeds(self, payment: int, arm: int, rate: float) -> bool:
        """Whether this payment would succeed at this arm."""
        return self._draws[payment * self._arms + arm] < rate


class _Curves:
    """Collects the curves of a run."""

    def __init__(self, workload: Workload) -> None:
        self._every = max(1, len(workload.rates) // POINTS)
        self._counts = [0] * len(workload.arms)
        self.regret = 0.0
        self.regret_at: list[float] = []
        self.shares: list[tuple[float, ...]] = []

    def add(self, payment: int, arm: int, lost: float) -> None:
        self.regret += lost
        self._counts[arm] += 1
        if (payment + 1) % self._every == 0:
            self.regret_at.append(self.regret)
            total = sum(self._counts)
            self.shares.append(tuple(count / total for count in self._counts))
            self._counts = [0] * len(self._counts)


def play(workload: Workload, policy: Policy, draws: Draws, *, failover: int = 0) -> Run:
    """Let `policy` decide every payment of `workload`; up to `failover` more attempts in each.

    A payment knows at once that its attempt failed; the policy is told of all its attempts
    `workload.feedback_delay` payments later.
    """
    numbers = {arm: number for number, arm in enumerate(workload.arms)}
    waiting: deque[tuple[int, str, bool]] = deque()
    curves = _Curves(workload)
    attempts_max = min(failover + 1, len(workload.arms))
    success, attempts = 0.0, 0
    for payment, rates in enumerate(workload.rates):
        while waiting and waiting[0][0] <= payment:
            _, arm, succeeded = waiting.popleft()
            policy.record(arm, succeeded, LATENCY_MS)
        tried: list[str] = []
        succeeded = False
        while not succeeded and len(tried) < attempts_max:
            arm = policy.select(exclude=tried) if tried else policy.select()
            number = numbers[arm]
            succeeded = draws.succeeds(payment, number, rates[number])
            success += rates[number]
            if not tried:
                curves.add(payment, number, workload.best[payment] - rates[number])
            tried.append(arm)
            if workload.feedback_delay:
                waiting.append((payment + 1 + workload.feedback_delay, arm, succeeded))
            else:
                policy.record(arm, succeeded, LATENCY_MS)
        attempts += len(tried)
    return Run(
        success=success / len(workload.rates),
        regret=curves.regret,
        attempts=attempts,
        regret_at=tuple(curves.regret_at),
        shares=tuple(curves.shares),
    )


def ideal_success(workload: Workload, *, failover: int = 0) -> tuple[float, float]:
    """The success of a payment with the best order of arms at each moment, and with one order.

    The one order is that of the arms' mean rates: the best static arm, then the next.
    """
    attempts_max = min(failover + 1, len(workload.arms))
    static = sorted(range(len(workload.arms)), key=lambda arm: -workload.mean_rates[arm])
    oracle_sum = static_sum = 0.0
    for rates in workload.rates:
        oracle_sum += _any_succeeds(sorted(rates, reverse=True)[:attempts_max])
        static_sum += _any_succeeds([rates[arm] for arm in static[:attempts_max]])
    return oracle_sum / len(workload.rates), static_sum / len(workload.rates)


def _any_succeeds(rates: list[float]) -> float:
    all_fail = 1.0
    for rate in rates:
        all_fail *= 1 - rate
    return 1 - all_fail
