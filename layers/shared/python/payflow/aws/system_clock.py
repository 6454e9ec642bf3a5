"""The real clock. `random.SystemRandom` is the real `Randomness` as it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The time of the machine, in the whole milliseconds that PayFlow keeps time in."""

    def now(self) -> datetime:
        """The aware UTC time, rounded down to a millisecond."""
        moment = datetime.now(UTC)
        return moment - timedelta(microseconds=moment.microsecond % 1000)

    def sleep_ms(self, duration_ms: int) -> None:
        """Return after `duration_ms` milliseconds; at once for none or fewer."""
        time.sleep(max(0, duration_ms) / 1000)
