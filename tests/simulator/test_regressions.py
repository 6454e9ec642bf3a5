"""What the simulator once found: each plan broke an invariant before its bug was mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.plans import read_plan
from simulation.world import World

PLANS = sorted((Path(__file__).parent / "regressions").glob("*.json"))


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.stem)
def test_what_was_found_once_does_not_come_back(plan: Path) -> None:
    scope = read_plan(plan)

    ended = World(scope).run()

    assert ended.violations == []
    assert ended.faults == list(scope.plan or ()), "the plan does not strike any more"
