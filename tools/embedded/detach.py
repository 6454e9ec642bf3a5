"""Starts an instance in the background and watches it until it is ready."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tools.deployment.deploy import Report
from tools.embedded.emulator import STOP_TIMEOUT_S
from tools.embedded.instance import RunFile, StateDir
from tools.embedded.process import ProcessId
from tools.endpoints import Endpoints, read_endpoints
from tools.errors import ToolError

READY_TIMEOUT_S = 900
POLL_S = 0.1
LOG_LINES_SHOWN = 20


def start_in_background(state: StateDir, arguments: list[str], report: Report) -> Endpoints:
    """Run `payflow up` with `arguments` in a session of its own and wait until it is ready.

    Raises:
        ToolError: it ended before that, or took too long and was stopped.
    """
    state.create()
    log_file = state.logs / "up.log"
    with log_file.open("w") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "tools.cli", "up", *arguments],
            stdin=subprocess.DEVNULL,
            # What it prints when it is ready has a key in it, which belongs into no log.
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_ready(child, state, report, log_file)
    except BaseException:
        # Also on Ctrl-C: what was started here must not go on alone.
        child.terminate()
        child.wait(timeout=2 * STOP_TIMEOUT_S)
        raise
    return read_endpoints(state.root)


def stop_in_background(state: StateDir) -> bool:
    """Stop the instance that runs from `state`; whether there was one.

    Raises:
        ToolError: it did not end in time.
    """
    file = RunFile(state)
    run = file.read()
    if run is None:
        return False
    was_running = run.supervisor.is_running()
    # The supervisor lets the emulator save its state first.
    if not run.supervisor.stop(2 * STOP_TIMEOUT_S):
        raise ToolError(f"process {run.supervisor.pid} does not end", hint=f"see {state.logs}")
    if run.emulator is not None and run.emulator.is_running():
        was_running = True
        run.emulator.stop(STOP_TIMEOUT_S)
        run.emulator.kill_group()
    file.remove()
    return was_running


def _wait_until_ready(
    child: subprocess.Popen[bytes], state: StateDir, report: Report, log_file: Path
) -> None:
    me = ProcessId.of(child.pid)
    file = RunFile(state)
    deadline = time.monotonic() + READY_TIMEOUT_S
    while child.poll() is None:
        run = file.read()
        if run is not None and run.supervisor == me:
            if run.is_ready:
                return
            report(run.phase, run.done, run.total)
        if time.monotonic() > deadline:
            raise ToolError(f"not ready after {READY_TIMEOUT_S} s", hint=f"its log is {log_file}")
        time.sleep(POLL_S)
    said = log_file.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
    raise ToolError("it ended before it was ready:\n" + "\n".join(said))
