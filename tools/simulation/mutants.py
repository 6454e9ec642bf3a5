"""`payflow simulate --mutants`: how long each known mistake lives before the checks find it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from simulation.mutants import MUTANTS, MutantResult, run_mutants
from tools.output import print_json, results
from tools.progress import ProgressReport


def hunt(jobs: int, *, as_json: bool) -> bool:
    """Run them all and print what became of each; whether all were caught."""
    ended = 0
    with ProgressReport() as progress:

        def report(_: MutantResult) -> None:
            nonlocal ended
            ended += 1
            progress(f"Hunting {len(MUTANTS)} mutants", ended, len(MUTANTS))

        found = run_mutants(None, jobs, report)
    if as_json:
        print_json({"mutants": [_document(one) for one in found], "survivors": _survivors(found)})
    else:
        results.print(_table(found))
    return not _survivors(found)


def _survivors(found: Sequence[MutantResult]) -> list[str]:
    return [one.name for one in found if not one.caught]


def _document(result: MutantResult) -> dict[str, object]:
    return {
        "name": result.name,
        "description": result.description,
        "caught": result.caught,
        "invariant": result.invariant,
        "seed": result.seed,
        "payments": result.payments,
        "seconds": round(result.seconds, 2),
        "text": result.text,
    }


def _table(found: Sequence[MutantResult]) -> Table:
    table = Table("mutant", "its mistake", "caught by", "payments", "seconds", box=None)
    for one in found:
        by = f"invariant {one.invariant}" if one.invariant else one.text
        table.add_row(
            one.name,
            one.description,
            by if one.caught else f"[bold red]survived[/] {one.text}",
            f"{one.payments:,}",
            f"{one.seconds:.1f}",
        )
    return table
