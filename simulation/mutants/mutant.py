"""A mutant: one realistic mistake in the product's code, as a patch of one place in its source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from simulation.faults import Fault, Kind, Level

PAYMENTS: Final = 100
"""How many orders each world has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """`old` occurs exactly once in the source of `module`, and becomes `new`.

    `breaks` is the invariant that no longer holds; another one may be the first to show it.
    `level` is how much has to go wrong for the mistake to matter. A mistake that matters only where
    rare things coincide brings the `plan` that has them coincide, in the world of seed 0; then
    nothing else goes wrong.
    """

    name: str
    module: str
    old: str
    new: str
    mistake: str
    breaks: int
    level: Level = Level.ALL
    plan: tuple[Fault, ...] = ()

    @property
    def description(self) -> str:
        """The mistake, and which invariant it breaks."""
        return f"{self.mistake} (invariant {self.breaks})"


def everywhere(
    site: str, nth: int, kind: Kind, amount: int = 0, orders: Iterable[int] = range(PAYMENTS)
) -> tuple[Fault, ...]:
    """The same thing going wrong in each of these orders of a world."""
    return tuple(Fault(number, site, nth, kind, amount) for number in orders)
