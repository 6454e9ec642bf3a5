"""What the tests of the HTTP edge share."""

from __future__ import annotations

import pytest

from tests.support.api_client import http_api_event, rest_api_event
from tests.support.endpoint_calls import Build


@pytest.fixture(params=[http_api_event, rest_api_event], ids=["HTTP API", "REST API"])
def build(request: pytest.FixtureRequest) -> Build:
    """The event of one kind of API."""
    built: Build = request.param
    return built
