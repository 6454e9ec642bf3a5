"""Virtual time and invocations: one thread, one heap of events, code that pauses where it waits.

An *invocation* is one run of somebody's code: a function, an execution of the state machine, a
merchant's client. It is ordinary synchronous code in a greenlet, so the real services run as they
are; whatever waits (a clock that sleeps, a slow store) gives control back to the kernel, which goes
on with the earliest event. Events of one moment come in the order in which they were asked for.
Nothing else decides what happens when, so a run is a function of its inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Final, TypeVar

from greenlet import getcurrent, greenlet

BIRTH: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When a simulated world begins, if nothing else is said: a Monday morning."""

UNEXPECTED: Final = 0
"""In place of an invariant's number: code of ours raised what it never should."""

NEVER_MS: Final = 2**62
EVENTS_MAX: Final = 2_000_000
"""More than any world of bounded size needs; one that does not come to rest ends here."""

_Result = TypeVar("_Result")


class Crashed(BaseException):
    """The process that ran the code is gone: nothing of it runs on, nobody hears an answer.

    Not an `Exception`, so that no handler of errors can mistake it for an answer.
    """


class Restless(Exception):
    """A world has had more events than it can need: something repeats itself without end."""


@dataclass(slots=True, eq=False)
class Invocation:
    """One run of code, and what it is about.

    `subject` is the number of the payment that it serves, -1 for none. `skew_ms` is how far the
    clock of its machine is off. At `deadline_ms` it is ended from outside.
    """

    name: str
    subject: int
    random: Random
    skew_ms: int = 0
    deadline_ms: int = NEVER_MS


class Kernel:
    """The clock, the events, and which invocation is running."""

    def __init__(self, birth: datetime = BIRTH) -> None:
        """A world at its `birth`, with nothing to do; `now_ms` counts from there."""
        self.birth = birth
        self.now_ms = 0
        self.events = 0
        self._queue: list[tuple[int, int, Callable[[], object]]] = []
        self._order = count()
        self._hub: greenlet = getcurrent()
        self._current: Invocation | None = None
        self._at_work: dict[int, int] = {}
        self._moment: tuple[int, datetime] = (0, birth)

    @property
    def current(self) -> Invocation:
        """The invocation that is running; only invocations may ask."""
        assert self._current is not None
        return self._current

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do."""
        return not self._queue

    @contextmanager
    def crowded(self, subject: int) -> Iterator[None]:
        """A time in which others are about to work for that payment."""
        self._at_work[subject] = self._at_work.get(subject, 0) + 1
        try:
            yield
        finally:
            self._at_work[subject] -= 1

    def is_contended(self, subject: int) -> bool:
        """Whether several functions are at work for that payment at this moment."""
        return self._at_work.get(subject, 0) > 1

    def now(self, skew_ms: int = 0) -> datetime:
        """The time on a clock that is `skew_ms` ahead."""
        at_ms = self.now_ms + skew_ms
        if self._moment[0] != at_ms:
            self._moment = at_ms, self.birth + timedelta(milliseconds=at_ms)
        return self._moment[1]

    def ms_until(self, moment: datetime) -> int:
        """How far `moment` is from now, rounded up; negative if it is past."""
        return -((self.birth - moment) // timedelta(milliseconds=1)) - self.now_ms

    def at(self, when_ms: int, do: Callable[[], object]) -> None:
        """Have `do` called at `when_ms`, now if that is past."""
        heappush(self._queue, (max(when_ms, self.now_ms), next(self._order), do))

    def spawn(self, delay_ms: int, invocation: Invocation, run: Callable[[], object]) -> None:
        """Begin an invocation `delay_ms` from now; a crash ends it in silence."""

        def begin() -> None:
            greenlet(main, self._hub).switch()

        def main() -> None:
            with suppress(Crashed):
                self.within(invocation, run)

        self.at(self.now_ms + delay_ms, begin)

    def within(self, invocation: Invocation, run: Callable[[], _Result]) -> _Result:
        """Do `run` as `invocation` in the greenlet that asks."""
        before, self._current = self._current, invocation
        at_work, subject = self._at_work, invocation.subject
        counts = subject >= 0 and invocation.deadline_ms != NEVER_MS
        if counts:
            at_work[subject] = at_work.get(subject, 0) + 1
        try:
            return run()
        finally:
            self._current = before
            if counts:
                at_work[subject] -= 1

    def sleep(self, duration_ms: int) -> None:
        """Pause the running invocation; raises `Crashed` if its deadline comes first."""
        invocation = self.current
        wake_ms = self.now_ms + max(duration_ms, 0)
        ends = wake_ms > invocation.deadline_ms
        if ends:
            wake_ms = max(self.now_ms, invocation.deadline_ms)
        if self._queue and self._queue[0][0] <= wake_ms:
            self.at(wake_ms, getcurrent().switch)
            self._hub.switch()
            self._current = invocation
        else:
            self.now_ms = wake_ms
        if ends:
            raise Crashed("timed out")

    def run(self, until_ms: int = NEVER_MS) -> None:
        """Let everything happen that is due by `until_ms`; raises `Restless`."""
        queue = self._queue
        while queue and queue[0][0] <= until_ms:
            self.events += 1
            if self.events > EVENTS_MAX:
                raise Restless(f"{EVENTS_MAX} events, and no end")
            at_ms, _, do = heappop(queue)
            self.now_ms = max(self.now_ms, at_ms)
            do()
            self._current = None


class KernelClock:
    """The `Clock` port: each invocation reads its own machine's clock."""

    def __init__(self, kernel: Kernel) -> None:
        """A clock of that kernel."""
        self._kernel = kernel

    def now(self) -> datetime:
        """The aware UTC time, in whole milliseconds."""
        return self._kernel.now(self._kernel.current.skew_ms)

    def sleep_ms(self, duration_ms: int) -> None:
        """Pause the invocation."""
        self._kernel.sleep(duration_ms)


class KernelRandomness:
    """The `Randomness` port: each payment has luck of its own, so that none changes another's."""

    def __init__(self, kernel: Kernel) -> None:
        """The randomness of that kernel's invocations."""
        self._kernel = kernel

    def random(self) -> float:
        """A uniform draw from [0, 1)."""
        return self._kernel.current.random.random()

    def randbytes(self, n: int, /) -> bytes:
        """`n` random bytes."""
        return self._kernel.current.random.randbytes(n)
