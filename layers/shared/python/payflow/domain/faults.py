"""Faults that operators inject into a provider: their fields, their limits, their stored form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from payflow.domain.config_checks import Check, ConfigError, fields, rate
from payflow.domain.errors import InvalidRequest
from payflow.domain.provider import Faults
from payflow.domain.timestamps import parse_rfc3339, rfc3339

LATENCY_MULTIPLIER_MAX: Final = 100
DURATION_S_MAX: Final = 7 * 24 * 3600


def requested_faults(document: Mapping[str, Any], now: datetime) -> Faults:
    """The faults that an operator's request asks for, ending `duration_s` from `now` if given.

    A field that is null is as good as absent. Raises `InvalidRequest` that lists every error;
    `param` is the path of the first.
    """
    given = {name: value for name, value in document.items() if value is not None}
    errors = list(_request(given, ""))
    if errors:
        listed = "; ".join(map(str, errors))
        raise InvalidRequest(
            "invalid_faults", f"The faults are refused: {listed}.", param=errors[0].path or None
        )
    duration_s = given.get("duration_s")
    return Faults(
        failure_rate=given.get("failure_rate"),
        latency_multiplier=given.get("latency_multiplier", 1.0),
        outage=given.get("outage", False),
        lost_response_rate=given.get("lost_response_rate"),
        until=now + timedelta(seconds=duration_s) if duration_s is not None else None,
    )


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


def _number(above: float, at_most: float) -> Check:
    def check(value: object, path: str) -> Iterator[ConfigError]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield ConfigError(path, "must be a number")
        elif not above < value <= at_most:
            yield ConfigError(path, f"must be above {above} and at most {at_most}")

    return check


def _boolean(value: object, path: str) -> Iterator[ConfigError]:
    if not isinstance(value, bool):
        yield ConfigError(path, "must be true or false")


_request: Final = fields(
    {
        "failure_rate": rate,
        "latency_multiplier": _number(0, LATENCY_MULTIPLIER_MAX),
        "outage": _boolean,
        "lost_response_rate": rate,
        "duration_s": _number(0, DURATION_S_MAX),
    }
)
