"""Tell how each part of PayFlow is doing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from payflow.domain.errors import Unavailable
from payflow.domain.ports import Clock, ControlRepository
from payflow.domain.provider import BreakerState, Market, ProviderConfig, ProviderHealth
from payflow.domain.timestamps import rfc3339

_OK: Final = "ok"
_UNAVAILABLE: Final = "unavailable"
_NO_HEALTH: Final = ProviderHealth()


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """The use case behind `GET /internal/health`."""

    usable: Callable[[], Mapping[str, bool]]
    """Which parts can be used, by name; all but the control table, which is read here."""

    control: ControlRepository
    clock: Clock
    version: str

    def __call__(self) -> dict[str, Any]:
        """Each part as `ok` or `unavailable`, each provider's breaker; the whole as the worst."""
        now = self.clock.now()
        market, control_state = self._market(now)
        parts = {part: _OK if well else _UNAVAILABLE for part, well in self.usable().items()}
        parts["control_table"] = control_state
        providers = [_provider(market, one, now) for one in market.providers]
        states = {*parts.values(), *(one["status"] for one in providers)}
        return {
            "status": "ok" if states == {_OK} else "degraded",
            "version": self.version,
            "checked_at": rfc3339(now),
            "parts": {name: {"status": state} for name, state in parts.items()},
            "providers": providers,
        }

    def _market(self, now: datetime) -> tuple[Market, str]:
        try:
            return self.control.load().market(now), _OK
        except Unavailable:
            return Market(()), _UNAVAILABLE


def _provider(market: Market, provider: ProviderConfig, now: datetime) -> dict[str, Any]:
    health = market.health.get(provider.id, _NO_HEALTH)
    faults = market.faults.get(provider.id)
    outage = faults is not None and faults.outage
    breaker = health.state_at(now)
    return {
        "id": provider.id,
        "type": provider.type.value,
        "status": "degraded" if outage or breaker is not BreakerState.CLOSED else _OK,
        "breaker": breaker.value,
        "success_rate": health.success_rate,
        "latency_ms": health.latency_ms,
        "outage": outage,
    }
