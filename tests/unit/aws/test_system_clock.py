"""The machine's time, as PayFlow keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from payflow.aws.system_clock import SystemClock


def test_the_time_is_utc_in_whole_milliseconds() -> None:
    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
    assert timedelta(0) <= datetime.now(UTC) - now < timedelta(seconds=5)


def test_sleeping_takes_as_long_as_asked_and_no_time_for_less_than_nothing() -> None:
    clock = SystemClock()
    before = clock.now()

    clock.sleep_ms(-5)
    clock.sleep_ms(20)

    assert clock.now() - before >= timedelta(milliseconds=19)
