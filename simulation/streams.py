"""What runs beside the payments: the table's stream with its readers, and the minute's sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from functions import fold_ledger, follow_payments, sweep_payments
from payflow.domain.errors import PayFlowError
from payflow.domain.ledger import JournalTransaction
from payflow.domain.payment import Payment
from simulation.faults import Faults, Kind
from simulation.kernel import Crashed, Invocation, Kernel

WINDOW_MS: Final = 1_000
"""How long changes are gathered for one batch, as deployed."""
BATCH_MAX: Final = 100
RETRY_MS: Final = 1_000
TRIES_MAX: Final = 200
TIMEOUT_MS: Final = 30_000
MINUTE_MS: Final = 60_000
BATCHES: Final = {Kind.DUPLICATE: 2, Kind.DELAY: 3, Kind.CRASH_BEFORE: 1, Kind.CRASH_AFTER: 2}
"""What may happen to the reading of a batch."""

Machine = Callable[[str, int, int], Invocation]
Change = tuple[Payment | None, Payment]
Posted = tuple[str, list[JournalTransaction]]


@dataclass(slots=True)
class Stream:
    """The payments table's stream: every change in order, to each reader until it has taken it.

    `stuck` is told when a reader does not take a batch. `fold` is the reader that the journal has.
    """

    kernel: Kernel
    faults: Faults
    machine: Machine
    stuck: Callable[[str], None]
    fold: Callable[[Sequence[Posted]], None] = fold_ledger.fold
    _changes: list[Change] = field(default_factory=list)
    _is_read: bool = False

    def add(self, before: Payment | None, after: Payment) -> None:
        """One more change."""
        self._changes.append((before, after))
        if not self._is_read:
            self._is_read = True
            self._read_soon()

    def _read_soon(self) -> None:
        self.kernel.spawn(WINDOW_MS, self.machine("stream", -1, 2**60), self._read)

    def _read(self) -> None:
        changes, self._changes = self._changes, []
        for start in range(0, len(changes), BATCH_MAX):
            batch = changes[start : start + BATCH_MAX]
            self._until_taken("stream.follow", partial(follow_payments.follow, batch))
            posted = [news for change in batch if (news := _newly_posted(*change))[1]]
            if posted:
                self._until_taken("stream.fold", partial(self.fold, posted))
        if self._changes:
            self._read_soon()
        else:
            self._is_read = False

    def _until_taken(self, reader: str, read: Callable[[], None]) -> None:
        for _ in range(TRIES_MAX):
            fault = self.faults.at(-1, reader, BATCHES)
            kind = fault.kind if fault is not None else None
            if fault is not None and kind is Kind.DELAY:
                self.kernel.sleep(fault.amount)
            if kind is not Kind.CRASH_BEFORE and self._takes(reader, read):
                if kind is Kind.DUPLICATE:
                    self._takes(reader, read)
                if kind is not Kind.CRASH_AFTER:
                    return
            self.kernel.sleep(RETRY_MS)
        self.stuck(f"{reader} did not take a batch in {TRIES_MAX} tries")

    def _takes(self, reader: str, read: Callable[[], None]) -> bool:
        try:
            self.kernel.within(self.machine(reader, -1, TIMEOUT_MS), read)
        except (Crashed, PayFlowError):
            return False
        return True


@dataclass(slots=True)
class Sweeper:
    """The schedule's sweep, in those minutes in which it finds something."""

    kernel: Kernel
    machine: Machine
    is_due: Callable[[datetime], bool]
    _minutes: set[int] = field(default_factory=set)

    def expect(self, due_at: datetime) -> None:
        """Something will be due then."""
        due_ms = (due_at - self.kernel.birth) // timedelta(milliseconds=1)
        minute = max(due_ms, self.kernel.now_ms) // MINUTE_MS + 1
        if minute not in self._minutes:
            self._minutes.add(minute)
            delay_ms = minute * MINUTE_MS - self.kernel.now_ms
            self.kernel.spawn(
                delay_ms, self.machine("sweep", -1, 2**60), lambda: self._sweep(minute)
            )

    def _sweep(self, minute: int) -> None:
        self._minutes.discard(minute)
        now = self.kernel.now()
        if not self.is_due(now):
            return
        try:
            sweeping = self.machine("sweep", -1, TIMEOUT_MS)
            self.kernel.within(sweeping, lambda: sweep_payments.handler({}, None))
        except (Crashed, PayFlowError):
            pass  # The next one makes up for it.
        self.expect(now)


def _newly_posted(before: Payment | None, after: Payment) -> tuple[str, list[JournalTransaction]]:
    known = len(before.postings) if before is not None else 0
    return after.merchant_id, list(after.postings[known:])
