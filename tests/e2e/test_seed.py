"""`payflow seed` on a deployment of its own: the past that it loads is as if it had been lived."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.conftest import running
from tests.e2e.harness import PAYFLOW, Deployment, Json, run_payflow

PAYMENTS, DAYS = 200, 10
SEED_TIMEOUT_S = 300
DOCTOR_TIMEOUT_S = 300


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment that nobody else uses."""
    with running(tmp_path_factory.mktemp("seed")) as deployment:
        yield deployment


def asked(deployment: Deployment, seed: int) -> tuple[str, ...]:
    """The arguments of `payflow seed`."""
    return (
        *("seed", "--payments", str(PAYMENTS), "--days", str(DAYS), "--seed", str(seed)),
        *("--json", "--state-dir", str(deployment.state_dir)),
    )


def seed(deployment: Deployment, number: int = 1) -> Json:
    """What `payflow seed` told."""
    ended = run_payflow(*asked(deployment, number), timeout_s=SEED_TIMEOUT_S)
    assert ended.returncode == 0, ended.stderr
    told: Json = json.loads(ended.stdout)
    return told


@pytest.fixture(scope="module")
def told(seeded: Deployment) -> Json:
    """What the first load told."""
    return seed(seeded)


def listed(deployment: Deployment, path: str, key: str) -> list[Json]:
    """All objects of a listing."""
    found: list[Json] = []
    position = ""
    with deployment.client(key) as client:
        while True:
            answer = client.get(f"{path}?limit=100{position}")
            assert answer.status_code == 200, answer.text
            page: Json = answer.json()
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            position = f"&cursor={page['next_cursor']}"


def test_all_payments_are_there_spread_over_the_days(seeded: Deployment, told: Json) -> None:
    payments = listed(seeded, "/api/v1/payments", seeded.endpoints["operator_key"])

    assert told["added"] == len(payments) == PAYMENTS
    assert Counter(one["status"] for one in payments) == Counter(told["payments_by_status"])
    days = {one["created_at"][:10] for one in payments}
    assert len(days) > DAYS / 2
    assert min(days) >= (datetime.now(UTC) - timedelta(days=DAYS + 1)).date().isoformat()


def test_the_demo_merchant_sees_its_own(seeded: Deployment, told: Json) -> None:
    merchant = seeded.endpoints["demo_merchant"]

    payments = listed(seeded, "/api/v1/payments", merchant["api_key"])

    assert PAYMENTS / 5 < len(payments) < PAYMENTS / 2
    assert {one["merchant_id"] for one in payments} == {merchant["id"]}


def test_the_same_seed_adds_nothing(seeded: Deployment, told: Json) -> None:
    assert seed(seeded)["added"] == 0


def test_what_was_cut_short_is_completed(seeded: Deployment, told: Json) -> None:
    command = [*PAYFLOW, *asked(seeded, 2)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as loading:
        assert loading.stderr is not None
        for line in loading.stderr:
            if b"Writing the journal" in line:
                break
        loading.kill()

    completed = seed(seeded, 2)

    assert 0 < completed["added"] <= PAYMENTS
    assert sum(completed["payments_by_status"].values()) == PAYMENTS
    assert seed(seeded, 2)["added"] == 0
    payments = listed(seeded, "/api/v1/payments", seeded.endpoints["operator_key"])
    assert len(payments) == 2 * PAYMENTS


def test_no_provider_is_blamed_today_for_its_past(seeded: Deployment, told: Json) -> None:
    with seeded.client(seeded.endpoints["operator_key"]) as client:
        health: Json = client.get("/internal/health").json()

    assert {one["breaker"] for one in health["providers"]} == {"closed"}


def test_the_doctor_finds_nothing_wrong(seeded: Deployment, told: Json) -> None:
    ended = run_payflow(
        "doctor", "--json", "--state-dir", str(seeded.state_dir), timeout_s=DOCTOR_TIMEOUT_S
    )

    checks = json.loads(ended.stdout)["checks"]
    assert [check for check in checks if not check["ok"]] == []
    assert ended.returncode == 0
