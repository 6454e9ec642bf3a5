"""A load for people: one line while it runs, tables when it has ended."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tools.traffic.tally import QUANTILES, Tally

ERRORS_TOLD = 4


def live_line(tally: Tally, elapsed_s: float) -> Text:
    """How far the load is."""
    statuses = ", ".join(f"{count} {status}" for status, count in tally.statuses.most_common())
    errors = ", ".join(f"{n} × {code}" for code, n in tally.errors.most_common(ERRORS_TOLD))
    line = Text(f"{elapsed_s:5.0f} s  {tally.arrived} payments, {tally.running} under way")
    if statuses:
        line.append(f"  {statuses}", style="green")
    if errors:
        line.append(f"  {errors}", style="yellow")
    return line


def summary(tally: Tally, elapsed_s: float, seed: int) -> RenderableType:
    """Everything that was counted."""
    per_s = tally.ended / elapsed_s if elapsed_s else 0.0
    head = Text(f"{tally.ended} payments in {elapsed_s:.0f} s ({per_s:.1f}/s), seed {seed}")
    if tally.late or tally.turned_away:
        text = f"; {tally.late} had to wait for a free place, {tally.turned_away} got none"
        head.append(text, style="yellow")
    return Group(head, *_tables(tally))


def _tables(tally: Tally) -> Iterator[Table]:
    yield _scenarios(tally)
    yield _latencies(tally)
    for title, counts in (("Failures", tally.failures), ("Refused or unanswered", tally.errors)):
        if counts:
            table = _table(title, "code", "count")
            for code, count in counts.most_common():
                table.add_row(code, f"{count:,}")
            yield table


def _scenarios(tally: Tally) -> Table:
    statuses = [status for status, _ in tally.statuses.most_common()]
    table = _table("Payments", "", *(status.replace("_", " ") for status in statuses))
    for scenario in sorted({scenario for scenario, _ in tally.outcomes}):
        counts = (tally.outcomes[scenario, status] for status in statuses)
        table.add_row(scenario, *(f"{count:,}" if count else "" for count in counts))
    table.add_row("all", *(f"{tally.statuses[status]:,}" for status in statuses), style="bold")
    return table


def _latencies(tally: Tally) -> Table:
    table = _table("Latency (ms)", "request", "count", *QUANTILES, "max_ms")
    for asked, measured in sorted(tally.latencies.items()):
        quantiles = (f"{measured.quantile_ms(share):,}" for share in QUANTILES.values())
        table.add_row(asked, f"{measured.count:,}", *quantiles, f"{measured.max_ms:,}")
    return table


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column(first)
    for column in columns:
        table.add_column(column.removesuffix("_ms"), justify="right")
    return table
