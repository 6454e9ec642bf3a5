"""`payflow simulate` on the command line: what it prints, what it refuses, what it keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulation.ports.claims import InMemoryCallClaims
from simulation.ports.payments import InMemoryPayments
from tests.tools.conftest import RunPayflow


def test_json_has_what_machines_read(payflow: RunPayflow) -> None:
    outcome = payflow("simulate", "--payments", "30", "--per-world", "15", "--seed", "4", "--json")

    result = json.loads(outcome.out)
    assert outcome.code == 0
    assert result["seeds"] == 2
    assert result["payments"] == sum(result["outcomes"].values())
    assert result["violations"] == []
    assert sum(result["faults_injected"].values()) > 10
    assert len(result["trace_hash"]) == 32
    assert result["payments_per_s"] > 0


def test_the_same_seed_has_the_same_hash(payflow: RunPayflow) -> None:
    arguments = ("simulate", "--payments", "15", "--seed", "9", "--json")

    first, second = (json.loads(payflow(*arguments).out) for _ in range(2))

    assert first["trace_hash"] == second["trace_hash"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("not json", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"seed": 1}', "payments"),
        ('{"seed": 1, "payments": 1, "faults": [{"site": "x"}]}', "payment"),
        ('{"seed": 1, "payments": 1, "level": "much"}', "much"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_with_the_reason(
    payflow: RunPayflow, tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)

    outcome = payflow("simulate", "--plan", str(path))

    assert outcome.code == 1
    assert told in outcome.err


def test_a_violation_is_cut_down_told_and_kept_for_replay(
    payflow: RunPayflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A gateway that calls again what somebody has called already.
    monkeypatch.setattr(InMemoryCallClaims, "claim", lambda *_: True)

    outcome = payflow(
        *("simulate", "--payments", "60", "--seed", "2", "--state-dir", str(tmp_path), "--json")
    )

    assert outcome.code == 1
    violation = json.loads(outcome.out)["violations"][0]
    assert f"invariant {violation['invariant']}" in outcome.err
    plan = tmp_path / "plans" / "2.json"
    kept = json.loads(plan.read_text())
    assert kept["breaks"] == violation["invariant"]
    assert len(kept["orders"]) == 1, "one payment is enough to show it"
    assert f"payflow simulate --plan {plan}" in outcome.err.replace("\n", "")
    assert payflow("simulate", "--plan", str(plan)).code == 1
    monkeypatch.undo()
    assert payflow("simulate", "--plan", str(plan)).code == 0


def test_a_store_that_forgets_its_condition_is_found(
    payflow: RunPayflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InMemoryPayments, "save", InMemoryPayments._put)

    outcome = payflow(
        *("simulate", "--payments", "200", "--seed", "1", "--state-dir", str(tmp_path), "--json")
    )

    assert outcome.code == 1
