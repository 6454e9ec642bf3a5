"""Faults that operators inject into a provider: their limits, their end, their stored form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from payflow.domain.provider import Faults
from payflow.domain.timestamps import parse_rfc3339, rfc3339

LATENCY_MULTIPLIER_MAX: Final = 100
DURATION_S_MAX: Final = 7 * 24 * 3600


def active_faults(faults: Mapping[str, Faults], now: datetime) -> dict[str, Faults]:
    """The faults whose time is not over at `now`."""
    return {
        name: fault for name, fault in faults.items() if fault.until is None or now < fault.until
    }


def faults_to_document(faults: Faults) -> dict[str, Any]:
    """`faults` as JSON; `until` in RFC 3339 or null."""
    return {
        "failure_rate": faults.failure_rate,
        "latency_multiplier": faults.latency_multiplier,
        "outage": faults.outage,
        "lost_response_rate": faults.lost_response_rate,
        "until": rfc3339(faults.until) if faults.until else None,
    }


def faults_from_document(document: Mapping[str, Any]) -> Faults:
    """The faults that `faults_to_document` wrote down."""
    until = document["until"]
    return Faults(
        failure_rate=document["failure_rate"],
        latency_multiplier=document["latency_multiplier"],
        outage=document["outage"],
        lost_response_rate=document["lost_response_rate"],
        until=parse_rfc3339(until) if until else None,
    )
