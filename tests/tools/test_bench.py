"""`payflow bench` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.conftest import RunPayflow


@pytest.fixture
def workload(tmp_path: Path) -> Path:
    file = tmp_path / "mine.json"
    segments = [[300, [0.9, 0.6]], [100, [0.1, 0.6]]]
    document = {"name": "mine", "arms": ["A", "B"], "feedback_delay": 5, "segments": segments}
    file.write_text(json.dumps(document))
    return file


def test_policies_are_compared_as_json(payflow: RunPayflow, workload: Path) -> None:
    outcome = payflow(
        "bench", "routing", "--workload", str(workload), "--policies", "success_rate,srv3",
        "--seeds", "3", "--json",
    )  # fmt: skip

    document = json.loads(outcome.out)
    assert outcome.code == 0
    assert (document["workload"], document["feedback_delay"]) == ("mine", 5)
    assert list(document["policies"]) == ["success_rate", "srv3"]
    for figures in document["policies"].values():
        for measure in ("success_rate", "regret", "gap_closed"):
            assert figures[measure]["low"] <= figures[measure]["mean"] <= figures[measure]["high"]
    assert document["best_static"] == {
        "arm": "A", "success_rate": pytest.approx(0.7), "regret": pytest.approx(50),
    }  # fmt: skip


def test_options_say_more_than_the_file(payflow: RunPayflow, workload: Path) -> None:
    outcome = payflow(
        "bench", "routing", "--workload", str(workload), "--policies", "priority",
        "--seeds", "1", "--delay", "0", "--failover", "1", "--json",
    )  # fmt: skip

    document = json.loads(outcome.out)
    assert (document["feedback_delay"], document["failover"]) == (0, 1)
    assert document["policies"]["priority"]["attempts_per_payment"] > 1


def test_a_table_for_people_and_a_chart(
    payflow: RunPayflow, workload: Path, tmp_path: Path
) -> None:
    chart = tmp_path / "chart.html"

    outcome = payflow(
        "bench", "routing", "--workload", str(workload), "--policies", "all", "--seeds", "1",
        "--chart", str(chart),
    )  # fmt: skip

    assert outcome.code == 0
    assert "glr_klucb" in outcome.out and "best static (A)" in outcome.out
    assert "<svg" in chart.read_text()


def test_a_built_in_workload_is_known_by_name(payflow: RunPayflow) -> None:
    outcome = payflow(
        "bench", "routing", "--workload", "pb1", "--policies", "priority", "--seeds", "2",
    )  # fmt: skip

    assert outcome.code == 0
    assert "5,000 payments, 3 providers" in outcome.out


@pytest.mark.parametrize(
    "wrong", [("--workload", "pb9"), ("--policies", "best"), ("--policies", ",")]
)
def test_wrong_use_says_what_there_is(payflow: RunPayflow, wrong: tuple[str, str]) -> None:
    outcome = payflow("bench", "routing", *wrong)

    assert outcome.code == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "cannot be read as JSON"),
        ('{"arms": ["A"], "segments": [[5, [2]]]}', "segments[0][1]: a rate is a number"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(
    payflow: RunPayflow, tmp_path: Path, content: str, told: str
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(content)

    outcome = payflow("bench", "routing", "--workload", str(file))

    assert outcome.code == 1
    assert told in " ".join(outcome.err.split())


def test_the_simulator_is_measured_at_each_level_of_faults(payflow: RunPayflow) -> None:
    outcome = payflow("bench", "simulate", "--payments", "200", "--json")

    document = json.loads(outcome.out)
    levels = document["levels"]
    assert outcome.code == 0
    assert list(levels) == ["none", "light", "all"]
    assert levels["none"]["faults"] == 0 < levels["light"]["faults"] < levels["all"]["faults"]
    for figures in levels.values():
        assert figures["payments"] > 150
        assert figures["payments_per_s_per_core"] > 0
        assert figures["violations"] == 0
    assert 0 < document["peak_mb"]["after_half"] <= document["peak_mb"]["after_all"]
