"""What the simulator once found: each plan broke an invariant before its bug was mended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulation.luck import luck
from simulation.orders import ordered
from simulation.plans import read_plan
from simulation.world import World

PLANS = sorted((Path(__file__).parent / "regressions").glob("*.json"))


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.stem)
def test_what_was_found_once_does_not_come_back(plan: Path) -> None:
    scope = read_plan(plan)

    ended = World(scope).run()

    assert ended.violations == []
    assert ended.faults == list(scope.plan or ()), "the plan does not strike any more"


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.stem)
def test_its_orders_are_still_of_the_kinds_that_it_needs(plan: Path) -> None:
    scope, scenarios = read_plan(plan), json.loads(plan.read_text())["scenarios"]

    drawn = {
        ordered(luck(scope.seed, number, "order"), luck(scope.seed, number, "rare")).scenario
        for number in scope.orders or ()
    }

    assert sorted(drawn) == scenarios
