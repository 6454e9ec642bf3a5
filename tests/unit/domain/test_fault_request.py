"""What operators may ask for when they break a provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from payflow.domain.errors import InvalidRequest
from payflow.domain.fault_request import faults_json_schema, requested_faults
from payflow.domain.provider import Faults
from tests.support.builders import NOON


def test_what_is_not_asked_for_stays_as_it_is() -> None:
    assert requested_faults({}, NOON) == Faults()
    assert requested_faults({"latency_multiplier": None, "outage": None}, NOON) == Faults()


def test_every_field_reaches_the_faults() -> None:
    faults = requested_faults(
        {
            "failure_rate": 1,
            "latency_multiplier": 2,
            "outage": True,
            "lost_response_rate": 0.25,
            "duration_s": 0.5,
        },
        NOON,
    )

    assert faults == Faults(1.0, 2.0, True, 0.25, NOON + timedelta(seconds=0.5))


def test_every_mistake_is_named_with_its_reason() -> None:
    wrong = {"failure_rate": True, "latency_multiplier": 0, "outage": 1, "explode": None}

    with pytest.raises(InvalidRequest) as refused:
        requested_faults(wrong, NOON)

    assert refused.value.code == "invalid_faults"
    assert refused.value.param == "failure_rate"
    assert refused.value.message == (
        "The faults are refused: failure_rate: must be a number; "
        "latency_multiplier: must be above 0.0; outage: must be true or false; "
        "explode: is not a known key."
    )


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        ({}, True),
        ({"outage": True, "failure_rate": None, "duration_s": 604_800}, True),
        ({"duration_s": 0}, False),
        ({"failure_rate": 1.01}, False),
        ({"outage": "yes"}, False),
        ({"failureRate": 0.5}, False),
    ],
)
def test_the_published_schema_agrees(document: dict[str, Any], valid: bool) -> None:
    assert Draft202012Validator(faults_json_schema()).is_valid(document) is valid
