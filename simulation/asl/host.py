"""What an execution asks of the world around it, and how it tells its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from simulation.asl.documents import Document

TIMED_OUT: Final = "States.Timeout"
RUNTIME: Final = "States.Runtime"


class TaskFailed(Exception):
    """A function did not answer with a result.

    `error` is the name that `Retry` and `Catch` compare: the class name of the function's
    exception, "Lambda.TooManyRequestsException" for a call that never ran, "Lambda.Unknown",
    or "States.Timeout" after `timeout_s`. `cause` is text for people.
    """

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class ExecutionFails(Exception):
    """Ends the execution, whatever `Retry` and `Catch` say."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Ended:
    """How an execution ended; `output` is the last document if it succeeded, else None.

    A time-out of the machine is the error "States.Timeout".
    """

    succeeded: bool
    error: str | None
    cause: str | None
    output: Document | None


class Host(Protocol):
    """The world of one execution. Any method may pause the caller's greenlet.

    An exception that a method raises leaves `StateMachine.run` as it is, but for `TaskFailed`.
    """

    def invoke(self, function: str, payload: dict[str, object], timeout_s: int) -> object:
        """The JSON result of `function`.

        `payload` is a copy that the function may keep and change. The result is given away: the
        host must not change it afterwards, nor let anybody else do so. `timeout_s` is the state's,
        or what the machine has left, whichever is less.

        Raises:
            TaskFailed: there is no result, or none within `timeout_s` seconds.
        """

    def wait_until(self, at: datetime) -> None:
        """Return at `at`; at once if that is past."""

    def wait_ms(self, ms: int) -> None:
        """Return after `ms` milliseconds."""

    def random(self) -> float:
        """A number from 0 up to, but not including, 1, for the jitter of retries."""

    def entered(self, state: str) -> None:
        """The execution enters `state`; not told again for a retry."""

    def now(self) -> datetime:
        """The time, aware; it never goes back."""
