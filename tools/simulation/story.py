"""A violation told: the smallest plan that brings it about, and what happened in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulation.checks import Violation
from simulation.run import shrunk
from simulation.world import Ended, Scope, World

LINES_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class Story:
    """The smallest scope found, and the lines that tell of it."""

    scope: Scope
    lines: list[str]


def tell(scope: Scope, violation: Violation) -> Story:
    """What led to `violation` in the world of `scope`."""
    small = shrunk(scope, violation.invariant)
    ended = World(small).run()
    return Story(small, list(_lines(small, ended, violation.invariant))[:LINES_MAX])


def _lines(scope: Scope, ended: Ended, invariant: int) -> Iterator[str]:
    orders = "all orders" if scope.orders is None else f"orders {sorted(scope.orders)}"
    yield f"seed {scope.seed}, {orders}, {len(ended.faults)} faults:"
    for fault in ended.faults:
        yield f"  {fault}"
    broken = [one for one in ended.violations if one.invariant == invariant]
    subjects = {one.subject for one in broken} - {-1}
    yield "what happened:"
    for at_ms, subject, what, how in ended.trace:
        if not subjects or subject in subjects:
            yield f"  {at_ms / 1000:>12,.3f} s  payment {subject}  {what} {how}".rstrip()
    for one in broken:
        yield f"violated at {one.at_ms / 1000:,.3f} s: invariant {one.invariant}: {one.text}"
