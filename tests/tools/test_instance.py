"""One instance's folder: its lock, its run file, and whose processes may be ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.embedded.instance import Run, RunFile, StateDir
from tools.embedded.process import ProcessId
from tools.errors import ToolError

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True) as process:
        yield process
        process.kill()


def _identity(pid: int) -> ProcessId:
    identity = ProcessId.of(pid)
    assert identity is not None
    return identity


def _a_run(supervisor: ProcessId, **changes: object) -> Run:
    return Run(
        supervisor=supervisor,
        api="http",
        workflow="express",
        api_url="http://127.0.0.1:1",
        aws_endpoint_url="http://127.0.0.1:2",
    ).having(**changes)


def test_a_second_process_cannot_hold_the_same_folder(tmp_path: Path) -> None:
    state = StateDir(tmp_path)

    with state.locked(), pytest.raises(ToolError, match="already runs"), state.locked():
        pytest.fail("it was locked twice")


def test_the_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    with state.locked():
        pass

    with state.locked():
        assert state.root.exists()


def test_forgetting_the_state_keeps_the_logs(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    for folder in (state.emulator, state.assembly, state.logs):
        folder.mkdir()

    state.forget()

    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = RunFile(StateDir(tmp_path))
    run = _a_run(_identity(os.getpid()), emulator=_identity(os.getppid()), phase=Run.READY)

    file.write(run)

    assert file.read() == run
    assert file.read_live() == run
    assert run.is_ready


def test_a_run_whose_process_is_gone_is_not_live(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    file = RunFile(StateDir(tmp_path))
    file.write(_a_run(_identity(sleeper.pid)))
    sleeper.kill()
    sleeper.wait()

    assert file.read() is not None
    assert file.read_live() is None


@pytest.mark.parametrize("content", ["", "{}", '{"supervisor": null}', '{"supervisor": 3}'])
def test_a_run_file_that_makes_no_sense_counts_as_none(tmp_path: Path, content: str) -> None:
    state = StateDir(tmp_path)
    state.run_file.write_text(content)

    assert RunFile(state).read() is None


def test_a_later_process_with_the_same_pid_is_not_ours(
    sleeper: subprocess.Popen[bytes],
) -> None:
    stranger = ProcessId(sleeper.pid, started="some other time")

    assert not stranger.is_running()
    assert stranger.stop(timeout_s=1)
    stranger.kill_group()

    assert sleeper.poll() is None


def test_our_process_is_stopped(sleeper: subprocess.Popen[bytes]) -> None:
    ours = _identity(sleeper.pid)

    assert ours.is_running()
    assert ours.stop(timeout_s=10)

    assert not ours.is_running()


def test_a_process_that_ended_but_was_not_collected_is_not_running(
    sleeper: subprocess.Popen[bytes],
) -> None:
    ours = _identity(sleeper.pid)

    sleeper.terminate()

    assert ours.stop(timeout_s=10)


def test_there_is_no_identity_without_a_process(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    sleeper.wait()

    assert ProcessId.of(sleeper.pid) is None
