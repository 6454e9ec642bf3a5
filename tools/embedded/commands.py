"""`payflow up`, `down` and `status`."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from infra_cdk.settings import ApiKind, Target, WorkflowKind
from tools.api import Api
from tools.deployment.cloud import Cloud, StackOptions
from tools.deployment.stack import read_sources_mark, sources_fingerprint
from tools.embedded.announce import announce
from tools.embedded.detach import start_in_background, stop_in_background
from tools.embedded.history_offer import load_history, offers_history
from tools.embedded.instance import Run, RunFile, StateDir
from tools.embedded.up_options import UpOptions
from tools.endpoints import Endpoints, read_endpoints
from tools.errors import ToolError
from tools.options import STATE_DIR_DEFAULT, JsonOption, StateDirOption
from tools.output import notes, print_json, results
from tools.progress import ProgressReport

DEFAULT_PORT = 8780
DEFAULT_AWS_PORT = 4566
PORT_MAX = 65535


def up(
    *,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Run in the background; stop with payflow down.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=PORT_MAX, help="The API's port; 0 finds free ports.")
    ] = DEFAULT_PORT,
    aws_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=PORT_MAX,
            help="The emulated AWS endpoint's port; 0 finds a free one.",
            show_default=f"{DEFAULT_AWS_PORT}, or any free one with --port 0",
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget all state first.")] = False,
    api: Annotated[
        ApiKind, typer.Option(help="Which API Gateway fronts the routes.")
    ] = ApiKind.HTTP,
    workflow: Annotated[
        WorkflowKind, typer.Option(help="Which kind of workflow runs payments.")
    ] = WorkflowKind.EXPRESS,
    state_dir: StateDirOption = STATE_DIR_DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Run PayFlow on this machine: emulated cloud, deployed stack, API on one origin.

    The state is kept between runs. It is saved by an orderly stop (Ctrl-C, SIGTERM, payflow down);
    after a kill -9 or a power cut the next start continues from the last orderly stop.

    For example:

        payflow up
        payflow up --detach --json
        payflow up --port 0 --state-dir /tmp/second --fresh
    """
    if aws_port is None:
        aws_port = DEFAULT_AWS_PORT if port else 0
    state = StateDir(state_dir)
    options = UpOptions(port=port, aws_port=aws_port, api=api, workflow=workflow, fresh=fresh)
    is_first = (fresh or state.is_new) and not as_json
    with_history = is_first and offers_history()
    if detach:
        _tell_ready(_up_detached(state, options), state, as_json=as_json)
        if with_history:
            load_history(state).wait()
    else:
        _up_in_foreground(state, options, as_json=as_json, with_history=with_history)


def down(*, state_dir: StateDirOption = STATE_DIR_DEFAULT, as_json: JsonOption = False) -> None:
    """Stop what payflow up --detach started, and nothing else. The state is kept.

    For example:

        payflow down
        payflow down --state-dir /tmp/second
    """
    with notes.status("Stopping; the state is being saved"):
        stopped = stop_in_background(StateDir(state_dir))
    if as_json:
        print_json({"stopped": stopped})
    else:
        results.print("Stopped." if stopped else "Nothing was running.")


def status(*, state_dir: StateDirOption = STATE_DIR_DEFAULT, as_json: JsonOption = False) -> None:
    """Tell whether PayFlow runs, where, and whether each of its parts is well.

    Exit code 1 if it does not answer or a part is not well.

    For example:

        payflow status
        payflow status --json
    """
    endpoints = read_endpoints(state_dir)
    run = RunFile(StateDir(state_dir)).read_live()
    report: dict[str, object] = {"target": endpoints.target, "api_url": endpoints.api_url}
    if endpoints.target == Target.EMBEDDED:
        report["running"] = run is not None
        if run is not None:
            report |= {"pid": run.supervisor.pid, "phase": run.phase}
            report["sources"] = _sources_state(run)
    try:
        health: dict[str, object] = Api(endpoints.api_url, endpoints.operator_key).get(
            "/internal/health"
        )
        report |= {"answers": True, "health": health}
    except ToolError as error:
        report |= {"answers": False, "error": error.message}
    _print_status(report, as_json=as_json)
    if not report["answers"]:
        raise typer.Exit(1)


def _up_in_foreground(
    state: StateDir, options: UpOptions, *, as_json: bool, with_history: bool
) -> None:
    # Only here: the proxy's HTTP server would double every other command's time to start.
    from tools.embedded.supervisor import Supervisor

    with ProgressReport() as report, ExitStack() as beside:

        def on_ready(endpoints: Endpoints) -> None:
            report.close()
            _tell_ready(endpoints, state, as_json=as_json)
            notes.print("\nCtrl-C stops it; the state is kept.")
            if with_history:
                loading = load_history(state)
                beside.callback(loading.wait)
                beside.callback(loading.terminate)

        asyncio.run(Supervisor(state, options, report).run(on_ready))
    notes.print("Stopped.")


def _up_detached(state: StateDir, options: UpOptions) -> Endpoints:
    run = RunFile(state).read_live()
    if run is not None and run.is_ready and not options.fresh:
        if (run.api, run.workflow) != (options.api, options.workflow):
            raise ToolError(
                f"PayFlow runs already, with --api {run.api} --workflow {run.workflow}",
                hint="stop it first: payflow down",
            )
        notes.print("PayFlow runs already.")
        return read_endpoints(state.root)
    arguments = ["--port", str(options.port), "--aws-port", str(options.aws_port)]
    arguments += ["--api", options.api, "--workflow", options.workflow]
    arguments += ["--state-dir", str(state.root), *(["--fresh"] if options.fresh else [])]
    with ProgressReport() as report:
        return start_in_background(state, arguments, report)


def _tell_ready(endpoints: Endpoints, state: StateDir, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(endpoints))
    else:
        announce(endpoints, state.root, results)


def _sources_state(run: Run) -> str:
    options = StackOptions(
        Target.EMBEDDED, api=ApiKind(run.api), workflow=WorkflowKind(run.workflow)
    )
    deployed = read_sources_mark(Cloud(Target.EMBEDDED, run.aws_endpoint_url))
    return "deployed" if deployed == sources_fingerprint(options) else "changed since the deploy"


def _print_status(report: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    table = Table.grid(padding=(0, 2))
    for name, value in report.items():
        if name != "health":
            table.add_row(name.replace("_", " "), str(value))
    results.print(table)
    if "health" in report:
        results.print_json(data=report["health"])
