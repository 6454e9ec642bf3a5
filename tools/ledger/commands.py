"""`payflow ledger`: verify the journal, and ask for a balance at any time.

Both read the tables themselves, through the AWS endpoint of the deployment, and so do not depend on
its API being up or telling the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from infra_cdk.settings import Target
from payflow.domain.errors import NotFound, PayFlowError
from payflow.domain.timestamps import parse_rfc3339, rfc3339
from tools.deployment.cloud import Cloud
from tools.deployment.stack import read_outputs
from tools.endpoints import read_endpoints
from tools.errors import ToolError
from tools.options import STATE_DIR_DEFAULT, JsonOption, StateDirOption
from tools.output import print_json, results
from tools.progress import ProgressReport

if TYPE_CHECKING:
    from payflow.aws.posted_facts import PostedFacts
    from payflow.services.verify_ledger import Audit

FACT_TABLES = ("PaymentsTable", "WalletsTable", "PayoutsTable")
"""The outputs that name the tables whose items have postings."""

app = typer.Typer(
    no_args_is_help=True,
    help="The double-entry journal: verify it, and ask for a balance at any time.",
)


@app.command()
def verify(state_dir: StateDirOption = STATE_DIR_DEFAULT, as_json: JsonOption = False) -> None:
    """Walk every hash chain, make each page anew, and compare with what the payments posted.

    Exit code 1 at the first page that is not what it must be, or if anything is missing.

    For example:

        payflow ledger verify
        payflow ledger verify --json
    """
    from payflow.aws.journal import DynamoJournal
    from payflow.aws.system_clock import SystemClock
    from payflow.services.verify_ledger import VerifyLedger

    cloud, outputs = _deployed(state_dir)
    journal = DynamoJournal(cloud.dynamodb(), outputs["LedgerTable"])
    with _told(), ProgressReport() as report:
        audit = VerifyLedger(journal, _facts(cloud, outputs), SystemClock())(report)
    if as_json:
        print_json({"ok": audit.is_sound, **asdict(audit)})
    else:
        _print_audit(audit)
    if not audit.is_sound:
        raise typer.Exit(1)


@app.command()
def balance(
    account: Annotated[str, typer.Argument(help="Such as merchant_payable:mer_…:INR.")],
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="As of this RFC 3339 time; default: now.")
    ] = None,
    state_dir: StateDirOption = STATE_DIR_DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Show an account's sums, now or of what had been posted by a time, to the millisecond.

    For example:

        payflow ledger balance fees_revenue:INR
        payflow ledger balance provider_receivable:mockCardA:INR --at 2026-11-23T12:00:00Z --json
    """
    from payflow.api.documents import account_document
    from payflow.aws.journal import DynamoJournal
    from payflow.aws.merchants import DynamoMerchants
    from payflow.aws.system_clock import SystemClock
    from payflow.domain.merchant import Caller, Principal
    from payflow.services.read_ledger import ReadLedger

    moment = _moment(at)
    cloud, outputs = _deployed(state_dir)
    dynamodb = cloud.dynamodb()
    merchants = DynamoMerchants(dynamodb, outputs["MerchantsTable"])
    journal = DynamoJournal(dynamodb, outputs["LedgerTable"])
    ledger = ReadLedger(journal, _facts(cloud, outputs), merchants, SystemClock())
    with _told():
        found = ledger.account(account, Caller(Principal.OPERATOR, "payflow"), moment)
    document = account_document(found)
    if as_json:
        print_json({**document, "at": rfc3339(moment) if moment else None})
        return
    table = Table(box=None, padding=(0, 2), show_header=False)
    for name in ("balance", "debits", "credits", "pending_debits", "pending_credits"):
        table.add_row(name.replace("_", " "), f"{document[name]:,}", found.account.currency)
    results.print(f"[bold]{escape(account)}[/]  (minor units)")
    results.print(table)


def _deployed(state_dir: Path) -> tuple[Cloud, dict[str, str]]:
    endpoints = read_endpoints(state_dir)
    cloud = Cloud(Target(endpoints.target), endpoints.aws_endpoint_url)
    outputs = read_outputs(cloud)
    if outputs is None or "LedgerTable" not in outputs:
        raise ToolError("the deployment has no ledger table", hint="deploy it again")
    return cloud, outputs


def _facts(cloud: Cloud, outputs: dict[str, str]) -> list[PostedFacts]:
    from payflow.aws.posted_facts import PostedFacts

    return [PostedFacts(cloud.dynamodb(), outputs[name]) for name in FACT_TABLES]


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_rfc3339(text)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{text} is not a time such as 2026-11-23T12:00:00Z") from error


@contextmanager
def _told() -> Iterator[None]:
    """The application's own errors, told as a command's."""
    try:
        yield
    except NotFound as error:
        raise ToolError(error.message) from error
    except PayFlowError as error:
        raise ToolError(error.message) from error


def _print_audit(audit: Audit) -> None:
    results.print(
        f"{audit.pages:,} pages in {audit.shards} shards, {audit.transactions:,} transactions, "
        f"{audit.facts:,} payments and other facts"
    )
    if audit.is_sound:
        results.print("[bold green]The journal is sound.[/]")
    if audit.broken is not None:
        where = f"shard {audit.broken.shard}, page {audit.broken.page}"
        results.print(f"[bold red]Broken:[/] {where}: {escape(audit.broken.reason)}")
    for transaction_id in audit.missing:
        results.print(f"[bold red]Missing:[/] {transaction_id} was posted but is in no page")
    for transaction_id in audit.foreign:
        results.print(f"[bold red]Foreign:[/] {transaction_id} is in a page but was not posted")
