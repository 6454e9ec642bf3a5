"""A payment as a story: what happened, in order, and what it did to the books."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools.api import Json

STATUS_STYLES = {
    "succeeded": "bold green",
    "authorized": "bold green",
    "failed": "bold red",
    "canceled": "bold red",
}
OPEN_STYLE = "bold yellow"


def print_story(payment: Json, timeline: Json, console: Console) -> None:
    """Print the payment, what happened to it as its timeline tells, and its ledger entries."""
    status = payment["status"]
    style = STATUS_STYLES.get(status, OPEN_STYLE)
    console.print(f"[bold]{payment['id']}[/]  [{style}]{status.replace('_', ' ')}[/]\n")
    console.print(_happenings(payment, timeline["data"]))
    entries = list(_entries(timeline["data"]))
    if entries:
        console.print(_books(entries))
    for line in _last_words(payment):
        console.print(line)


def _happenings(payment: Json, happenings: list[Json]) -> Table:
    start = datetime.fromisoformat(payment["created_at"])
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="dim")
    for happening in happenings:
        after = datetime.fromisoformat(happening["at"]) - start
        table.add_row(
            f"+{after.total_seconds():.3f} s",
            f"[cyan]{happening['type']}[/]",
            escape(happening["summary"]),
        )
    return table


def _entries(happenings: list[Json]) -> Iterator[Json]:
    """What was posted; what is only held is told above."""
    for happening in happenings:
        if happening["type"] == "ledger.posted":
            yield from happening["entries"]


def _books(entries: list[Json]) -> Table:
    """The entries as an accountant lays them out; amounts in minor units."""
    table = Table(title="Ledger (minor units)", title_justify="left", box=None, padding=(0, 2))
    table.add_column("account")
    table.add_column("debit", justify="right")
    table.add_column("credit", justify="right")
    for entry in entries:
        amount = f"{entry['amount']:,} {entry['currency']}"
        sides = (amount, "") if entry["direction"] == "debit" else ("", amount)
        table.add_row(escape(entry["account_id"]), *sides)
    return table


def _last_words(payment: Json) -> Iterator[str]:
    if failure := payment["failure"]:
        yield f"[red]{failure['code']}[/] ({failure['category']}): {escape(failure['message'])}"
    if action := payment["next_action"]:
        yield f"[yellow]Waits for[/] {action['type'].replace('_', ' ')}"
    if payment["status"] in {"pending", "processing"}:
        yield "[dim]Still under way; --wait waits for the outcome.[/]"
