"""`payflow traffic` and `payflow doctor` on a deployment of their own, then tampered with.

The load is bounded in time and in what is asked at once, so that it is as large as the machine
allows: up to `PAYMENTS`, and never a reason to fail by being slow.
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

PAYMENTS = 500
RATE = 12
DURATION_S = 60
CONCURRENCY = 4
PAYMENTS_MIN = 20
SEED = 78852
"""Draws twenty of the mix's scenarios among the first payments, so that a slow machine has them."""
LOAD_TIMEOUT_S = 300
DOCTOR_TIMEOUT_S = 300


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment that nobody else uses, after a mixed load; it may be broken."""
    with running(tmp_path_factory.mktemp("doctor")) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def load(loaded: Deployment) -> Json:
    """What `payflow traffic` told of the load."""
    ended = run_payflow(
        *("traffic", "--rate", str(RATE), "--duration", str(DURATION_S)),
        *(
            "--payments",
            str(PAYMENTS),
            "--concurrency",
            str(CONCURRENCY),
            "--seed",
            str(SEED),
            "--json",
        ),
        *("--state-dir", str(loaded.state_dir)),
        timeout_s=LOAD_TIMEOUT_S,
    )
    assert ended.returncode == 0, ended.stderr
    told: Json = json.loads(ended.stdout)
    return told


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


def test_a_mixed_load_goes_through(load: Json) -> None:
    assert load["payments"] >= PAYMENTS_MIN
    assert {"succeeded", "failed", "canceled"} <= set(load["statuses"])
    assert "not made" not in load["statuses"]
    unexpected = {code for code in load["errors"] if code.startswith("5")} | (
        {"no_answer", "unreadable_answer"} & set(load["errors"])
    )
    assert unexpected == set()


def test_the_doctor_finds_the_deployment_healthy(loaded: Deployment, load: Json) -> None:
    code, document = examine(loaded)

    assert broken(document) == {}
    assert (code, document["ok"]) == (0, True)
    assert {check["id"] for check in document["checks"]} >= {1, 3, 11, 13, 17, 19, 31, 32, 34}
    (seen,) = re.findall(r"([\d,]+) payments", document["checks"][0]["detail"])
    assert int(seen.replace(",", "")) >= load["payments"]


def test_the_doctor_finds_what_was_tampered_with(loaded: Deployment, load: Json) -> None:
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
