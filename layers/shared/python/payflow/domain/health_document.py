"""The health book as one small JSON document: lists for objects, times as epoch milliseconds.

A provider takes about 100 bytes, the marks of counted calls 2 KB: eight providers stay below 4 KB,
so that writing the whole book costs four write units a batch, not one a payment.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from payflow.domain.breaker import Breaker
from payflow.domain.health import CALL_MARK_LENGTH, HealthBook, ProviderRecord, Window

LAYOUT: Final = 1
_DECIMALS: Final = 3
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def health_to_document(book: HealthBook) -> dict[str, Any]:
    """`book` as JSON; weights are rounded to a thousandth of a call."""
    return {
        "layout": LAYOUT,
        "providers": {name: _packed(record) for name, record in book.records.items()},
        "counted": "".join(book.counted),
    }


def health_from_document(document: dict[str, Any]) -> HealthBook:
    """The book that `health_to_document` wrote down; raises `ValueError` for any other layout."""
    if document.get("layout") != LAYOUT:
        raise ValueError(f"a health book has layout {LAYOUT}")
    marks, length = document["counted"], CALL_MARK_LENGTH
    return HealthBook(
        records={name: _unpacked(packed) for name, packed in document["providers"].items()},
        counted=tuple(marks[i : i + length] for i in range(0, len(marks), length)),
    )


def _packed(record: ProviderRecord) -> list[int | float]:
    window, breaker = record.window, record.breaker
    return [
        _epoch_ms(record.at),
        round(window.calls, _DECIMALS),
        round(window.failures, _DECIMALS),
        round(window.judged, _DECIMALS),
        round(window.approved, _DECIMALS),
        round(window.latency_ms),
        round(window.recent_calls, _DECIMALS),
        round(window.recent_failures, _DECIMALS),
        int(record.degraded),
        _epoch_ms(breaker.open_until) if breaker.open_until else 0,
        breaker.openings,
        breaker.probes_good,
        breaker.probes_bad,
    ]


def _unpacked(packed: list[Any]) -> ProviderRecord:
    at, *sums, degraded, open_until, openings, good, bad = packed
    calls, failures, judged, approved, latency_ms, recent_calls, recent_failures = map(float, sums)
    return ProviderRecord(
        at=_moment(at),
        window=Window(calls, failures, judged, approved, latency_ms, recent_calls, recent_failures),
        breaker=Breaker(_moment(open_until) if open_until else None, openings, good, bad),
        degraded=bool(degraded),
    )


def _epoch_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _moment(epoch_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=epoch_ms)
