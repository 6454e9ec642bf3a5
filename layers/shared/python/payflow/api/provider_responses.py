"""How providers are shown to operators; see `payflow.api.responses`."""

from __future__ import annotations

from typing import Final

from payflow.api.response_parts import COUNT, RATE, TEXT, TIME, answer_object, choice, nullable
from payflow.domain.provider import BreakerState

_FAULTS: Final = answer_object(
    failure_rate=nullable(RATE),
    latency_multiplier={"type": "number"},
    outage={"type": "boolean"},
    lost_response_rate=nullable(RATE),
    until=nullable(TIME),
)

PROVIDER_STATE: Final = answer_object(
    object=choice("provider"),
    health=answer_object(
        breaker=choice(*BreakerState),
        open_until=nullable(TIME),
        success_rate=nullable(RATE),
        approval_rate=nullable(RATE),
        latency_ms=nullable({"type": "number"}),
        calls=COUNT,
    ),
    faults=nullable(_FAULTS),
)

PROVIDER_HEALTH: Final = answer_object(
    id=TEXT,
    type=TEXT,
    status=choice("ok", "degraded"),
    breaker=choice(*BreakerState),
    success_rate=nullable(RATE),
    latency_ms=nullable({"type": "number"}),
    outage={"type": "boolean"},
)
