"""Find payments that are due and that no wake-up has reached, and have them woken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from payflow.domain.ports import Clock, PaymentRepository, WakeUps

SWEPT_MAX: Final = 2_000
"""How many payments one sweep wakes; the next one goes on with the rest, oldest first."""


@dataclass(frozen=True, slots=True)
class SweepPayments:
    """The use case behind the minute's schedule."""

    payments: PaymentRepository
    wake_ups: WakeUps
    clock: Clock

    def __call__(self) -> int:
        """Wake what is due; how many that were. Raises `Unavailable` with the store or queue."""
        now = self.clock.now()
        due = self.payments.due(now, SWEPT_MAX)
        self.wake_ups.wake([(payment_id, now) for payment_id in due])
        return len(due)
