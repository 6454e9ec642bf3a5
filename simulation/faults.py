"""Fault plans: what goes wrong in a run, where and when, as data.

A *site* is one kind of side effect (`payments.save`, `queue.wake_ups`). A fault names the payment,
the site, and which of the payment's visits to it: that stays the same when other faults are left
out, so a plan can be cut down to what is needed. Plans are drawn from the seed while the run finds
its sites, written down as they are drawn, and replayed from that list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import log
from random import Random
from typing import Any, Final


class Kind(StrEnum):
    """What can go wrong at a side effect."""

    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"
    THROTTLE = "throttle"
    LOST_ACK = "lost_ack"
    RETRIED = "retried"
    CONFLICT = "conflict"
    DELAY = "delay"
    LATE_ACK = "late_ack"
    STALE = "stale"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    POISON = "poison"
    OUTAGE = "outage"
    DEAF = "deaf"
    WRONG_AMOUNT = "wrong_amount"
    MALFORMED = "malformed"
    FORGED = "forged"
    HANGING = "hanging"
    CLOCK_SKEW = "clock_skew"
    RECONFIGURED = "reconfigured"
    KEY_ROTATED = "key_rotated"
    DEPLOYED = "deployed"


READING: Final = {
    Kind.CRASH_BEFORE: 2,
    Kind.THROTTLE: 2,
    Kind.DELAY: 4,
    Kind.CRASH_AFTER: 1,
}
"""What can happen where something is only read, and how often of all such faults."""

EVENTUALLY: Final = {**READING, Kind.STALE: 4}
"""What can happen where a read may show what was true a moment ago: an index, a cheap read."""

WRITING: Final = {
    Kind.CRASH_BEFORE: 3,
    Kind.CRASH_AFTER: 4,
    Kind.THROTTLE: 3,
    Kind.LOST_ACK: 4,
    Kind.RETRIED: 2,
    Kind.DELAY: 3,
    Kind.LATE_ACK: 3,
}
"""What can happen at a write."""

CONDITIONAL: Final = {**WRITING, Kind.CONFLICT: 2, Kind.DELAY: 8}
"""What can happen at a write on top of a version."""

PROVIDERS: Final = {
    Kind.CRASH_BEFORE: 2,
    Kind.CRASH_AFTER: 3,
    Kind.DELAY: 3,
    Kind.LATE_ACK: 2,
}
"""What can happen while a provider writes its book: it is our function that dies, not its store."""

SENDING: Final = {
    **WRITING,
    Kind.DUPLICATE: 4,
    Kind.REORDER: 3,
}
"""What can happen to a message."""

STARTING: Final = {**WRITING, Kind.DUPLICATE: 5}
"""What can happen to the start of an execution."""

ANSWERING: Final = {
    Kind.WRONG_AMOUNT: 1,
    Kind.MALFORMED: 1,
}
"""What else a provider can do to an answer."""


CALLING: Final = {Kind.HANGING: 1}
"""What can happen to an authorisation on its way: it arrives when nobody waits for it any more.

So a provider may book it after "not found" has counted as proof: a late approval (invariant 10).
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: at the `nth` visit (from 1) of payment `subject` to `site`.

    `subject` -1 stands for what serves no single payment. `amount` is a duration in milliseconds
    where the kind has one.
    """

    subject: int
    site: str
    nth: int
    kind: Kind
    amount: int = 0

    def document(self) -> dict[str, Any]:
        """The fault as JSON."""
        return {
            "payment": self.subject,
            "site": self.site,
            "nth": self.nth,
            "kind": self.kind.value,
            "amount": self.amount,
        }

    def __str__(self) -> str:
        where = f"payment {self.subject}" if self.subject >= 0 else "world"
        amount = f" {self.amount} ms" if self.amount else ""
        return f"{where}: {self.kind.value}{amount} at {self.site} no. {self.nth}"


def fault_from_document(document: Mapping[str, Any]) -> Fault:
    """The fault that `Fault.document` wrote; raises `KeyError` or `ValueError`."""
    return Fault(
        subject=int(document["payment"]),
        site=str(document["site"]),
        nth=int(document["nth"]),
        kind=Kind(document["kind"]),
        amount=int(document.get("amount", 0)),
    )


class Level(StrEnum):
    """How much goes wrong."""

    NONE = "none"
    LIGHT = "light"
    ALL = "all"


RATES: Final = {Level.NONE: 0.0, Level.LIGHT: 0.004, Level.ALL: 0.03}
"""Of all visits to sites, how many go wrong."""

TIMED: Final = frozenset({Kind.DELAY, Kind.LATE_ACK, Kind.DUPLICATE, Kind.REORDER, Kind.HANGING})
PAUSES_MS: Final = ((0.6, 1, 400), (0.3, 400, 4_000), (0.1, 4_000, 20_000))
"""How long something takes that is slow: (share, from, to)."""


@dataclass(slots=True)
class Faults:
    """Decides at each visit whether it goes wrong: by drawing, or by a plan.

    `drawn` is what has gone wrong, in order. After `stop` nothing more is drawn. Into `visited`, if
    it is a list, goes every visit with what could have gone wrong.
    """

    rate: float
    random: Random
    plan: Mapping[tuple[int, str, int], Fault] | None = None
    drawn: list[Fault] = field(default_factory=list)
    visited: list[tuple[int, str, int, Mapping[Kind, int]]] | None = None
    _visits: dict[tuple[int, str], int] = field(default_factory=dict)
    _left: int = 0
    _stopped: bool = False

    def __post_init__(self) -> None:
        """Draw how many visits go well before the first that does not."""
        self._left = self._gap()

    def at(self, subject: int, site: str, kinds: Mapping[Kind, int]) -> Fault | None:
        """What goes wrong with this visit, if anything; `kinds` are what can, by weight."""
        key = (subject, site)
        nth = self._visits.get(key, 0) + 1
        self._visits[key] = nth
        if self.visited is not None:
            self.visited.append((subject, site, nth, kinds))
        if self.plan is not None:
            fault = self.plan.get((subject, site, nth))
            if fault is not None:
                self.drawn.append(fault)
            return fault
        self._left -= 1
        if self._left > 0 or self._stopped:
            return None
        self._left = self._gap()
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        fault = Fault(subject, site, nth, kind, self._amount(kind))
        self.drawn.append(fault)
        return fault

    def stop(self) -> None:
        """From now on everything works, unless the plan says otherwise."""
        self._stopped = True

    def counts(self) -> Counter[str]:
        """How often each kind was injected."""
        return Counter(fault.kind.value for fault in self.drawn)

    def _gap(self) -> int:
        if self.rate <= 0.0:
            return 1 << 60
        return 1 + int(log(1.0 - self.random.random()) / log(1.0 - self.rate))

    def _amount(self, kind: Kind) -> int:
        if kind not in TIMED:
            return 0
        draw, share = self.random.random(), 0.0
        for weight, low, high in PAUSES_MS:
            share += weight
            if draw < share:
                return self.random.randint(low, high)
        return PAUSES_MS[-1][2]


def planned(faults: Iterable[Fault]) -> dict[tuple[int, str, int], Fault]:
    """`faults` by where they strike."""
    return {(fault.subject, fault.site, fault.nth): fault for fault in faults}
