"""What drives an adapter and its port through the same sequence of operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar, Final, TypeVar

from payflow.domain.errors import PayFlowError
from tests.differential.reference import Reference
from tests.support.builders import NOON
from tests.support.fakes import FakeClock

OPERATIONS_MIN, OPERATIONS_MAX = 3, 8

Key = Mapping[str, Any]
Outcome = tuple[str, object, object]
_Thing = TypeVar("_Thing")
_MOMENTS_MS: Final = (0, 0, 1, 999, 1_000, 60_000, 3_600_000)
"""Few, so that times are often equal, and bounds often met."""


class Difference(AssertionError):
    """The adapter and the port in memory do not say the same."""


class Driver:
    """One sequence on one port: `real` and `memory` are asked the same by `ask`.

    A subclass has a method for each of its `OPERATIONS`; one twice there is twice as likely.
    """

    TABLE: ClassVar[str]
    OPERATIONS: ClassVar[tuple[str, ...]]

    real: Any
    memory: Any

    def __init__(self, reference: Reference, chance: Random, own: str) -> None:
        """`own` is part of all ids of this sequence, and of no other's."""
        self.reference, self.chance, self.own = reference, chance, own
        self.table = reference.tables[self.TABLE]
        self.clock = FakeClock()
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def play(self) -> int:
        """Make the operations, the first of `OPERATIONS` first; how many it asked for."""
        names = [self.OPERATIONS[0]]
        further = self.chance.randint(OPERATIONS_MIN, OPERATIONS_MAX) - 1
        names += self.chance.choices(self.OPERATIONS, k=further)
        try:
            for name in names:
                getattr(self, name)()
            self.look()
        finally:
            self.reference.forget(self.TABLE, self.written())
        return len(self.asked)

    def look(self) -> None:
        """Ask for what was written, where the operations seldom do so by themselves."""

    def written(self) -> Sequence[Key]:
        """The keys of what the sequence has written."""
        raise NotImplementedError

    def ask(
        self,
        method: str,
        *arguments: Any,
        view: Callable[[Any], Any] = lambda answer: answer,
        **named: Any,
    ) -> Any:
        """What both answer, None if both raise; `view` is what is compared of it."""
        self.asked.append((method, arguments, named))
        real = _outcome(getattr(self.real, method), view, arguments, named)
        memory = _outcome(getattr(self.memory, method), view, arguments, named)
        if real != memory:
            raise Difference(self._told(real, memory))
        return memory[1] if memory[0] == "answered" else None

    def one_of(self, *things: _Thing) -> _Thing:
        """Any one of them."""
        return self.chance.choice(things)

    def maybe(self, thing: _Thing) -> _Thing | None:
        """It, or nothing."""
        return self.chance.choice((thing, None))

    def moment(self) -> datetime:
        """A time within the hour after noon, often the same."""
        return NOON + timedelta(milliseconds=self.chance.choice(_MOMENTS_MS))

    def _told(self, real: Outcome, memory: Outcome) -> str:
        steps = [f"{name}{arguments} {named or ''}" for name, arguments, named in self.asked]
        return "\n".join(
            [f"{type(self).__name__}:", *steps, f"adapter: {real}", f"memory:  {memory}"]
        )


def _outcome(
    method: Callable[..., Any],
    view: Callable[[Any], Any],
    arguments: tuple[Any, ...],
    named: dict[str, Any],
) -> Outcome:
    try:
        return "answered", view(method(*arguments, **named)), None
    except PayFlowError as error:
        return "raised", type(error), error.code
