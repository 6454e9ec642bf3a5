"""Two deployments for the whole run, each started when first asked for and always taken down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.harness import Back, Deployment, Shop, run_payflow


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder is end to end."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.e2e)


@contextmanager
def running(state_dir: Path, *options: str) -> Iterator[Deployment]:
    """A deployment that is gone afterwards, however it ends."""
    try:
        deployment = Deployment.start(state_dir, *options)
        yield deployment
        deployment.stop()
    finally:
        run_payflow("down", "--state-dir", str(state_dir))


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The stack behind an HTTP API, with Express workflows: the default."""
    with running(tmp_path_factory.mktemp("http")) as started:
        yield started


@pytest.fixture(scope="session")
def rest_deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The stack behind a REST API, as on LocalStack's free edition."""
    with running(tmp_path_factory.mktemp("rest"), "--api", "rest") as started:
        yield started


@pytest.fixture(scope="session")
def client(deployment: Deployment) -> Iterator[httpx.Client]:
    """HTTP with the demo merchant's key."""
    with deployment.client(deployment.endpoints["demo_merchant"]["api_key"]) as opened:
        yield opened


@pytest.fixture(scope="session")
def shop(client: httpx.Client) -> Shop:
    """The demo merchant."""
    return Shop(client)


@pytest.fixture(scope="session")
def operator(deployment: Deployment) -> Iterator[httpx.Client]:
    """HTTP with the operator's key."""
    with deployment.client(deployment.endpoints["operator_key"]) as opened:
        yield opened


@pytest.fixture
def fresh_shop(deployment: Deployment, operator: httpx.Client) -> Iterator[Shop]:
    """A merchant that nobody else pays as: for counts, listings and balances."""
    created = Back(operator).new_merchant()
    with deployment.client(created["api_key"]) as opened:
        yield Shop(opened)


@pytest.fixture(scope="session")
def rest_shop(rest_deployment: Deployment) -> Iterator[Shop]:
    """The demo merchant of the REST variant."""
    key = rest_deployment.endpoints["demo_merchant"]["api_key"]
    with rest_deployment.client(key) as opened:
        yield Shop(opened)
