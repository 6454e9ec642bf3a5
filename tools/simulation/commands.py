"""`payflow simulate`."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from simulation.checks import Violation
from simulation.crash_points import double_crashes, one_of_each, single_crashes
from simulation.faults import Level
from simulation.plans import PlanUnreadable, plan_document, read_plan
from simulation.run import PAYMENTS_PER_WORLD, Total, run, scopes
from simulation.world import Scope
from tools.errors import ToolError
from tools.options import STATE_DIR_DEFAULT, JsonOption, StateDirOption
from tools.output import notes, print_json, results
from tools.progress import ProgressReport
from tools.simulation.mutants import hunt
from tools.simulation.story import tell

PLANS: str = "plans"


class CrashPoints(StrEnum):
    """How many crashes strike one order."""

    SINGLE = "single"
    PAIRS = "pairs"


def simulate(
    *,
    payments: Annotated[int, typer.Option(min=1, help="How many payments, in all.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="The first world's; each has the next one.")] = 0,
    faults: Annotated[Level, typer.Option(help="How much goes wrong.")] = Level.ALL,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    per_world: Annotated[
        int, typer.Option(min=1, max=10_000, help="Payments that share one world.")
    ] = PAYMENTS_PER_WORLD,
    plan: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Replay one plan.")
    ] = None,
    crash_points: Annotated[
        CrashPoints | None,
        typer.Option(help="Instead of chance: every crash, or two, in an order of each kind."),
    ] = None,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Check the checks: each known mistake must be found.")
    ] = False,
    state_dir: StateDirOption = STATE_DIR_DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Live through whole worlds of payments in virtual time, and check every promise as they go.

    The real services, functions and workflow run on in-memory stores and simulated providers,
    while processes die, messages come twice and answers get lost. A seed is one world anywhere.

    A violation is cut down to what it needs, told, and kept as a plan. Exit code 1 if there is any.

    For example:

        payflow simulate --payments 10000 --faults all --jobs 2
        payflow simulate --seed 41 --payments 100
        payflow simulate --crash-points single
        payflow simulate --plan .payflow/plans/41.json
        payflow simulate --mutants --jobs 2
    """
    if mutants:
        raise typer.Exit(0 if hunt(jobs, as_json=as_json) else 1)
    started = time.perf_counter()
    worlds = _worlds(plan, crash_points, seed) or list(scopes(payments, seed, faults, per_world))
    total = _lived(worlds, jobs)
    result = total.document(time.perf_counter() - started)
    if as_json:
        print_json(result)
    else:
        results.print(_summary(result))
    if total.violated:
        _tell_first(total, worlds, state_dir)
        raise typer.Exit(1)


def _worlds(plan: Path | None, crash_points: CrashPoints | None, seed: int) -> list[Scope]:
    """The worlds that are asked for by a plan or by crash points; none for those of chance."""
    if plan is not None:
        return [_replayed(plan)]
    if crash_points is None:
        return []
    crashed = single_crashes if crash_points is CrashPoints.SINGLE else double_crashes
    return [scope for number in one_of_each(seed).values() for scope in crashed(seed, number)]


def _lived(worlds: list[Scope], jobs: int) -> Total:
    with ProgressReport() as progress:

        def report(total: Total) -> None:
            progress(f"Living through {len(worlds):,} worlds", total.seeds, len(worlds))

        return run(worlds, jobs, report)


def _replayed(path: Path) -> Scope:
    try:
        return read_plan(path)
    except PlanUnreadable as error:
        raise ToolError(f"{path} is not a plan: {error}") from error


def _summary(document: dict[str, Any]) -> Table:
    table = Table("", "", show_header=False, box=None)
    for name in ("payments", "seeds", "payments_per_s", "payments_per_s_per_core", "trace_hash"):
        table.add_row(name.replace("_", " "), str(document[name]))
    for name in ("outcomes", "faults_injected"):
        told = ", ".join(f"{count:,} {what}" for what, count in document[name].items())
        table.add_row(name.replace("_", " "), told or "none")
    table.add_row("violations", str(len(document["violations"])))
    return table


def _tell_first(total: Total, worlds: list[Scope], state_dir: Path) -> None:
    """The first violation with its smallest plan, what happened, and how to replay it."""
    _, violation = total.violations[0]
    scope = _world_of(total, worlds)
    notes.print(f"[bold red]invariant {violation.invariant}[/] {escape(violation.text)}")
    notes.print("[dim]Looking for the orders and faults that it needs …[/]")
    story = tell(scope, violation)
    path = state_dir / PLANS / f"{scope.seed}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_text(story.scope, violation))
    for line in story.lines:
        notes.print(escape(line), style="dim" if line.startswith(" ") else None)
    notes.print(f"replay it: [bold]payflow simulate --plan {escape(str(path))}[/]")


def _world_of(total: Total, worlds: list[Scope]) -> Scope:
    position = total.first_violated
    assert position is not None  # or there is nothing to tell
    return worlds[position]


def _text(scope: Scope, violation: Violation) -> str:
    return json.dumps(plan_document(scope, violation.invariant), indent=1) + "\n"
