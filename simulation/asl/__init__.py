"""The part of the Amazon States Language that the payment workflow uses, run on a host's time.

`StateMachine(definition)` compiles once and refuses what it does not know; `run` executes as plain
straight-line Python and reaches the world through a `Host` alone, so the caller decides what time
it is, what a function answers, and when an execution pauses.
"""

from __future__ import annotations

from simulation.asl.fields import Unsupported
from simulation.asl.host import Ended, Host, TaskFailed
from simulation.asl.machine import StateMachine, machine_from_file

__all__ = ["Ended", "Host", "StateMachine", "TaskFailed", "Unsupported", "machine_from_file"]
