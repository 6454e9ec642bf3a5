"""Hunting mutants: each in a process of its own, several at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulation.mutants.listed import MUTANTS, mutant_named
from simulation.mutants.mutant import Mutant

WORLDS_MAX: Final = 60
"""A mutant that breaks nothing in so many worlds has survived."""
SECONDS_MAX: Final = 300.0
"""Nor is it looked at for longer than that."""
_GRACE_S: Final = 120.0
"""For a last world that will not end."""
_ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class MutantResult:
    """What became of a mutant: `invariant` broke first, in the world of `seed`.

    `payments` is how many payments all worlds until then had; `seconds` is how long they took.
    `invariant` is None if it survived, and 0 if the product itself refused to do what the mistake
    asked of it, by an exception that nothing expects; `text` says what happened.
    """

    name: str
    description: str
    caught: bool
    invariant: int | None
    seed: int
    payments: int
    seconds: float
    text: str


def run_mutants(
    names: Sequence[str] | None, jobs: int, report: Callable[[MutantResult], None]
) -> list[MutantResult]:
    """Hunt the mutants of these names (None: all), `jobs` at a time; in the order of the names.

    `report` is told each result as it comes, in the thread that asks. Raises `ValueError` for a
    name that no mutant has.
    """
    mutants = MUTANTS if names is None else [mutant_named(name) for name in names]
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        running = {pool.submit(_hunted_apart, mutant): mutant.name for mutant in mutants}
        results: dict[str, MutantResult] = {}
        for done in as_completed(running):
            results[running[done]] = done.result()
            report(done.result())
    return [results[mutant.name] for mutant in mutants]


def _hunted_apart(mutant: Mutant) -> MutantResult:
    command = [sys.executable, "-m", "simulation.mutants.run", mutant.name]
    try:
        done = subprocess.run(
            command, cwd=_ROOT, capture_output=True, text=True, timeout=SECONDS_MAX + _GRACE_S
        )
    except subprocess.TimeoutExpired:
        return _unjudged(mutant, "did not come to an end")
    if done.returncode != 0:
        return _unjudged(mutant, done.stderr.strip().rpartition("\n")[2])
    return MutantResult(**json.loads(done.stdout))


def _unjudged(mutant: Mutant, text: str) -> MutantResult:
    """Nothing came of it, so it counts as one that survived."""
    return MutantResult(mutant.name, mutant.description, False, None, -1, 0, 0.0, text)
