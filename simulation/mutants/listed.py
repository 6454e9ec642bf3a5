"""All mutants."""

from __future__ import annotations

from typing import Final

from simulation.mutants.charging import CHARGING
from simulation.mutants.events import EVENTS
from simulation.mutants.instructions import INSTRUCTIONS
from simulation.mutants.mutant import Mutant
from simulation.mutants.requests import REQUESTS
from simulation.mutants.wallets import WALLETS

MUTANTS: Final[tuple[Mutant, ...]] = (*CHARGING, *INSTRUCTIONS, *REQUESTS, *EVENTS, *WALLETS)
_BY_NAME: Final = {mutant.name: mutant for mutant in MUTANTS}


def mutant_named(name: str) -> Mutant:
    """The mutant of that name; raises `ValueError`."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise ValueError(f"there is no mutant {name!r}") from None
