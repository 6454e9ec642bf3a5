"""`payflow bench simulate`: how many payments a second the simulator lives through, and in what."""

from __future__ import annotations

import resource
import sys
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from simulation.faults import Level
from simulation.run import PAYMENTS_PER_WORLD, Summary, lived
from simulation.world import Scope
from tools.options import JsonOption
from tools.output import print_json, results
from tools.progress import ProgressReport

LEVELS = (Level.NONE, Level.LIGHT, Level.ALL)
BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024
BYTES_PER_MB = 1_000_000


def simulate(
    *,
    payments: Annotated[
        int, typer.Option(min=PAYMENTS_PER_WORLD, help="At each level of faults.")
    ] = 2_000,
    as_json: JsonOption = False,
) -> None:
    """Measure the simulator: payments a second and core, with no, few and all faults.

    The levels take turns, a world each, so that a busy machine is as busy for all of them. Times
    are processor time of this process. The peak of memory is told after half of the worlds and
    after all of them: it does not grow with what has ended.

    Exit code 1 if an invariant was broken.

    For example:

        payflow bench simulate
        payflow bench simulate --payments 10000 --json
    """
    worlds = -(-payments // PAYMENTS_PER_WORLD)
    found: dict[Level, list[Summary]] = defaultdict(list)
    lived(Scope(worlds, PAYMENTS_PER_WORLD, Level.ALL))  # What only the first one pays for.
    peaks = []
    with ProgressReport() as progress:
        for seed in range(worlds):
            for level in LEVELS:
                found[level].append(lived(Scope(seed, PAYMENTS_PER_WORLD, level)))
            if seed + 1 in (-(-worlds // 2), worlds):
                peaks.append(_peak_mb())
            progress("Living through worlds", seed + 1, worlds)
    levels = {level.value: _figures(found[level]) for level in LEVELS}
    document = {
        "levels": levels,
        "peak_mb": {"after_half": peaks[0], "after_all": peaks[-1]},
    }
    if as_json:
        print_json(document)
    else:
        results.print(_table(document))
    if any(figures["violations"] for figures in levels.values()):
        raise typer.Exit(1)


def _figures(worlds: list[Summary]) -> dict[str, Any]:
    payments = sum(world.payments for world in worlds)
    return {
        "payments": payments,
        "payments_per_s_per_core": round(payments / sum(world.busy_s for world in worlds), 1),
        "faults": sum(sum(world.faults.values()) for world in worlds),
        "violations": sum(len(world.violations) for world in worlds),
    }


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_MAXRSS
    return round(peak / BYTES_PER_MB, 1)


def _table(document: Mapping[str, Any]) -> Table:
    table = Table("faults", box=None)
    columns = ("payments", "payments_per_s_per_core", "faults", "violations")
    for name in columns:
        table.add_column(name.replace("_", " "), justify="right")
    for level, figures in document["levels"].items():
        table.add_row(level, *(f"{figures[name]:,}" for name in columns))
    peak = document["peak_mb"]
    table.caption = f"memory: {peak['after_half']} MB at most, {peak['after_all']} in the end"
    return table
