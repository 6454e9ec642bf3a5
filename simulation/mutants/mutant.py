"""A mutant: one realistic mistake in the product's code, as a patch of one place in its source."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.faults import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """`old` occurs exactly once in the source of `module`, and becomes `new`.

    `breaks` is the invariant that no longer holds; another one may be the first to show it. Where
    the product itself refuses to do what the mistake asks of it, `raises` names the exception that
    ends the world. `level` is how much has to go wrong for the mistake to matter.
    """

    name: str
    module: str
    old: str
    new: str
    mistake: str
    breaks: int
    raises: str = ""
    level: Level = Level.ALL

    @property
    def description(self) -> str:
        """The mistake, and which invariant it breaks."""
        return f"{self.mistake} (invariant {self.breaks})"
