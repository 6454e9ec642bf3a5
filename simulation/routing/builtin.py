"""Workloads that come with PayFlow: the literature's, payments as they are, and families of others.

The families are for looking, not for tuning: `success_rate` was set on `pb1`, `pb2` and some seeds
of `pay2` (docs/routing.md says which).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Final

from simulation.routing.workload import Rates, Workload

PAY2_SEED: Final = 11
PAY2_PAYMENTS: Final = 50_000
FAMILY_PAYMENTS: Final = 20_000

_PB1: Final = ((0.3, 0.5, 0.9), (0.3, 0.2, 0.9), (0.3, 0.2, 0.1), (0.7, 0.2, 0.1), (0.7, 0.5, 0.1))
_PB2: Final = ((0.4, 0.5, 0.9), (0.5, 0.4, 0.7), (0.6, 0.3, 0.5), (0.7, 0.2, 0.3), (0.8, 0.1, 0.1))
_PB_SEGMENT: Final = 1000

Columns = list[list[float]]


def builtin(name: str) -> Workload:
    """The workload of a name such as `pb1` or `pay2:11`; the number seeds what is drawn.

    Raises `KeyError` if there is none.
    """
    kind, _, seed = name.partition(":")
    make = _BUILTIN[kind]
    if seed and not seed.isdecimal():
        raise KeyError(name)
    return make(int(seed) if seed else PAY2_SEED)


def builtin_names() -> tuple[str, ...]:
    """The names that `builtin` knows, without seeds."""
    return tuple(_BUILTIN)


def _piecewise(name: str, segments: Sequence[Rates]) -> Workload:
    return Workload(name, ("A", "B", "C"), [s for s in segments for _ in range(_PB_SEGMENT)])


def _pb1(_seed: int) -> Workload:
    """Problem 1 of Besson et al., "Efficient change-point detection …", 2022."""
    return _piecewise("pb1", _PB1)


def _pb2(_seed: int) -> Workload:
    """Problem 2 of Besson et al., 2022: every arm changes at every change."""
    return _piecewise("pb2", _PB2)


def _pay2(seed: int) -> Workload:
    """Five providers with slow sines, outages and brownouts, over 50,000 payments."""
    draws = random.Random(seed)
    payments = PAY2_PAYMENTS
    columns = [
        _sine(base, 0.035, draws.uniform(2, 5), draws.uniform(0, 2 * math.pi), payments)
        for base in (0.90, 0.89, 0.885, 0.87, 0.80)
    ]
    _episodes(draws, columns, 12, (0.01, 0.03), _outage)
    _episodes(draws, columns, 8, (0.03, 0.08), _brownout)
    return _workload(f"pay2:{seed}", columns)


def _issuers(seed: int) -> Workload:
    """Correlated outages: an issuer is down and takes a share of every provider's payments."""
    draws = random.Random(seed)
    columns = [[base] * FAMILY_PAYMENTS for base in (0.91, 0.9, 0.88, 0.86)]
    for _ in range(8):
        start, end = _span(draws, (0.01, 0.04), FAMILY_PAYMENTS)
        shared = draws.uniform(0.2, 0.6)
        for column in columns:
            own = shared * draws.uniform(0.7, 1.0)
            column[start:end] = [rate * (1 - own) for rate in column[start:end]]
    _episodes(draws, columns, 4, (0.01, 0.03), _outage)
    return _workload(f"issuers:{seed}", columns)


def _drift(seed: int) -> Workload:
    """Rates wander: a random walk in log-odds, four arms, no jump."""
    draws = random.Random(seed)
    columns: Columns = []
    for _ in range(4):
        level = draws.gauss(1.8, 0.4)
        column = []
        for _ in range(FAMILY_PAYMENTS):
            level += 0.02 * (1.8 - level) / 40 + draws.gauss(0, 0.012)
            column.append(1 / (1 + math.exp(-level)))
        columns.append(column)
    return _workload(f"drift:{seed}", columns)


def _twenty(seed: int) -> Workload:
    """Twenty arms from .70 to .93 with two outages each."""
    draws = random.Random(seed)
    columns = [[draws.uniform(0.70, 0.93)] * FAMILY_PAYMENTS for _ in range(20)]
    _episodes(draws, columns, 40, (0.02, 0.05), _outage)
    return _workload(f"twenty:{seed}", columns)


def _flaps(seed: int) -> Workload:
    """Short flaps: the two best arms fail hard for 20 to 80 payments, sixty times."""
    draws = random.Random(seed)
    columns = [[base] * FAMILY_PAYMENTS for base in (0.92, 0.91, 0.85, 0.80)]
    for number in range(60):
        _episodes(draws, columns[number % 2 :][:1], 1, (0.001, 0.004), _outage)
    return _workload(f"flaps:{seed}", columns)


def _daynight(seed: int) -> Workload:
    """Day and night: two arms that take turns at being the better one, ten days."""
    draws = random.Random(seed)
    phase = draws.uniform(0, 2 * math.pi)
    columns = [
        _sine(0.86, 0.06, 10, phase, FAMILY_PAYMENTS),
        _sine(0.86, 0.06, 10, phase + math.pi, FAMILY_PAYMENTS),
        [0.84] * FAMILY_PAYMENTS,
    ]
    return _workload(f"daynight:{seed}", columns)


def _newcomer(seed: int) -> Workload:
    """A newcomer: an arm fails everything until it goes live, and is the best from then on."""
    draws = random.Random(seed)
    live = int(FAMILY_PAYMENTS * draws.uniform(0.3, 0.5))
    columns = [[base] * FAMILY_PAYMENTS for base in (0.88, 0.86, 0.84)]
    columns.append([0.02] * live + [0.94] * (FAMILY_PAYMENTS - live))
    return _workload(f"newcomer:{seed}", columns)


def _low_volume(seed: int) -> Workload:
    """Little traffic: 1,500 payments, five arms, an outage of a tenth of them for each arm."""
    draws = random.Random(seed)
    columns = [[base] * 1500 for base in (0.91, 0.89, 0.86, 0.84, 0.75)]
    _episodes(draws, columns, 5, (0.05, 0.12), _outage)
    return _workload(f"low_volume:{seed}", columns)


def _stationary(_seed: int) -> Workload:
    """Nothing ever changes."""
    return _workload("stationary", [[base] * FAMILY_PAYMENTS for base in (0.90, 0.88, 0.85, 0.7)])


_BUILTIN: Final[dict[str, Callable[[int], Workload]]] = {
    "pb1": _pb1,
    "pb2": _pb2,
    "pay2": _pay2,
    "issuers": _issuers,
    "drift": _drift,
    "twenty": _twenty,
    "flaps": _flaps,
    "daynight": _daynight,
    "newcomer": _newcomer,
    "low_volume": _low_volume,
    "stationary": _stationary,
}


def _workload(name: str, columns: Columns) -> Workload:
    arms = tuple(f"P{number + 1}" for number in range(len(columns)))
    limited = [[min(max(rate, 0.01), 0.99) for rate in column] for column in columns]
    return Workload(name, arms, list(zip(*limited, strict=True)))


def _sine(base: float, height: float, cycles: float, phase: float, payments: int) -> list[float]:
    turn = 2 * math.pi * cycles / payments
    return [base + height * math.sin(turn * t + phase) for t in range(payments)]


def _span(draws: random.Random, shares: tuple[float, float], payments: int) -> tuple[int, int]:
    length = int(draws.uniform(*shares) * payments)
    start = draws.randrange(payments - length)
    return start, start + length


def _episodes(
    draws: random.Random,
    columns: Columns,
    count: int,
    shares: tuple[float, float],
    change: Callable[[float], float],
) -> None:
    """Change `count` spans of the columns in turn; `shares` are of all payments."""
    for number in range(count):
        column = columns[number % len(columns)]
        start, end = _span(draws, shares, len(column))
        column[start:end] = [change(rate) for rate in column[start:end]]


def _outage(rate: float) -> float:
    return rate * 0.15


def _brownout(rate: float) -> float:
    return rate - 0.12
