"""Ports with faults: what stands between an invocation and everything outside of it.

A port's operation is a visit to a site. Whatever is drawn there happens around the real in-memory
operation: the process dies before or after it, it is refused, done and not acknowledged, done twice
by a client that repeats it, or slow on the way there or back. Everything else is passed through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from payflow.domain.errors import Unavailable, VersionConflict
from simulation.faults import (
    CONDITIONAL,
    EVENTUALLY,
    PROVIDERS,
    READING,
    STARTING,
    WRITING,
    Fault,
    Faults,
    Kind,
)
from simulation.kernel import Crashed, Kernel

Operations = Mapping[str, Mapping[Kind, int]]
Trace = list[tuple[int, int, str, str]]
"""(time in ms, payment, what, how) of all that happened, in order."""

PAYMENTS: Final[Operations] = {
    "create": WRITING,
    "save": CONDITIONAL,
    "get": READING,
    "due": EVENTUALLY,
}
VAULT: Final[Operations] = {
    "store": WRITING,
    "forget_cvc": WRITING,
    "discard": WRITING,
    "describe": READING,
    "reveal": READING,
}
CLAIMS: Final[Operations] = {"claim": WRITING}
BOOK: Final[Operations] = {
    "put_new": PROVIDERS,
    "put_new_and_change": PROVIDERS,
    "change": PROVIDERS,
    "get": PROVIDERS,
    "count": PROVIDERS,
}
WALLETS: Final[Operations] = {
    "create": WRITING,
    "perform": WRITING,
    "refuse": WRITING,
    "get": READING,
    "find": READING,
}
CONTROL: Final[Operations] = {"load": READING, "save_health": CONDITIONAL}
MARKET: Final[Operations] = {"load": EVENTUALLY}
WORKFLOW: Final[Operations] = {"start": STARTING}
WAKE_UPS: Final[Operations] = {"wake": WRITING}
INBOX: Final[Operations] = {"put": WRITING}
OUTBOX: Final[Operations] = {"send": PROVIDERS}
JOURNAL: Final[Operations] = {"tails": READING, "append": CONDITIONAL}
MERCHANTS: Final[Operations] = {"get": READING}

SELDOM, OFTEN, STEP_MS_MAX = 0.03, 0.5, 25
"""How often an operation takes time, where nobody else and where others are at work on the same
payment; and how long. The latter is what makes races: nobody's next step comes at once.
"""

PROVIDER_DELAY_MAX_MS: Final = 900
"""Within every provider's visibility window: later than it promises, no provider books a call."""


class Site:
    """A port behind faults; what it does not list is passed through as it is."""

    def __init__(
        self,
        name: str,
        port: object,
        operations: Operations,
        *,
        kernel: Kernel,
        faults: Faults,
        trace: Trace,
        delay_max_ms: int | None = None,
    ) -> None:
        """`port` has `operations`, each with the faults that it may meet, by weight."""
        self._port = port
        self._kernel = kernel
        self._faults = faults
        self._trace = trace
        self._delay_max_ms = delay_max_ms
        self._seen: dict[str, Any] = {}
        for operation, kinds in operations.items():
            method = getattr(port, operation)
            setattr(self, operation, self._wrapped(f"{name}.{operation}", method, kinds))

    def __getattr__(self, name: str) -> Any:
        """What is no site."""
        return getattr(self._port, name)

    def _wrapped(
        self, site: str, method: Callable[..., Any], kinds: Mapping[Kind, int]
    ) -> Callable[..., Any]:
        kernel, at, trace = self._kernel, self._faults.at, self._trace

        def operation(*args: Any, **named: Any) -> Any:
            subject = kernel.current.subject
            share = OFTEN if kernel.is_contended(subject) else SELDOM
            if kernel.current.random.random() < share:
                kernel.sleep(kernel.current.random.randrange(STEP_MS_MAX))
            fault = at(subject, site, kinds)
            if fault is None:
                trace.append((kernel.now_ms, subject, site, ""))
                return method(*args, **named)
            trace.append((kernel.now_ms, subject, site, fault.kind.value))
            return self._carried_out(fault, lambda: method(*args, **named))

        return operation

    def _carried_out(self, fault: Fault, do: Callable[[], Any]) -> Any:
        match fault.kind:
            case Kind.RETRIED | Kind.DUPLICATE:
                first = do()
                again = do()
                return again if fault.kind is Kind.RETRIED else first
            case Kind.DELAY:
                self._pause(fault)
                return do()
            case Kind.LATE_ACK:
                answer = do()
                self._pause(fault)
                return answer
            case Kind.STALE:
                seen, self._seen[fault.site] = self._seen.get(fault.site), do()
                return self._seen[fault.site] if seen is None else seen
            case _:
                self._fail(fault, do)

    def _fail(self, fault: Fault, do: Callable[[], Any]) -> None:
        """Raise what the invocation meets instead of an answer."""
        if fault.kind in (Kind.CRASH_AFTER, Kind.LOST_ACK):
            do()
        match fault.kind:
            case Kind.CRASH_BEFORE | Kind.CRASH_AFTER:
                raise Crashed(fault.site)
            case Kind.THROTTLE:
                raise Unavailable("temporarily_unavailable", f"{fault.site} is throttled")
            case Kind.LOST_ACK:
                raise Unavailable("temporarily_unavailable", f"{fault.site} did not answer")
            case Kind.CONFLICT:
                raise VersionConflict(fault.site)
            case _:
                raise AssertionError(f"{fault.kind} is nothing that can happen at a port")

    def _pause(self, fault: Fault) -> None:
        bound = self._delay_max_ms
        self._kernel.sleep(fault.amount if bound is None else min(fault.amount, bound))
