"""Executions of the payment workflow: the deployed definition, interpreted, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from payflow.domain.errors import PayFlowError
from payflow.domain.payment import Payment
from simulation.asl import StateMachine, TaskFailed, machine_from_file
from simulation.faults import Faults, Kind
from simulation.kernel import UNEXPECTED, Crashed, Invocation, Kernel
from simulation.sites import Trace

DEFINITION: Final = Path(__file__).parents[1] / "statemachines" / "payment.asl.json"
PLAN: Final = "plan_next_step"
LAMBDA: Final = {Kind.THROTTLE: 2, Kind.CRASH_BEFORE: 1, Kind.CRASH_AFTER: 1}
"""What the invocation of a function may meet before and after its code runs."""

Machine = Callable[[str, int, int], Invocation]
Function = Callable[[dict[str, Any], object], object]
TIMEOUT_MS: Final = {PLAN: 15_000}
PROVIDER_TIMEOUT_MS: Final = 30_000


@cache
def payment_machine() -> StateMachine:
    """The machine of the repository's definition, compiled once."""
    return machine_from_file(DEFINITION, {"PlanNextStepFunction": PLAN})


class Executions:
    """Starts and runs executions; it is the `WorkflowStarter` port behind its site.

    An Express machine starts an execution whenever it is asked, so a repeated start runs twice.
    """

    def __init__(
        self,
        kernel: Kernel,
        faults: Faults,
        trace: Trace,
        machine: Machine,
        number: Callable[[str], int],
        broken: Callable[[int, int, str], None],
    ) -> None:
        """`number` gives a payment's number by its id. Functions are set once they exist.

        `broken` is told (0, payment number, text) of a function that raised what it never should.
        """
        self.functions: Mapping[str, Function] = {}
        self.broken = broken
        self._kernel, self._faults, self._trace = kernel, faults, trace
        self._machine, self._number = machine, number

    def start(self, payment: Payment, step: dict[str, object], *, resumption: int = 0) -> None:
        """Begin an execution now."""
        subject = self._number(payment.id)
        document: dict[str, object] = {
            "payment_id": payment.id,
            "merchant_id": payment.merchant_id,
            "step": step,
        }
        own = self._kernel.current
        execution = Invocation("execution", subject, own.random)
        host = _Host(self, subject)
        self._kernel.spawn(0, execution, lambda: payment_machine().run(host, document))


class _Host:
    """The world of one execution."""

    def __init__(self, executions: Executions, subject: int) -> None:
        self._in, self._subject = executions, subject
        self._kernel = executions._kernel

    def invoke(self, function: str, payload: dict[str, object], timeout_s: int) -> object:
        """The function's answer; `TaskFailed` if it raised, died, or was throttled."""
        kernel = self._kernel
        fault = self._in._faults.at(self._subject, f"lambda.{function}", LAMBDA)
        kind = fault.kind if fault is not None else None
        if kind is Kind.THROTTLE:
            raise TaskFailed("Lambda.TooManyRequestsException")
        if kind is Kind.CRASH_BEFORE:
            raise TaskFailed("Lambda.Unknown")
        timeout_ms = min(TIMEOUT_MS.get(function, PROVIDER_TIMEOUT_MS), timeout_s * 1000)
        invocation = self._in._machine(function, self._subject, timeout_ms)
        run = self._in.functions[function]
        try:
            result = kernel.within(invocation, lambda: run(payload, None))
        except Crashed:
            raise TaskFailed("Lambda.Unknown") from None
        except PayFlowError as error:
            raise TaskFailed(type(error).__name__, error.message) from error
        except Exception as error:
            self._in.broken(UNEXPECTED, self._subject, f"{function} raised {error!r}")
            raise TaskFailed(type(error).__name__) from error
        if kind is Kind.CRASH_AFTER:
            raise TaskFailed("Lambda.Unknown")
        return result

    def wait_until(self, at: datetime) -> None:
        """Pause until `at` by the true time."""
        self._kernel.sleep(self._kernel.ms_until(at))

    def wait_ms(self, ms: int) -> None:
        """Pause."""
        self._kernel.sleep(ms)

    def random(self) -> float:
        """A draw of this payment's luck."""
        return self._kernel.current.random.random()

    def entered(self, state: str) -> None:
        """The execution's path is a part of the trace."""
        self._in._trace.append((self._kernel.now_ms, self._subject, "state", state))

    def now(self) -> datetime:
        """The true time."""
        return self._kernel.now()
