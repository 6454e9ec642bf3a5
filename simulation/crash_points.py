"""Crash points, all of them: an order is lived through once for each place where something can die.

First without faults, to find its sites; then again with a crash at one of them at a time, before
and after; then with two. Nothing is left to luck, so nothing rare is missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from simulation.faults import Fault, Kind, Level
from simulation.luck import luck
from simulation.orders import RARE, ordered
from simulation.world import Scope, World
from tools.traffic.mix import SCENARIOS

CRASHES: Final = (Kind.CRASH_BEFORE, Kind.CRASH_AFTER)
NAMES: Final = frozenset(scenario.name for scenario in (*SCENARIOS, *RARE))
SEARCHED_MAX: Final = 5_000
"""Among so many orders of a seed there is one of every scenario."""


def one_of_each(seed: int) -> dict[str, int]:
    """The number of the first order of each scenario, by its name."""
    found: dict[str, int] = {}
    for number in range(SEARCHED_MAX):
        order = ordered(luck(seed, number, "order"), luck(seed, number, "rare"))
        found.setdefault(order.scenario, number)
        if len(found) == len(NAMES):
            break
    return found


def crash_points(seed: int, number: int) -> list[Fault]:
    """Every crash that can strike the order of that number, in the order of their sites."""
    world = World(_alone(seed, number, ()))
    world.faults.visited = []
    world.run()
    return [
        Fault(subject, site, nth, kind)
        for subject, site, nth, kinds in world.faults.visited
        for kind in CRASHES
        if kind in kinds
    ]


def single_crashes(seed: int, number: int) -> Iterator[Scope]:
    """The order's world with each crash by itself."""
    return (_alone(seed, number, (crash,)) for crash in crash_points(seed, number))


def double_crashes(seed: int, number: int) -> Iterator[Scope]:
    """The order's world with each two crashes."""
    return (_alone(seed, number, pair) for pair in combinations(crash_points(seed, number), 2))


def _alone(seed: int, number: int, plan: tuple[Fault, ...]) -> Scope:
    return Scope(seed, number + 1, Level.NONE, plan, frozenset({number}))
