"""What a check finds, and the result of all checks of one invariant together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

INVARIANTS: Final[dict[int, str]] = {
    1: "at most one net successful charge per payment, by the providers' own books",
    2: "never two attempts of one payment open at once",
    3: "an unknown outcome moves on only after proof that nothing was charged",
    4: "every call was written down before it was made",
    5: "every provider key follows from its payment and attempt",
    6: "hard declines never fail over",
    7: "attempts and failovers are bounded by policy",
    8: "status moves along the transition table only",
    10: "a late approval is voided or refunded",
    11: "per currency, debits equal credits",
    12: "the journal is append-only, and its transactions are unique",
    13: "status, amounts and entries agree",
    14: "captured is within authorised",
    15: "refunded, with what is pending, is within captured",
    16: "a failed refund gives its amount back exactly once",
    17: "balances equal the replayed journal",
    18: "integers only; fees and splits sum exactly",
    19: "the same request has the same answer, byte for byte",
    20: "another body under a used key is refused and does nothing",
    21: "simultaneous requests with one key execute once",
    22: "rejected requests do not use up their key",
    23: "keys do not collide across merchants or paths",
    31: "no merchant can see or touch another's objects",
    32: "no card data or keys are readable anywhere",
    33: "revoked keys stop working; nobody sets a server's fields",
    34: "payments end or wait for a reason; queues drain",
}
"""The promises that can be checked from outside, by their numbers in the list of invariants."""

TOLD_MAX: Final = 5
"""How many problems of one invariant are told one by one."""

KEPT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One invariant is broken: by what, and how."""

    invariant: int
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of all checks of one invariant."""

    id: int
    name: str
    ok: bool
    detail: str


@dataclass
class Findings:
    """Collects what was examined and what is wrong, in memory that does not grow without bound."""

    _examined: dict[int, Counter[str]] = field(default_factory=dict)
    _notes: dict[int, list[str]] = field(default_factory=dict)
    _problems: dict[int, list[Problem]] = field(default_factory=dict)
    _counts: Counter[int] = field(default_factory=Counter)

    def examined(self, invariants: Iterable[int], what: str, count: int = 1) -> None:
        """`count` more things were looked at for these invariants; none is a look, too."""
        for invariant in invariants:
            self._examined.setdefault(invariant, Counter())[what] += count

    def note(self, invariant: int, text: str) -> None:
        """Something worth telling that is no problem."""
        self._notes.setdefault(invariant, []).append(text)

    def add(self, problems: Iterable[Problem]) -> None:
        """These are problems."""
        for problem in problems:
            self._counts[problem.invariant] += 1
            kept = self._problems.setdefault(problem.invariant, [])
            if len(kept) < KEPT_MAX:
                kept.append(problem)

    def checks(self) -> list[Check]:
        """One result for each invariant that was looked at, by number."""
        numbers = sorted(self._examined.keys() | self._problems.keys())
        return [self._check(number) for number in numbers]

    def _check(self, number: int) -> Check:
        return Check(number, INVARIANTS[number], not self._counts[number], self._detail(number))

    def _detail(self, number: int) -> str:
        looked_at = self._examined.get(number, Counter())
        said = [", ".join(f"{count:,} {what}" for what, count in looked_at.items())]
        said += self._notes.get(number, [])
        problems = self._problems.get(number, [])
        said += [str(problem) for problem in problems[:TOLD_MAX]]
        if (more := self._counts[number] - TOLD_MAX) > 0:
            said.append(f"and {more:,} more")
        return "; ".join(part for part in said if part)
