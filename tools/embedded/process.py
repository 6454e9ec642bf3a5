"""Which process is really ours, and how it is stopped.

A bare pid is not enough to end a process by: after a crash or a restart of the machine it may
belong to another program. A pid together with the time at which its process started is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.05
# Position of `starttime` after the command name in /proc/<pid>/stat (see man 5 proc).
STARTTIME_FIELD = 19
ZOMBIE = "Z"


@dataclass(frozen=True)
class ProcessId:
    """A process, told apart from a later one with the same pid by its start."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessId | None:
        """The process that has this pid now, or None."""
        started = _start_of(pid)
        return None if started is None else cls(pid, started)

    def is_running(self) -> bool:
        """Whether this very process is still there."""
        return _start_of(self.pid) == self.started

    def stop(self, timeout_s: float) -> bool:
        """Ask it to end and wait; whether it has ended within `timeout_s`."""
        if self.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout_s
        while self.is_running():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True

    def kill_group(self) -> None:
        """End the process group that it leads, at once, if it is still the same process."""
        if self.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)


async def stop_group(process: asyncio.subprocess.Process, timeout_s: float) -> None:
    """End a child that leads its own process group, and then whatever is left of the group."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _start_of(pid: int) -> str | None:
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == ZOMBIE else fields[STARTTIME_FIELD]
    # No /proc (macOS): ask ps.
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    ).stdout.strip()
    state, _, started = answer.partition(" ")
    return None if not started or state.startswith(ZOMBIE) else started.strip()
