"""What is due, against a plain sorted list; and that what has changed does not pile up."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from simulation.ports.waiting import Waiting
from tests.support.builders import later

moments = st.integers(0, 4).map(later)
changes = st.lists(st.tuples(st.sampled_from("abcde"), st.none() | moments), max_size=30)


@given(changes, moments, st.integers(1, 5))
def test_the_earliest_are_first_whatever_happened_before(
    changed: list[tuple[str, datetime | None]], until: datetime, limit: int
) -> None:
    waiting, at = Waiting(), dict[str, datetime]()
    for name, moment in changed:
        waiting.put(name, moment)
        at.pop(name, None)
        if moment is not None:
            at[name] = moment

    due = sorted((moment, name) for name, moment in at.items() if moment <= until)
    expected = [name for _, name in due[:limit]]
    assert waiting.first(limit, until=until) == expected
    # Asking takes nothing away.
    assert waiting.first(limit, until=until) == expected


def test_a_thing_that_keeps_moving_does_not_fill_the_memory() -> None:
    waiting = Waiting()
    waiting.put("still", later(1))

    for second in range(10_000):
        waiting.put("moving", later(2 + second))

    assert len(waiting) < 2_000
    assert waiting.first(5) == ["still", "moving"]
