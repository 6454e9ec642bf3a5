"""`payflow seed`."""

from __future__ import annotations

import resource
import time
from collections import Counter
from typing import Annotated, Any

import typer
from botocore.exceptions import EndpointConnectionError
from rich.table import Table

from infra_cdk.settings import Target
from payflow.aws.system_clock import SystemClock
from payflow.domain.errors import PayFlowError
from payflow.domain.payment import Status
from tools.deployment.cloud import Cloud
from tools.deployment.stack import read_outputs
from tools.endpoints import Endpoints, read_endpoints
from tools.errors import ToolError
from tools.options import STATE_DIR_DEFAULT, JsonOption, StateDirOption
from tools.output import notes, print_json, results
from tools.progress import ProgressReport
from tools.seeding.mark import Mark, read_mark, write_mark
from tools.traffic.commands import CONCURRENCY_DEFAULT, send
from tools.traffic.load import LoadOptions

PAYMENTS_MAX = 200_000
DAYS_MAX = 365
REPLAYED_PER_S = 20.0
# All are to be made: who waits is turned away only when the time is over, so it is ample, for
# random arrivals and for a deployment that is slower than the rate.
REPLAY_S_PER_PAYMENT = 5.0
NOT_RUNNING = "is it running? payflow status"


def seed(
    *,
    payments: Annotated[
        int, typer.Option(min=1, max=PAYMENTS_MAX, help="How many payments.")
    ] = 10_000,
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="Over how many days.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another history.")] = 1,
    replay_through_api: Annotated[
        bool,
        typer.Option("--replay-through-api", help="Pay them now, one by one, instead of loading."),
    ] = False,
    rate: Annotated[
        float, typer.Option(min=0.01, help="Payments a second with --replay-through-api.")
    ] = REPLAYED_PER_S,
    state_dir: StateDirOption = STATE_DIR_DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Give a deployment a past: simulated days of several shops, loaded into its tables.

    The demo shop is one of them. Hours and weekdays, outages of providers, declines, captures,
    refunds days later, disputes and wallets are as a gateway sees them; it all ended just now.

    A history is loaded once: the same seed adds nothing, and completes what was cut short.

    With --replay-through-api nothing is loaded: so many payments are made live, at a rate, by the
    same mix of customers as in `payflow traffic`.

    For example:

        payflow seed
        payflow seed --payments 2000 --days 7 --seed 2
        payflow seed --payments 600 --replay-through-api --rate 20
    """
    endpoints = read_endpoints(state_dir)
    if replay_through_api:
        send(_load(payments, rate, seed), endpoints, as_json=as_json)
        return
    document = _loaded(endpoints, payments, days, seed)
    if as_json:
        print_json(document)
    elif document["added"]:
        results.print(_table(document))
    else:
        results.print(f"The history of seed {seed} is there already; another --seed adds more.")


def _loaded(endpoints: Endpoints, payments: int, days: int, seed: int) -> dict[str, Any]:
    """Load that history, or what is missing of it; what is told of it."""
    started = time.monotonic()
    try:
        mark, document = _seeded(endpoints, payments, days, seed)
    except EndpointConnectionError:
        message = f"{endpoints.aws_endpoint_url or 'AWS'} does not answer"
        raise ToolError(message, hint=NOT_RUNNING) from None
    except PayFlowError as error:
        raise ToolError(error.message, hint="run the same again: it is completed") from error
    return {
        "seed": seed,
        "payments": mark.payments,
        "days": mark.days,
        **document,
        "elapsed_s": round(time.monotonic() - started, 2),
        "cpu_s": round(_cpu_s(), 2),
    }


def _load(payments: int, rate: float, seed: int) -> LoadOptions:
    """So many payments at that rate, and no more."""
    return LoadOptions(
        rate=rate,
        duration_s=payments * (2 / rate + REPLAY_S_PER_PAYMENT),
        payments_max=payments,
        concurrency=CONCURRENCY_DEFAULT,
        seed=seed,
    )


def _seeded(
    endpoints: Endpoints, payments: int, days: int, seed: int
) -> tuple[Mark, dict[str, Any]]:
    # The simulator is not loaded by other commands.
    from tools.seeding.seed import Seeding

    cloud = Cloud(Target(endpoints.target), endpoints.aws_endpoint_url)
    outputs = read_outputs(cloud)
    if outputs is None:
        raise ToolError("the stack is not deployed", hint="deploy it with: payflow deploy")
    known = read_mark(cloud, seed)
    if known is not None and known.is_complete:
        return known, {"added": 0}
    mark = known or Mark(seed=seed, payments=payments, days=days, until=SystemClock().now())
    if known is not None:
        notes.print(f"Completing the history that was begun: {mark.payments} payments.")
    write_mark(cloud, mark)
    with ProgressReport() as report:
        loaded = Seeding(cloud, outputs, report).run(
            mark, endpoints.demo_merchant.id, resumed=known is not None
        )
    write_mark(cloud, mark.completed())
    return mark, {
        "added": loaded.added,
        "payments_by_status": _by_status(loaded.counts),
        "merchants": loaded.merchants,
        "refunded_payments": loaded.counts["refunded"],
        "disputes": loaded.counts["disputes"],
        "wallets": loaded.counts["wallets"],
        "journal_transactions": loaded.transactions,
        "items": loaded.items,
        "seconds": loaded.seconds,
    }


def _by_status(counts: Counter[str]) -> dict[str, int]:
    return {status.value: counts[status.value] for status in Status if counts[status.value]}


def _cpu_s() -> float:
    """Of this process and those that it started; not of the deployment."""
    mine, theirs = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def _table(document: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    statuses = document["payments_by_status"].items()
    table.add_row("Payments", ", ".join(f"{count:,} {status}" for status, count in statuses))
    for name in ("merchants", "refunded_payments", "disputes", "wallets", "journal_transactions"):
        table.add_row(name.replace("_", " ").capitalize(), f"{document[name]:,}")
    phases = ", ".join(f"{name.lower()} {took} s" for name, took in document["seconds"].items())
    table.add_row("Took", f"{document['elapsed_s']} s: {phases}")
    return table
