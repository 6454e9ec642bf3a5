"""Many worlds: one for each seed, on several cores, summed up as they end."""

from __future__ import annotations

import hashlib
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from simulation.checks import Violation
from simulation.faults import Fault, Level
from simulation.world import Scope, World

PAYMENTS_PER_WORLD: Final = 100
VIOLATIONS_KEPT: Final = 100
WORLDS_PER_TASK: Final = 4


@dataclass(frozen=True, slots=True)
class Summary:
    """What is kept of a world that has ended."""

    seed: int
    payments: int
    trace_hash: str
    faults: Counter[str]
    outcomes: Counter[str]
    violations: list[Violation]
    busy_s: float


@dataclass(slots=True)
class Total:
    """What came of all worlds so far; it does not grow with their number.

    `first_violated` is the position, from 0, of the first world with a violation.
    """

    seeds: int = 0
    payments: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[tuple[int, Violation]] = field(default_factory=list)
    violated: int = 0
    busy_s: float = 0.0
    first_violated: int | None = None
    _hash: bytes = b""

    def add(self, world: Summary) -> None:
        """One more world; they come in the order of their seeds."""
        if world.violations and self.first_violated is None:
            self.first_violated = self.seeds
        self.seeds += 1
        self.payments += world.payments
        self.faults.update(world.faults)
        self.outcomes.update(world.outcomes)
        self.violated += len(world.violations)
        self.busy_s += world.busy_s
        room = VIOLATIONS_KEPT - len(self.violations)
        self.violations += [(world.seed, one) for one in world.violations[:room]]
        chained = self._hash + world.trace_hash.encode()
        self._hash = hashlib.blake2b(chained, digest_size=16).digest()

    @property
    def trace_hash(self) -> str:
        """One hash of everything that happened in all worlds."""
        return self._hash.hex()

    def document(self, elapsed_s: float) -> dict[str, Any]:
        """The result as JSON."""
        return {
            "payments": self.payments,
            "seeds": self.seeds,
            "violations": [{"seed": seed, **one.document()} for seed, one in self.violations],
            "trace_hash": self.trace_hash,
            "faults_injected": dict(sorted(self.faults.items())),
            "payments_per_s": round(self.payments / elapsed_s, 1) if elapsed_s else 0.0,
            "payments_per_s_per_core": round(self.payments / self.busy_s, 1) if self.busy_s else 0,
            "outcomes": dict(sorted(self.outcomes.items())),
        }


def scopes(payments: int, seed: int, level: Level, per_world: int) -> Iterator[Scope]:
    """The worlds of a run: seeds from `seed` on, `payments` in all."""
    for offset, start in enumerate(range(0, payments, per_world)):
        yield Scope(seed + offset, min(per_world, payments - start), level)


def lived(scope: Scope) -> Summary:
    """A world from its birth to its rest."""
    started = time.process_time()
    ended = World(scope).run()
    return Summary(
        seed=scope.seed,
        payments=ended.payments,
        trace_hash=ended.trace_hash,
        faults=Counter(fault.kind.value for fault in ended.faults),
        outcomes=ended.outcomes,
        violations=ended.violations,
        busy_s=time.process_time() - started,
    )


def run(
    worlds: Sequence[Scope], jobs: int, report: Callable[[Total], None] = lambda total: None
) -> Total:
    """All `worlds`, `jobs` at a time; `report` hears of the sums after each."""
    total = Total()
    for summary in _lived(worlds, jobs):
        total.add(summary)
        report(total)
    return total


def _lived(worlds: Sequence[Scope], jobs: int) -> Iterator[Summary]:
    if jobs == 1:
        yield from map(lived, worlds)
        return
    # Fresh interpreters: nothing of this process can be in what they do.
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs) as pool:
        yield from pool.imap(lived, worlds, chunksize=WORLDS_PER_TASK)


def violates(scope: Scope, invariant: int) -> bool:
    """Whether that invariant is broken in that world."""
    return any(one.invariant == invariant for one in World(scope).run().violations)


def shrunk(scope: Scope, invariant: int, tries_max: int = 400) -> Scope:
    """The smallest part of a world's orders and faults found that still breaks `invariant`.

    Delta debugging: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input",
    2002; first over the orders, then over the faults, within `tries_max` worlds.
    """
    left = [tries_max]

    def still_fails(candidate: Scope) -> bool:
        left[0] -= 1
        return left[0] >= 0 and violates(candidate, invariant)

    ended = World(scope).run()
    plan = tuple(ended.faults)
    whole = Scope(scope.seed, scope.payments, scope.level, plan, scope.orders)
    if not still_fails(whole):
        return scope  # What was drawn does not replay: the scope itself is the smallest there is.
    orders = sorted(scope.orders if scope.orders is not None else range(scope.payments))
    small = _with_orders(
        whole, frozenset(_minimal(orders, partial(_fails_with, whole, still_fails)))
    )
    faults = _minimal(list(plan), lambda some: still_fails(_with_plan(small, tuple(some))))
    return _with_plan(small, tuple(faults))


def _fails_with(whole: Scope, fails: Callable[[Scope], bool], orders: list[int]) -> bool:
    return fails(_with_orders(whole, frozenset(orders)))


def _with_orders(scope: Scope, orders: frozenset[int]) -> Scope:
    return Scope(scope.seed, scope.payments, scope.level, scope.plan, orders)


def _with_plan(scope: Scope, plan: tuple[Fault, ...]) -> Scope:
    return Scope(scope.seed, scope.payments, scope.level, plan, scope.orders)


def _minimal(items: list[Any], fails: Callable[[list[Any]], bool]) -> list[Any]:
    """`items` without those that are not needed to fail (ddmin, complements first)."""
    parts = 2
    while items:
        size = max(1, len(items) // parts)
        for start in range(0, len(items), size):
            rest = items[:start] + items[start + size :]
            if fails(rest):
                items, parts = rest, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(items), parts * 2)
    return items
