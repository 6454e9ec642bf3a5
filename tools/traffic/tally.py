"""What came of the load: counts and latencies, in memory that does not grow with it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

_GROWTH: Final = 1.04
"""Each bucket ends 4 % after the one before: a quantile is right within that."""

QUANTILES: Final = {"p50_ms": 0.50, "p95_ms": 0.95, "p99_ms": 0.99}


@dataclass
class Latencies:
    """A histogram with buckets of constant relative width."""

    count: int = 0
    max_ms: int = 0
    _buckets: Counter[int] = field(default_factory=Counter)

    def add(self, latency_ms: int) -> None:
        """One more measurement."""
        self.count += 1
        self.max_ms = max(self.max_ms, latency_ms)
        self._buckets[math.ceil(math.log(max(latency_ms, 1), _GROWTH))] += 1

    def quantile_ms(self, share: float) -> int:
        """The latency that `share` of the measurements do not exceed; 0 without any."""
        left = math.ceil(share * self.count)
        for bucket in sorted(self._buckets):
            left -= self._buckets[bucket]
            if left <= 0:
                return min(self.max_ms, round(_GROWTH**bucket))
        return 0


@dataclass
class Tally:
    """Counts of a running load.

    `late` orders had to wait for a free place, those `turned_away` waited until the end.

    `outcomes` are counted by scenario and final status, `failures` by the code that the merchant is
    told, `errors` by the code of an answer that is no success, `latencies` by what was asked.
    """

    arrived: int = 0
    ended: int = 0
    late: int = 0
    turned_away: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    latencies: dict[str, Latencies] = field(default_factory=dict)

    @property
    def running(self) -> int:
        """Orders that are being worked on."""
        return self.arrived - self.ended - self.turned_away

    @property
    def statuses(self) -> Counter[str]:
        """Payments by final status, whatever the scenario."""
        statuses: Counter[str] = Counter()
        for (_, status), count in self.outcomes.items():
            statuses[status] += count
        return statuses

    def measured(self, asked: str, latency_ms: int) -> None:
        """An answer came to what was `asked`."""
        self.latencies.setdefault(asked, Latencies()).add(latency_ms)

    def document(self, elapsed_s: float) -> dict[str, object]:
        """Everything as JSON."""
        scenarios: dict[str, dict[str, int]] = {}
        for (scenario, status), count in sorted(self.outcomes.items()):
            scenarios.setdefault(scenario, {})[status] = count
        return {
            "payments": self.ended,
            "elapsed_s": round(elapsed_s, 1),
            "payments_per_s": round(self.ended / elapsed_s, 2) if elapsed_s else 0.0,
            "late": self.late,
            "turned_away": self.turned_away,
            "statuses": dict(self.statuses.most_common()),
            "failures": dict(self.failures.most_common()),
            "errors": dict(self.errors.most_common()),
            "scenarios": scenarios,
            "latency_ms": {
                asked: {
                    "count": measured.count,
                    **{name: measured.quantile_ms(share) for name, share in QUANTILES.items()},
                    "max_ms": measured.max_ms,
                }
                for asked, measured in sorted(self.latencies.items())
            },
        }
