"""Importing an adapter costs nothing but itself: what is heavy comes with its first use."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("boto3", "botocore", "cryptography", "pydantic", "aws_lambda_powertools")
ADAPTERS = ("rates_file", "clients", "settings", "payments", "vault", "workflow", "observability")


def imported_by(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after `code`."""
    report = (
        f"import json, sys\n{code}\nprint(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(run.stdout))


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_is_imported_without_any_heavy_package(adapter: str) -> None:
    assert imported_by(f"import payflow.aws.{adapter}") == set()


def test_a_client_takes_botocore_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    made = imported_by("from payflow.aws.clients import client\nclient('dynamodb')")

    assert made == {"botocore"}
