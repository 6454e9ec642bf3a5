"""`payflow doctor`."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.table import Table

from infra_cdk.settings import Target
from payflow.aws.system_clock import SystemClock
from payflow.domain.provider_config import provider_from_document
from payflow.domain.retry import RetryPolicy
from tools.api import Api
from tools.deployment.cloud import Cloud
from tools.deployment.stack import read_outputs
from tools.doctor.examination import Examination
from tools.doctor.facts import Terms
from tools.doctor.findings import Check, Findings
from tools.doctor.probes import Probes
from tools.doctor.secrecy import Secrets
from tools.doctor.surroundings import check_balances, check_logs, check_queues, ledger_accounts
from tools.doctor.tables import tables_of
from tools.embedded.instance import StateDir
from tools.endpoints import Endpoints, read_endpoints
from tools.errors import ToolError
from tools.options import STATE_DIR_DEFAULT, JsonOption, StateDirOption
from tools.output import print_json, results
from tools.progress import ProgressReport


def doctor(*, state_dir: StateDirOption = STATE_DIR_DEFAULT, as_json: JsonOption = False) -> None:
    """Check the invariants of a running deployment from outside, the providers' books included.

    Reads all tables, queues and logs, tries the API with a few payments that it voids again, and
    works everything out anew. Payments may go on meanwhile. What cannot be seen from outside is not
    claimed.

    Exit code 1 if an invariant is broken.

    For example:

        payflow doctor
        payflow doctor --json
        payflow doctor --state-dir /tmp/second
    """
    endpoints = read_endpoints(state_dir)
    with ProgressReport() as report:
        checks = _examined(endpoints, StateDir(state_dir), report)
    ok = all(check.ok for check in checks)
    if as_json:
        print_json({"ok": ok, "checks": [asdict(check) for check in checks]})
    else:
        results.print(_table(checks))
    if not ok:
        raise typer.Exit(1)


def _examined(endpoints: Endpoints, state: StateDir, report: ProgressReport) -> list[Check]:
    cloud = Cloud(Target(endpoints.target), endpoints.aws_endpoint_url)
    outputs = read_outputs(cloud)
    if outputs is None:
        raise ToolError("the stack is not deployed", hint="deploy it with: payflow deploy")
    operator = Api(endpoints.api_url, endpoints.operator_key)
    findings = Findings()
    secrets = Secrets([endpoints.operator_key, endpoints.demo_merchant.api_key])
    report("Trying the API", 0, 0)
    Probes(endpoints, findings).run()
    before = ledger_accounts(operator)
    examination = Examination(
        tables=tables_of(cloud.dynamodb(), outputs),
        secrets=secrets,
        terms=_terms(operator),
        clock=SystemClock(),
        findings=findings,
        report=report,
    )
    examination.run()
    report("Comparing balances, looking through queues and logs", 0, 0)
    check_balances(before, examination.replay, lambda: ledger_accounts(operator), findings)
    check_queues(cloud, secrets, findings)
    check_logs(cloud, state.logs, secrets, findings)
    return findings.checks()


def _terms(operator: Api) -> Terms:
    providers = operator.get("/internal/providers")["data"]
    windows = {one["id"]: provider_from_document(one).visibility_ms for one in providers}
    return Terms(policy=RetryPolicy(), visibility_ms=windows)


def _table(checks: list[Check]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("#", justify="right", style="dim")
    table.add_column("")
    table.add_column("invariant")
    table.add_column("detail", overflow="fold")
    for check in checks:
        mark = "[green]ok[/]" if check.ok else "[bold red]BROKEN[/]"
        table.add_row(str(check.id), mark, check.name, check.detail)
    return table
