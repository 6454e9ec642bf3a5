"""`payflow doctor` as a command: what it prints and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.conftest import RunPayflow
from tools.doctor.findings import Check

FINE = Check(1, "one charge", True, "12 payments")
BROKEN = Check(11, "debits equal credits", False, "pay_1: is out of balance by 1 INR")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """What the examination comes to, instead of one."""
    checks: list[Check] = []
    monkeypatch.setattr("tools.doctor.commands._examined", lambda *_: checks)
    return checks


def test_json_is_the_checks_and_nothing_else(
    payflow: RunPayflow, deployed: Path, found: list[Check]
) -> None:
    found.append(FINE)

    outcome = payflow("doctor", "--json", "--state-dir", str(deployed))

    assert outcome.code == 0
    assert json.loads(outcome.out) == {
        "ok": True,
        "checks": [{"id": 1, "name": "one charge", "ok": True, "detail": "12 payments"}],
    }


def test_a_broken_invariant_exits_with_1_and_is_told(
    payflow: RunPayflow, deployed: Path, found: list[Check]
) -> None:
    found += [FINE, BROKEN]

    outcome = payflow("doctor", "--state-dir", str(deployed))

    assert outcome.code == 1
    assert "BROKEN" in outcome.out
    assert "pay_1" in outcome.out


def test_no_deployment_is_an_error_and_wrong_use_exits_with_2(
    payflow: RunPayflow, tmp_path: Path
) -> None:
    assert payflow("doctor", "--state-dir", str(tmp_path / "none")).code == 1
    assert payflow("doctor", "--unheard-of").code == 2
