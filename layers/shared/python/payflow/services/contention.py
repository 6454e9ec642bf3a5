"""Decide anew when another writer was first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from payflow.domain.errors import Unavailable, VersionConflict
from payflow.domain.ports import Clock, Randomness

TRIES_MAX: Final = 40
"""Of many writers at once one wins each round: this is enough for the last of some thirty."""
PAUSE_MS: Final = 20
PAUSE_MAX_MS: Final = 300

_Result = TypeVar("_Result")


def decided_anew(
    decide: Callable[[], _Result], object_id: str, clock: Clock, randomness: Randomness
) -> _Result:
    """What `decide` returns, which loads `object_id` afresh each time that it is called.

    After a `VersionConflict` it is called again, after a random pause that grows. Raises
    `Unavailable` when other writers kept winning; what else `decide` raises passes through.
    """
    for repetition in range(TRIES_MAX):
        try:
            return decide()
        except VersionConflict:
            ceiling_ms = min(PAUSE_MAX_MS, PAUSE_MS * 2**repetition)
            clock.sleep_ms(int(ceiling_ms * randomness.random()))
    raise Unavailable("contended", f"{object_id} is being changed by others", retry_after_s=1)
