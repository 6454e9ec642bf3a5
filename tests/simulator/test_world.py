"""Whole worlds: they keep every promise whatever goes wrong, and a seed is always the same one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from simulation.faults import Kind, Level
from simulation.run import run, scopes
from simulation.world import Ended, Scope, World
from tools.paths import REPOSITORY

PAYMENTS = 40


def lived(seed: int, level: Level = Level.ALL, **changes: object) -> Ended:
    return World(Scope(seed, PAYMENTS, level, **changes)).run()  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(6))
def test_with_every_fault_no_promise_is_broken(seed: int) -> None:
    ended = lived(seed)

    assert ended.violations == []
    assert ended.faults, "nothing went wrong, so nothing was tried"
    assert ended.outcomes["succeeded"] > PAYMENTS // 2


def test_without_faults_every_order_ends_and_nothing_is_injected() -> None:
    ended = lived(1, Level.NONE)

    assert ended.violations == []
    assert ended.faults == []
    assert ended.payments == PAYMENTS


def test_every_kind_of_fault_strikes_somewhere() -> None:
    total = run(list(scopes(1_200, 0, Level.ALL, 60)), jobs=1)

    never = {kind.value for kind in Kind} - set(total.faults)
    assert never == set()
    assert total.violations == []


def test_the_same_seed_is_the_same_world_in_another_process_with_other_hashes() -> None:
    program = (
        "from simulation.world import Scope, World; from simulation.faults import Level; "
        f"print(World(Scope(3, {PAYMENTS}, Level.ALL)).run().trace_hash)"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            cwd=REPOSITORY,
            capture_output=True,
            check=True,
            text=True,
            timeout=60,
        ).stdout.strip()
        for seed, zone in (("1", "UTC"), ("2", "Asia/Kolkata"))
    }

    assert hashes == {lived(3).trace_hash}


def test_another_seed_is_another_world() -> None:
    assert lived(3).trace_hash != lived(4).trace_hash


def test_a_plan_replays_what_was_drawn() -> None:
    drawn = lived(5)

    replayed = lived(5, plan=tuple(drawn.faults))

    assert replayed.trace_hash == drawn.trace_hash
    assert Counter(replayed.faults) == Counter(drawn.faults)


def test_a_single_order_goes_as_it_goes_among_others_that_share_nothing_with_it() -> None:
    alone = lived(7, Level.NONE, orders=frozenset({3}))

    assert alone.payments == 1
    assert alone.violations == []


def test_jobs_change_nothing_but_the_time() -> None:
    worlds = list(scopes(90, 10, Level.ALL, 30))

    one, two = run(worlds, jobs=1), run(worlds, jobs=2)

    assert (one.trace_hash, one.faults, one.outcomes) == (two.trace_hash, two.faults, two.outcomes)
