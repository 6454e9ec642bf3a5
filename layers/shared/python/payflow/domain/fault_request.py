"""Checks what operators ask for when they break a provider; not imported on the payment path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, ValidationError

from payflow.domain.config_model import ConfigModel, Rate, errors_of, json_schema
from payflow.domain.errors import InvalidRequest
from payflow.domain.faults import DURATION_S_MAX, LATENCY_MULTIPLIER_MAX
from payflow.domain.provider import Faults


class FaultsRequest(ConfigModel):
    """How a provider is to be broken; null is as good as absent."""

    failure_rate: Rate | None = None
    latency_multiplier: Annotated[float, Field(gt=0, le=LATENCY_MULTIPLIER_MAX)] | None = None
    outage: bool | None = None
    lost_response_rate: Rate | None = None
    duration_s: Annotated[float, Field(gt=0, le=DURATION_S_MAX)] | None = None
    """How long; without it until the faults are deleted."""


def requested_faults(document: Mapping[str, Any], now: datetime) -> Faults:
    """The faults that an operator's request asks for, ending `duration_s` from `now` if given.

    Raises `InvalidRequest` that lists every error; `param` is the path of the first.
    """
    try:
        wanted = FaultsRequest.model_validate(document)
    except ValidationError as wrong:
        errors = errors_of(wrong)
        listed = "; ".join(map(str, errors))
        raise InvalidRequest(
            "invalid_faults", f"The faults are refused: {listed}.", param=errors[0].path or None
        ) from None
    lasting_s = wanted.duration_s
    return Faults(
        **wanted.model_dump(exclude={"duration_s"}, exclude_none=True),
        until=now + timedelta(seconds=lasting_s) if lasting_s is not None else None,
    )


def faults_json_schema() -> dict[str, Any]:
    """The JSON Schema of a request for faults."""
    return json_schema(FaultsRequest)
