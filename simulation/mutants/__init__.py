"""The checks, checked: mistakes in the product's code that the simulator has to find.

A mutant that survives shows a check or a workload that is too weak. `payflow simulate --mutants`
runs them all; `listed.MUTANTS` names them, `patching` says how a mistake gets into the code.
"""

from __future__ import annotations

from simulation.mutants.hunt import MutantResult, run_mutants
from simulation.mutants.listed import MUTANTS
from simulation.mutants.mutant import Mutant

__all__ = ["MUTANTS", "Mutant", "MutantResult", "run_mutants"]
