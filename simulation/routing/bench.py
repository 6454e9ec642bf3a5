"""Policies side by side on one workload, over seeds, with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from payflow.domain.routing.strategies import create_strategy
from simulation.routing.play import Draws, Run, ideal_success, play
from simulation.routing.workload import Workload

# Student's t, two-sided 95 %, by degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
_T_95: Final = (
    (1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (6, 2.447), (7, 2.365),
    (8, 2.306), (9, 2.262), (10, 2.228), (12, 2.179), (15, 2.131), (20, 2.086), (30, 2.042),
    (60, 2.0), (120, 1.98),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds and its 95 % interval (Student's t); one seed alone has no interval."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """A policy's figures; `gap_closed` is None where the oracle is no better than a static arm."""

    policy: str
    success_rate: Estimate
    regret: Estimate
    gap_closed: Estimate | None
    attempts_per_payment: float
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class BenchResult:
    """All policies' figures, and the two that they are measured against."""

    workload: Workload
    failover: int
    seeds: tuple[int, ...]
    oracle_success: float
    static_success: float
    static_regret: float
    policies: tuple[PolicyResult, ...]


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and interval of independent runs."""
    count = len(values)
    mean = sum(values) / count
    if count == 1:
        return Estimate(mean, None, None)
    variance = sum((value - mean) ** 2 for value in values) / (count - 1)
    half = student_t(count - 1) * math.sqrt(variance / count)
    return Estimate(mean, mean - half, mean + half)


def student_t(freedom: int) -> float:
    """The 97.5 % point of Student's t; between the table's rows the larger one."""
    return next((t for upto, t in reversed(_T_95) if upto <= freedom), _T_95[0][1])


def run_bench(
    workload: Workload,
    policies: Sequence[str],
    seeds: Sequence[int],
    *,
    failover: int = 0,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> BenchResult:
    """Every policy on every seed; within a seed all see the same random numbers."""
    oracle, static = ideal_success(workload, failover=failover)
    runs: dict[str, list[Run]] = {policy: [] for policy in policies}
    total = len(seeds) * len(policies)
    for seed in seeds:
        draws = Draws(workload, seed)
        for name in policies:
            policy = create_strategy(name, arms=workload.arms, seed=seed)
            runs[name].append(play(workload, policy, draws, failover=failover))
            report(sum(map(len, runs.values())), total)
    best = workload.best_static
    return BenchResult(
        workload=workload,
        failover=failover,
        seeds=tuple(seeds),
        oracle_success=oracle,
        static_success=static,
        static_regret=sum(workload.best) - workload.mean_rates[best] * len(workload.rates),
        policies=tuple(
            _result(name, runs[name], oracle, static, len(workload.rates)) for name in policies
        ),
    )


def _result(
    name: str, runs: Sequence[Run], oracle: float, static: float, payments: int
) -> PolicyResult:
    success = [run.success for run in runs]
    gap = oracle - static
    return PolicyResult(
        policy=name,
        success_rate=estimate(success),
        regret=estimate([run.regret for run in runs]),
        gap_closed=estimate([(value - static) / gap for value in success]) if gap > 1e-9 else None,
        attempts_per_payment=sum(run.attempts for run in runs) / len(runs) / payments,
        runs=tuple(runs),
    )
