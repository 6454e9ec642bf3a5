"""`payflow bench`; here `routing`: policies against workloads whose true rates are known."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from payflow.domain.routing.strategies import strategy_names
from simulation.routing.bench import BenchResult, Estimate, run_bench
from simulation.routing.builtin import builtin, builtin_names
from simulation.routing.chart import chart_page
from simulation.routing.workload import Workload, WorkloadError, parse_workload
from tools.bench.simulate import simulate
from tools.errors import ToolError
from tools.options import JsonOption
from tools.output import notes, print_json, results
from tools.progress import ProgressReport

DEFAULT_POLICIES = "success_rate,srv3,sw_thompson,ucb1,priority"
SEEDS_MAX = 10_000

app = typer.Typer(no_args_is_help=True, help="Measurements that need no deployment.")


@app.callback()
def bench() -> None:
    """Measurements that need no deployment."""


WorkloadOption = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE",
        help=f"A workload file, or one of {', '.join(builtin_names())}; with :SEED, such as "
        "pay2:7, another draw of it.",
    ),
]
PoliciesOption = Annotated[str, typer.Option(metavar="A,B,…", help="To compare; or `all`.")]
SeedsOption = Annotated[
    int, typer.Option(min=1, max=SEEDS_MAX, help="Runs of each policy, from seed 1 on.")
]
DelayOption = Annotated[
    int | None,
    typer.Option(min=0, help="Payments until an outcome is known; default: as the workload says."),
]
FailoverOption = Annotated[
    int, typer.Option(min=0, help="Further attempts of a payment, each at another provider.")
]
ChartOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE.html", dir_okay=False, help="Draw regret and shares here."),
]


@app.command()
def routing(
    workload: WorkloadOption = "pay2",
    policies: PoliciesOption = DEFAULT_POLICIES,
    seeds: SeedsOption = 5,
    delay: DelayOption = None,
    failover: FailoverOption = 0,
    chart: ChartOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare routing policies: success rate, regret and gap closed, with 95 % intervals.

    All policies meet the same random numbers. Regret is against the best provider of each moment;
    gap closed is (policy - best static) / (oracle - best static).

    For example:

        payflow bench routing --workload pb1 --policies all --seeds 20
        payflow bench routing --workload pay2:11 --delay 50 --failover 1 --chart regret.html
        payflow bench routing --workload my.json --policies success_rate,srv3 --json
    """
    chosen = _policies(policies)
    market = _workload(workload)
    if delay is not None:
        market = market.delayed(delay)
    with ProgressReport() as report:
        result = run_bench(
            market,
            chosen,
            range(1, seeds + 1),
            failover=failover,
            report=lambda done, total: report(f"Playing {market.name}", done, total),
        )
    if chart is not None:
        _write(chart, chart_page(result))
    if as_json:
        print_json(_document(result))
    else:
        _print(result)


app.command()(simulate)


def _policies(names: str) -> tuple[str, ...]:
    known = strategy_names()
    if names == "all":
        return known
    chosen = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen:
        raise typer.BadParameter(
            f"there is no policy {', '.join(unknown) or names!r}; there are {', '.join(known)}",
            param_hint="--policies",
        )
    return chosen


def _workload(name: str) -> Workload:
    try:
        return builtin(name)
    except KeyError:
        pass
    path = Path(name)
    if not path.is_file():
        raise typer.BadParameter(
            f"{name} is neither a file nor one of {', '.join(builtin_names())}",
            param_hint="--workload",
        )
    try:
        return parse_workload(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ToolError(f"{name} cannot be read as JSON: {error}") from error
    except WorkloadError as error:
        problems = "; ".join(error.problems)
        raise ToolError(f"{name} is not a workload: {problems}") from error


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ToolError(f"the chart cannot be written: {error}") from error
    notes.print(f"chart: {path}")


def _document(result: BenchResult) -> dict[str, object]:
    workload = result.workload
    return {
        "workload": workload.name,
        "arms": list(workload.arms),
        "payments": len(workload.rates),
        "feedback_delay": workload.feedback_delay,
        "failover": result.failover,
        "seeds": list(result.seeds),
        "oracle": {"success_rate": result.oracle_success},
        "best_static": {
            "arm": workload.arms[workload.best_static],
            "success_rate": result.static_success,
            "regret": result.static_regret,
        },
        "policies": {
            policy.policy: {
                "success_rate": asdict(policy.success_rate),
                "regret": asdict(policy.regret),
                "gap_closed": None if policy.gap_closed is None else asdict(policy.gap_closed),
                "attempts_per_payment": policy.attempts_per_payment,
            }
            for policy in result.policies
        },
    }


def _print(result: BenchResult) -> None:
    workload = result.workload
    results.print(
        f"[bold]{escape(workload.name)}[/]  {len(workload.rates):,} payments, "
        f"{len(workload.arms)} providers, feedback delay {workload.feedback_delay}, "
        f"fail-over {result.failover}, {len(result.seeds)} seeds"
    )
    table = Table(box=None, padding=(0, 2))
    table.add_column("policy")
    for heading in ("success rate", "regret", "gap closed"):
        table.add_column(heading, justify="right")
    table.add_row("oracle", f"{result.oracle_success:.4f}", "0", "100.0 %")
    for policy in sorted(result.policies, key=lambda p: -p.success_rate.mean):
        table.add_row(
            policy.policy,
            _told(policy.success_rate, 1, 4),
            _told(policy.regret, 1, 0),
            "–" if policy.gap_closed is None else _told(policy.gap_closed, 100, 1) + " %",
        )
    static = workload.arms[workload.best_static]
    table.add_row(
        f"best static ({escape(static)})",
        f"{result.static_success:.4f}",
        f"{result.static_regret:,.0f}",
        "0.0 %",
    )
    results.print(table)


def _told(value: Estimate, scale: float, digits: int) -> str:
    told = f"{value.mean * scale:,.{digits}f}"
    if value.high is None:
        return told
    return f"{told} ± {(value.high - value.mean) * scale:,.{digits}f}"
