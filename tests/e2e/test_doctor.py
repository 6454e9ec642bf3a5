"""`payflow traffic` and `payflow doctor` on a deployment of their own, then tampered with.

The load has a part that is always made and one that is bounded in time, so that it is as large as
the machine allows: five hundred payments, or fewer where others want the processors, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.e2e.conftest import running
from tests.e2e.harness import Deployment, Json, run_payflow

SURE_PAYMENTS, SURE_WITHIN_S = 30, 240
"""So many are made whatever the machine; it may take its time."""
SEED = 78852
"""Draws twenty of the mix's scenarios among the first payments."""

MORE_PAYMENTS, MORE_WITHIN_S = 470, 60
"""So many more if the machine can in that time."""
RATE = 12
CONCURRENCY = 4
SLOWNESS = {"503 temporarily_unavailable", "504 upstream_timeout", "no_answer"}
"""What a machine with too little time for its functions answers; any other 5xx is a fault."""
LOAD_TIMEOUT_S = 400
DOCTOR_TIMEOUT_S = 300


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment that nobody else uses, after a mixed load; it may be broken."""
    with running(tmp_path_factory.mktemp("doctor")) as deployment:
        yield deployment


def pay(deployment: Deployment, payments: int, within_s: int, seed: int) -> Json:
    """What `payflow traffic` told of a load."""
    ended = run_payflow(
        *("traffic", "--rate", str(RATE), "--duration", str(within_s)),
        *("--payments", str(payments), "--concurrency", str(CONCURRENCY), "--seed", str(seed)),
        *("--json", "--state-dir", str(deployment.state_dir)),
        timeout_s=LOAD_TIMEOUT_S,
    )
    assert ended.returncode == 0, ended.stderr
    told: Json = json.loads(ended.stdout)
    return told


@pytest.fixture(scope="module")
def loads(loaded: Deployment) -> list[Json]:
    """The sure part of the load, and the rest."""
    sure = pay(loaded, SURE_PAYMENTS, SURE_WITHIN_S, SEED)
    return [sure, pay(loaded, MORE_PAYMENTS, MORE_WITHIN_S, SEED + 1)]


def examine(deployment: Deployment) -> tuple[int, Json]:
    """The exit code and the document of `payflow doctor --json`."""
    ended = run_payflow(
        "doctor", "--json", "--state-dir", str(deployment.state_dir), timeout_s=DOCTOR_TIMEOUT_S
    )
    assert ended.stdout, ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def broken(document: Json) -> dict[int, str]:
    """The invariants that are broken, with their details."""
    return {check["id"]: check["detail"] for check in document["checks"] if not check["ok"]}


def test_a_mixed_load_goes_through(loads: list[Json]) -> None:
    sure, more = loads

    assert (sure["payments"], sure["turned_away"]) == (SURE_PAYMENTS, 0)
    assert {"succeeded", "failed", "canceled"} <= set(sure["statuses"])
    assert len(sure["scenarios"]) >= 20
    refused = {code for load in (sure, more) for code in load["errors"]} - SLOWNESS
    assert {code for code in refused if not code.startswith("4")} == set()


def test_the_doctor_finds_the_deployment_healthy(loaded: Deployment, loads: list[Json]) -> None:
    code, document = examine(loaded)

    assert broken(document) == {}
    assert (code, document["ok"]) == (0, True)
    assert {check["id"] for check in document["checks"]} >= {1, 3, 11, 13, 17, 19, 31, 32, 34}
    (seen,) = re.findall(r"([\d,]+) payments", document["checks"][0]["detail"])
    assert int(seen.replace(",", "")) >= sum(load["payments"] for load in loads)


def test_the_doctor_finds_what_was_tampered_with(loaded: Deployment, loads: list[Json]) -> None:
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=loaded.endpoints["aws_endpoint_url"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    tables = dynamodb.list_tables()["TableNames"]
    (payments,) = [name for name in tables if "Payments" in name]
    (books,) = [name for name in tables if "Books" in name]
    forged = _some(dynamodb, payments, "attribute_exists(postings)")
    forged["postings"]["L"][0]["M"]["e"]["L"][0]["L"][0]["N"] = "1"
    dynamodb.put_item(TableName=payments, Item=forged)
    charged_twice = _some(dynamodb, books, "kind = :sale AND standing = :approved")
    charged_twice["id"]["S"] += "x"
    dynamodb.put_item(TableName=books, Item=charged_twice)

    code, document = examine(loaded)

    found = broken(document)
    assert (code, document["ok"]) == (1, False)
    assert forged["id"]["S"] in found[11]
    assert charged_twice["order_id"]["S"] in found[1]


def _some(dynamodb: Any, table: str, condition: str) -> dict[str, Any]:
    values = {":sale": {"S": "sale"}, ":approved": {"S": "approved"}}
    used = {name: value for name, value in values.items() if name in condition}
    query: dict[str, Any] = {"TableName": table, "FilterExpression": condition}
    if used:
        query["ExpressionAttributeValues"] = used
    item: dict[str, Any] = dynamodb.scan(**query)["Items"][0]
    return item
