"""Request schemas of operators' configuration, for the OpenAPI document.

They describe; what holds is `payflow.domain.provider_schema` and `payflow.domain.faults`, which
report every error of a document at once.
"""

from __future__ import annotations

from typing import Any, Final

from payflow.api.json_schema import Schema
from payflow.domain.faults import DURATION_S_MAX, LATENCY_MULTIPLIER_MAX
from payflow.domain.method import MethodType
from payflow.domain.money import AMOUNT_MINOR_MAX, BASIS_POINTS, MINOR_UNIT_EXPONENT
from payflow.domain.provider import ALL_CAPABILITIES
from payflow.domain.provider_schema import LATENCY_MS_MAX, TIMEOUT_MS_MAX, TIMEOUT_MS_MIN

_RATE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}


def _object(**properties: Schema) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _list(**item: Any) -> Schema:
    return {"type": "array", "items": {"type": "string", **item}}


_LATENCY: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": LATENCY_MS_MAX}
_AMOUNT: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": AMOUNT_MINOR_MAX}
_TERMS: Final[dict[str, Schema]] = {
    "bins": _list(pattern=r"^[0-9]{1,6}\*?$", examples=["51*"]),
    "minAmount": _AMOUNT,
    "maxAmount": _AMOUNT,
    "currencies": _list(enum=sorted(MINOR_UNIT_EXPONENT)),
    "countries": _list(pattern="^[A-Z]{2}$"),
    "networks": _list(examples=["visa"]),
}

OPERATOR_SCHEMAS: Final[dict[str, Schema]] = {
    "ProviderConfig": {
        **_object(
            id={"type": "string", "description": "The one in the path; may be left out"},
            type={"type": "string", "enum": sorted(kind.value.upper() for kind in MethodType)},
            adapter={"type": "string"},
            timeoutMs={
                "type": "integer",
                "minimum": TIMEOUT_MS_MIN,
                "maximum": TIMEOUT_MS_MAX,
            },
            failureRate=_RATE,
            latencyMs=_object(min=_LATENCY, max=_LATENCY),
            latencyModel=_object(
                type={"type": "string", "enum": ["lognormal", "uniform"]},
                p50=_LATENCY,
                p99=_LATENCY,
            ),
            routingRules=_object(**_TERMS),
            **_TERMS,
            capabilities=_list(enum=sorted(ALL_CAPABILITIES)),
            fees=_object(
                bps={"type": "integer", "minimum": 0, "maximum": BASIS_POINTS}, fixedMinor=_COUNT
            ),
            priority={**_COUNT, "description": "Lower comes first"},
            weight=_COUNT,
            lostResponseRate=_RATE,
            visibilityMs=_COUNT,
            approvalTimeoutMs=_COUNT,
            maxConcurrency={"type": "integer", "minimum": 1},
            webhookSecret={"type": "string", "description": "The name of a secret"},
            callback=_object(delayMs=_COUNT, duplicateRate=_RATE, reorderRate=_RATE),
            settlement=_object(
                lagDays=_COUNT,
                breakRates={"type": "object", "additionalProperties": _RATE},
            ),
            failureModel={"type": "object"},
        ),
        "required": ["type", "timeoutMs"],
    },
    "ProviderFaults": _object(
        failure_rate=_RATE,
        latency_multiplier={
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": LATENCY_MULTIPLIER_MAX,
        },
        outage={"type": "boolean"},
        lost_response_rate=_RATE,
        duration_s={
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": DURATION_S_MAX,
            "description": "How long; without it until the faults are deleted",
        },
    ),
}
