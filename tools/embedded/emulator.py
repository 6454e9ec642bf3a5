"""The emulated cloud (ministack) as a child process, with its state in the instance's folder.

It saves its state when it is asked to stop, and only then: after a `kill -9` or a power cut the
next start finds the state of the last orderly stop.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path

import httpx

from infra_cdk.settings import Target
from tools.deployment.cloud import Cloud
from tools.embedded.instance import StateDir
from tools.embedded.ports import HOST
from tools.embedded.process import ProcessId, stop_group
from tools.errors import ToolError

START_TIMEOUT_S = 60
# Saving a large state takes a while; ending it sooner would lose the state.
STOP_TIMEOUT_S = 60
POLL_S = 0.05
LOG_LINES_SHOWN = 10
# One of the files written by every orderly stop after a deploy.
SAVED_STATE = "cloudformation.json"
FUNCTIONS_STATE = "lambda.json"


class Emulator:
    """One ministack process. Leads its own process group, which its function workers join."""

    def __init__(self, state: StateDir, port: int) -> None:
        self._folder = state.emulator
        self._port = port
        self._process: asyncio.subprocess.Process | None = None
        self.log_file = state.logs / "emulator.log"
        self.url = f"http://{HOST}:{port}"
        self.cloud = Cloud(Target.EMBEDDED, self.url)

    async def start(self) -> ProcessId:
        """Start it and wait until it answers.

        Raises:
            ToolError: it ended, or did not answer in time.
        """
        self._prepare_folders()
        with self.log_file.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "ministack",
                cwd=self._folder,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        process_id = ProcessId.of(self._process.pid)
        await self._until_ready()
        if process_id is None:
            raise self._start_failed("ended at once")
        return process_id

    async def wait(self) -> None:
        """Return when the emulator has ended, whoever ended it."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> None:
        """Let it save its state, then end it and every worker that it started."""
        if self._process is not None:
            await stop_group(self._process, STOP_TIMEOUT_S)
            shutil.rmtree(self._folder / "tmp", ignore_errors=True)

    def _prepare_folders(self) -> None:
        if not (self._folder / "state" / SAVED_STATE).exists():
            # Never stopped in order: its buckets alone, without the stacks, are of no use.
            shutil.rmtree(self._folder, ignore_errors=True)
        _forget_stream_positions(self._folder / "state" / FUNCTIONS_STATE)
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)
        for folder in (self._folder / "tmp", self._folder / "state", self.log_file.parent):
            folder.mkdir(parents=True, exist_ok=True)

    def _environment(self) -> dict[str, str]:
        environment = self.cloud.environment()
        # The functions find the emulator through its port, wherever it is this time.
        del environment["AWS_ENDPOINT_URL"]
        return environment | {
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": HOST,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self._folder / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self._folder / "s3"),
            "TMPDIR": str(self._folder / "tmp"),
            "LAMBDA_EXECUTOR": "local",
            "LOG_LEVEL": "WARNING",
            # Listeners on ports of their own, for services that PayFlow does not use.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
        }

    async def _until_ready(self) -> None:
        assert self._process is not None
        try:
            async with asyncio.timeout(START_TIMEOUT_S), httpx.AsyncClient(timeout=5) as client:
                while self._process.returncode is None:
                    if await _is_ready(client, f"{self.url}/_ministack/ready"):
                        return
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise self._start_failed(f"did not answer within {START_TIMEOUT_S} s") from None
        raise self._start_failed("ended at once")

    def _start_failed(self, what: str) -> ToolError:
        return ToolError(
            f"the emulated cloud {what}:\n{_tail(self.log_file)}",
            hint=f"its log is {self.log_file}",
        )


def _forget_stream_positions(saved: Path) -> None:
    """Let functions read tables' streams from their beginning, as empty as they are at a start.

    The emulator saves how far each function has read, but not the records: kept positions would
    skip as many new records as were ever read.
    """
    if not saved.exists():
        return
    state = json.loads(saved.read_text())
    positions = state.get("payload", {}).get("dynamodb_stream_positions")
    if positions and positions.get("data"):
        positions["data"] = {}
        saved.write_text(json.dumps(state))


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _tail(log_file: Path) -> str:
    return "\n".join(log_file.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
