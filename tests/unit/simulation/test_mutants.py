"""The mutants: each fits the source of today, and the simulator finds what it breaks."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections import Counter

import pytest

from simulation.faults import Level
from simulation.mutants import MUTANTS, Mutant, MutantResult, run_mutants
from simulation.mutants.patching import StalePatch, compiled, mutated, patched
from simulation.world import Scope, World

CHEAP = ("claim-forgotten", "hold-forgotten")
"""Caught in the first world."""

A_MISTAKE = Mutant(
    name="a-mistake",
    module="a.module",
    old="return left - right",
    new="return left + right",
    mistake="adds instead of taking away",
    breaks=11,
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fits_the_source_of_today_and_compiles(mutant: Mutant) -> None:
    spec = importlib.util.find_spec(mutant.module)

    assert spec is not None
    assert spec.origin is not None
    compiled(mutant, spec.origin)


def test_there_are_enough_mutants_and_no_two_of_one_name() -> None:
    names = Counter(mutant.name for mutant in MUTANTS)

    assert len(names) >= 40
    assert set(names.values()) == {1}


def test_only_the_mistake_changes() -> None:
    source = "def difference(left, right):\n    return left - right\n"

    assert patched(source, A_MISTAKE) == "def difference(left, right):\n    return left + right\n"


@pytest.mark.parametrize(
    "source",
    ["return right - left\n", "return left - right\nreturn left - right\n"],
    ids=["gone", "twice"],
)
def test_a_patch_that_does_not_fit_is_an_error(source: str) -> None:
    with pytest.raises(StalePatch, match="a-mistake"):
        patched(source, A_MISTAKE)


def test_a_module_that_is_loaded_already_cannot_be_mutated() -> None:
    loaded = next(one for one in MUTANTS if one.module in sys.modules)

    with pytest.raises(StalePatch, match="loaded already"), mutated(loaded):
        pass


def test_the_mistake_is_in_what_is_imported_and_nowhere_else() -> None:
    program = (
        "from simulation.mutants.listed import mutant_named\n"
        "from simulation.mutants.patching import mutated\n"
        "with mutated(mutant_named('key-of-the-payment')):\n"
        "    from payflow.domain.payment import provider_key\n"
        "print(provider_key('pay_1', 1) == provider_key('pay_1', 2))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "True\n"


def test_cheap_mutants_are_caught_and_reported_as_they_are() -> None:
    heard: list[MutantResult] = []

    results = run_mutants(CHEAP, 2, heard.append)

    assert [one.name for one in results] == list(CHEAP)
    assert [(one.caught, one.invariant, one.seed) for one in results] == [
        (True, 4, 0),
        (True, 13, 0),
    ]
    assert sorted(one.name for one in heard) == sorted(CHEAP)


def test_there_is_no_mutant_of_an_unknown_name() -> None:
    with pytest.raises(ValueError, match="nobody"):
        run_mutants(["nobody"], 1, lambda result: None)


def test_the_product_as_it_is_breaks_nothing() -> None:
    ended = World(Scope(seed=0, payments=60, level=Level.ALL)).run()

    assert ended.violations == []
