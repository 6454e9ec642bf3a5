"""What calls teach about providers: a pure fold from observations to one small book.

Per provider two exponentially weighted windows: a *long* one (about 100 calls) for the rates that
people and strategies look at, and a *short* one (about 20 calls) that the breaker judges by, so a
hard outage shows after some 14 calls whatever the traffic. Both forget with time as well: an old
failure says little about now. The breaker opens when the short window holds at least `CALLS_MIN`
calls and half of its weight failed.

What counts: a failure is an outcome whose category counts against health
(`payflow.domain.retry.CATEGORY_RULES`) or a call slower than the provider's time-out. A declined
card is a success of the provider: it answered. Rate limits and our own mistakes say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from payflow.domain import breaker as breakers
from payflow.domain.breaker import Breaker
from payflow.domain.outcomes import Category, Operation, Outcome
from payflow.domain.ports import Randomness
from payflow.domain.provider import BreakerState, ProviderHealth
from payflow.domain.retry import CATEGORY_RULES

LONG_WINDOW_CALLS: Final = 100
SHORT_WINDOW_CALLS: Final = 20
HALF_LIFE_S: Final = 60.0
FORGOTTEN_AFTER: Final = timedelta(days=1)
CALLS_MIN: Final = 10
OPENING_FAILURE_RATE: Final = 0.5
DEGRADED_FAILURE_RATE: Final = 0.25
RECOVERED_FAILURE_RATE: Final = 0.15
DEGRADED_CALLS_MIN: Final = 20
REMEMBERED_CALLS: Final = 400
"""How many calls the book remembers by name, to count a redelivered stream record once.

A batch comes again right after it failed, before much else of its shard: seconds of traffic are
enough. A call that is counted twice after all, or never, moves a rate by a hundredth.
"""

CALL_MARK_LENGTH: Final = 5
"""A call is remembered by the last characters of its attempt's id: 25 bits of a hash."""

_LONG: Final = 1 - 1 / LONG_WINDOW_CALLS
_SHORT: Final = 1 - 1 / SHORT_WINDOW_CALLS
# The weight of CALLS_MIN calls in a row, less half a call for what time takes away meanwhile.
_EVIDENCE_MIN: Final = SHORT_WINDOW_CALLS * (1 - _SHORT ** (CALLS_MIN - 0.5))
_FAINT_CALLS: Final = 0.05
_NEUTRAL: Final = frozenset({Category.RATE_LIMITED, Category.CONFIGURATION})
_CUSTOMERS_OWN: Final = frozenset({Category.CUSTOMER, Category.FRAUD})


@dataclass(frozen=True, slots=True)
class Observation:
    """One answered call: who was called when, what came back, and how long it took."""

    attempt_id: str
    provider: str
    operation: Operation
    at: datetime
    outcome: Outcome
    category: Category | None
    latency_ms: int


@dataclass(frozen=True, slots=True)
class Window:
    """Exponentially weighted sums as of the record's time; each call weighs less than the next.

    `judged` and `approved` leave out calls that failed for the customer's own reasons.
    """

    calls: float = 0.0
    failures: float = 0.0
    judged: float = 0.0
    approved: float = 0.0
    latency_ms: float = 0.0
    recent_calls: float = 0.0
    recent_failures: float = 0.0


@dataclass(frozen=True, slots=True)
class ProviderRecord:
    """What is known of one provider as of `at`."""

    at: datetime
    window: Window = Window()
    breaker: Breaker = breakers.CLOSED
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class HealthBook:
    """All providers' records, and marks of the latest calls that were counted (oldest first)."""

    records: Mapping[str, ProviderRecord] = field(default_factory=dict)
    counted: tuple[str, ...] = ()


class HealthEvent(StrEnum):
    """What is worth telling people about a provider."""

    DEGRADED = "provider.degraded"
    DOWN = "provider.down"
    RECOVERED = "provider.recovered"


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A provider's health crossed a line at `at`; `success_rate` is between 0 and 1."""

    event: HealthEvent
    provider: str
    at: datetime
    success_rate: float
    calls: int


def learned(
    book: HealthBook,
    observations: Iterable[Observation],
    *,
    now: datetime,
    randomness: Randomness,
    timeouts_ms: Mapping[str, int] | None = None,
) -> tuple[HealthBook, tuple[HealthChange, ...]]:
    """`book` with `observations` folded in, and the changes that this made.

    The order of `observations` does not matter; those that were counted before are left out.
    `timeouts_ms` by provider tells which calls were slow. Randomness is drawn only for the jitter
    of an opening breaker.
    """
    counted = dict.fromkeys(book.counted)
    records = dict(book.records)
    changes: list[HealthChange] = []
    for seen in sorted(observations, key=lambda o: (o.at, o.attempt_id)):
        mark = seen.attempt_id[-CALL_MARK_LENGTH:]
        if mark in counted:
            continue
        counted[mark] = None
        failed = is_failure(seen, (timeouts_ms or {}).get(seen.provider))
        if _says_nothing(seen, failed):
            continue
        before = records.get(seen.provider, ProviderRecord(min(seen.at, now)))
        after = _folded(before, seen, failed, now, randomness)
        records[seen.provider] = after
        changes.extend(_changes(seen.provider, before, after, now))
    kept = {name: record for name, record in records.items() if not _is_faint(record, now)}
    return HealthBook(kept, tuple(counted)[-REMEMBERED_CALLS:]), tuple(changes)


def market_health(book: HealthBook, now: datetime) -> dict[str, ProviderHealth]:
    """What routing and people see of `book` at `now`, by provider."""
    return {name: _seen_at(record, now) for name, record in book.records.items()}


def is_failure(seen: Observation, slow_ms: int | None = None) -> bool:
    """Whether the provider is to blame; an answer that took `slow_ms` or more came too late."""
    if seen.category in _NEUTRAL:
        return False
    if slow_ms is not None and seen.latency_ms >= slow_ms:
        return True
    if seen.outcome is Outcome.UNKNOWN:
        return True
    return seen.category is not None and CATEGORY_RULES[seen.category].counts_against_health


def _says_nothing(seen: Observation, failed: bool) -> bool:
    # An inquiry that was answered shows that inquiries work, not that authorisations do.
    return seen.category in _NEUTRAL or (seen.operation is not Operation.AUTHORIZE and not failed)


def _is_faint(record: ProviderRecord, now: datetime) -> bool:
    """Whether a record has faded so far that keeping it would only make the book grow."""
    age = now - record.at
    if record.breaker.open_until is not None:
        return age > FORGOTTEN_AFTER
    return record.window.calls * _forgetting(age) < _FAINT_CALLS


def _folded(
    before: ProviderRecord,
    seen: Observation,
    failed: bool,
    now: datetime,
    randomness: Randomness,
) -> ProviderRecord:
    # A clock that runs ahead must not make the window forget.
    called_at = min(seen.at, now)
    at = max(before.at, called_at)
    weight = _forgetting(at - called_at)
    window = _with_call(_faded(before.window, _forgetting(at - before.at)), seen, failed, weight)
    breaker = before.breaker
    if breaker.open_until is None:
        if _should_open(window):
            return ProviderRecord(at, window, breakers.opened(breaker, now, randomness))
        return ProviderRecord(at, window, breaker, _is_degraded(before.degraded, window))
    breaker = breakers.probed(
        breaker, called_at=called_at, good=not failed, now=now, randomness=randomness
    )
    if breaker.open_until is None:
        # What opened it is history: only calls from here on may blame the provider again.
        window = _with_call(Window(), seen, failed, weight)
    return ProviderRecord(at, window, breaker)


def _forgetting(age: timedelta) -> float:
    return float(0.5 ** (max(0.0, age.total_seconds()) / HALF_LIFE_S))


def _faded(window: Window, factor: float) -> Window:
    return Window(
        window.calls * factor,
        window.failures * factor,
        window.judged * factor,
        window.approved * factor,
        window.latency_ms * factor,
        window.recent_calls * factor,
        window.recent_failures * factor,
    )


def _with_call(window: Window, seen: Observation, failed: bool, weight: float) -> Window:
    judged = seen.category not in _CUSTOMERS_OWN
    approved = seen.outcome in (Outcome.APPROVED, Outcome.PENDING)
    return Window(
        calls=window.calls * _LONG + weight,
        failures=window.failures * _LONG + weight * failed,
        judged=(window.judged * _LONG + weight) if judged else window.judged,
        approved=(window.approved * _LONG + weight * approved) if judged else window.approved,
        latency_ms=window.latency_ms * _LONG + weight * seen.latency_ms,
        recent_calls=window.recent_calls * _SHORT + weight,
        recent_failures=window.recent_failures * _SHORT + weight * failed,
    )


def _should_open(window: Window) -> bool:
    return (
        window.recent_calls >= _EVIDENCE_MIN
        and window.recent_failures >= OPENING_FAILURE_RATE * window.recent_calls
    )


def _is_degraded(was_degraded: bool, window: Window) -> bool:
    # Two lines instead of one, so that a rate close to a line does not raise an event per call.
    if round(window.calls) < DEGRADED_CALLS_MIN:
        return was_degraded
    line = RECOVERED_FAILURE_RATE if was_degraded else DEGRADED_FAILURE_RATE
    return window.failures > line * window.calls


def _changes(
    provider: str, before: ProviderRecord, after: ProviderRecord, now: datetime
) -> list[HealthChange]:
    event = _event(before, after)
    if event is None:
        return []
    window = after.window
    success_rate = 1 - window.failures / window.calls if window.calls else 1.0
    return [HealthChange(event, provider, now, round(success_rate, 4), round(window.calls))]


def _event(before: ProviderRecord, after: ProviderRecord) -> HealthEvent | None:
    was_down, is_down = before.breaker.openings > 0, after.breaker.openings > 0
    if is_down != was_down:
        return HealthEvent.DOWN if is_down else HealthEvent.RECOVERED
    if is_down or before.degraded == after.degraded:
        return None
    return HealthEvent.DEGRADED if after.degraded else HealthEvent.RECOVERED


def _seen_at(record: ProviderRecord, now: datetime) -> ProviderHealth:
    window = _faded(record.window, _forgetting(now - record.at))
    calls = round(window.calls)
    breaker = record.breaker
    state = BreakerState.CLOSED if breaker.open_until is None else BreakerState.OPEN
    if not calls:
        return ProviderHealth(state=state, open_until=breaker.open_until)
    return ProviderHealth(
        state=state,
        success_rate=round(1 - window.failures / window.calls, 4),
        latency_ms=round(window.latency_ms / window.calls, 1),
        calls=calls,
        open_until=breaker.open_until,
        approval_rate=round(window.approved / window.judged, 4) if window.judged > 0.5 else None,
    )
