"""The offer of a history to a person who starts PayFlow for the first time."""

from __future__ import annotations

import subprocess
import sys

import typer

from tools.embedded.instance import StateDir
from tools.output import notes

QUESTION = "Load a month of simulated payments once it runs, so that there is something to see?"


def offers_history() -> bool:
    """Whether a person is there and wants it; asks nobody who cannot answer."""
    if not (sys.stdin.isatty() and notes.is_terminal):
        return False
    return typer.confirm(QUESTION, default=False, err=True)


def load_history(state: StateDir) -> subprocess.Popen[bytes]:
    """`payflow seed` in a process of its own, on this terminal."""
    command = [sys.executable, "-m", "tools.cli", "seed", "--state-dir", str(state.root)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)
