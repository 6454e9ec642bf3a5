"""One instance's folder: what it keeps, who runs it now, and the lock that makes it one."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar

from tools.embedded.process import ProcessId
from tools.errors import ToolError


@dataclass(frozen=True)
class StateDir:
    """The files of one instance; two instances never share a folder."""

    root: Path

    @property
    def run_file(self) -> Path:
        """Who runs the instance now (`Run`)."""
        return self.root / "run.json"

    @property
    def logs(self) -> Path:
        """What the emulator, the CDK and a detached instance said."""
        return self.root / "logs"

    @property
    def emulator(self) -> Path:
        """All that the emulated cloud keeps."""
        return self.root / "emulator"

    @property
    def assembly(self) -> Path:
        """The CDK's synthesised assembly."""
        return self.root / "cdk.out"

    @property
    def is_new(self) -> bool:
        """Whether no emulated cloud has been kept here."""
        return not self.emulator.exists()

    def create(self) -> None:
        """Make the folder, for its owner alone: it holds keys and, emulated, card data."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)

    def forget(self) -> None:
        """Delete the emulated cloud's state; the logs stay."""
        for folder in (self.emulator, self.assembly):
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the instance: one process at a time, released even if it is killed.

        Raises:
            ToolError: another process holds it.
        """
        self.create()
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ToolError(
                    f"PayFlow already runs from {self.root}",
                    hint="stop it with: payflow down (or use another --state-dir and --port 0)",
                ) from None
            yield


@dataclass(frozen=True, kw_only=True)
class Run:
    """A running instance, as written to its folder while it lives.

    `phase` says in words what it does; `done` of `total` parts of that, where they are countable.
    """

    READY: ClassVar = "ready"

    supervisor: ProcessId
    api: str
    workflow: str
    api_url: str
    aws_endpoint_url: str
    emulator: ProcessId | None = None
    phase: str = "starting"
    done: int = 0
    total: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether it answers requests."""
        return self.phase == self.READY

    def having(self, **changes: object) -> Run:
        """The same run with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


class RunFile:
    """Reads and writes `Run` in one instance's folder."""

    def __init__(self, state: StateDir) -> None:
        self._path = state.run_file

    def read(self) -> Run | None:
        """What was written last, or None."""
        try:
            document = json.loads(self._path.read_text())
            for name in ("supervisor", "emulator"):
                if document[name] is not None:
                    document[name] = ProcessId(**document[name])
            return Run(**document)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def read_live(self) -> Run | None:
        """The run whose process is there now, or None."""
        run = self.read()
        return run if run is not None and run.supervisor.is_running() else None

    def write(self, run: Run) -> None:
        """Replace what is written, in one step."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(run), indent=2) + "\n")
        draft.replace(self._path)

    def remove(self) -> None:
        """The instance has ended."""
        self._path.unlink(missing_ok=True)
