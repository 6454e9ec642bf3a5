"""A simulated provider's luck: latency, failures and losses, by configuration and faults."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from payflow.providers.simulated.entry import Aftermath
from payflow.providers.simulated.instruments import APPROVED, Behaviour, declined, failed

if TYPE_CHECKING:
    from datetime import datetime

    from payflow.domain.ports import Randomness
    from payflow.domain.provider import Faults, LatencyModel, ProviderConfig
    from payflow.providers.simulated.dialect import Dialect

TECHNICAL_SHARE: Final = 0.6
"""Of the authorisations that fail by `failureRate`, how many are the provider's own failures."""

_Z99: Final = 2.3263478740408408
"""The 99th percentile of the standard normal distribution."""


class Model:
    """What one provider's configuration and faults make of a call; faults hold until they end."""

    def __init__(
        self, config: ProviderConfig, faults: Faults, dialect: Dialect, randomness: Randomness
    ) -> None:
        """Every draw comes from `randomness`."""
        self._config = config
        self._faults = faults
        self._dialect = dialect
        self._randomness = randomness

    def is_down(self, now: datetime) -> bool:
        """Whether connections are refused."""
        return self._faults.outage and self._has_faults(now)

    def authorization(self, now: datetime) -> Behaviour:
        """What becomes of an authorisation: of its failures, issuers have their part."""
        return self._drawn(now, TECHNICAL_SHARE)

    def operation(self, now: datetime) -> Behaviour:
        """What becomes of a later operation, which asks no issuer: it fails technically only."""
        return self._drawn(now, 1.0)

    def latency_ms(self, now: datetime, *, at_most_ms: int | None = None) -> int:
        """How long an answer takes, `at_most_ms` before faults multiply it."""
        latency_ms = drawn_latency_ms(self._config.latency, self._randomness)
        if at_most_ms is not None:
            latency_ms = min(latency_ms, at_most_ms)
        if self._has_faults(now):
            latency_ms *= self._faults.latency_multiplier
        return int(latency_ms)

    def _drawn(self, now: datetime, technical_share: float) -> Behaviour:
        """By the model, with the same number of draws whatever comes out."""
        fails, kind, code, lost, hidden = (self._randomness.random() for _ in range(5))
        outcome = APPROVED
        if fails < self._failure_rate(now):
            outcome = self._failure(kind < technical_share, code, now)
        return Behaviour(
            standing=outcome.standing,
            code=outcome.code,
            reply_after_ms=self.latency_ms(now),
            response_lost=lost < self._lost_response_rate(now),
            visible_after_ms=int(hidden * self._config.visibility_ms),
            aftermath=Aftermath.DRAWN,
        )

    def _failure(self, technical: bool, code: float, now: datetime) -> Behaviour:
        """A provider that was broken on purpose fails technically; else issuers have their part."""
        broken = self._has_faults(now) and self._faults.failure_rate is not None
        if broken or technical:
            codes = self._dialect.technical_codes
            return failed(codes[int(code * len(codes))])
        codes = self._dialect.issuer_codes
        return declined(codes[int(code * len(codes))])

    def _has_faults(self, now: datetime) -> bool:
        return self._faults.until is None or now < self._faults.until

    def _failure_rate(self, now: datetime) -> float:
        if self._has_faults(now) and self._faults.failure_rate is not None:
            return self._faults.failure_rate
        return self._config.failure_rate

    def _lost_response_rate(self, now: datetime) -> float:
        if self._has_faults(now) and self._faults.lost_response_rate is not None:
            return self._faults.lost_response_rate
        return self._config.lost_response_rate


def drawn_latency_ms(model: LatencyModel, randomness: Randomness) -> float:
    """One latency of `model`, by two draws whatever the model.

    Lognormal if both percentiles are set: normal by G. Box and M. Muller, "A Note on the
    Generation of Random Normal Deviates", 1958.
    """
    first, second = randomness.random(), randomness.random()
    if model.p50_ms is None or model.p99_ms is None:
        return model.min_ms + first * (model.max_ms - model.min_ms)
    sigma = math.log(model.p99_ms / model.p50_ms) / _Z99
    normal = math.sqrt(-2 * math.log(1 - first)) * math.cos(2 * math.pi * second)
    return model.p50_ms * math.exp(sigma * normal)
