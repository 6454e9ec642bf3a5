"""The wire to an acquirer: what it can bring back, and how long anybody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from payflow.domain.ports import Clock


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider says, in its own words.

    `reference`, amount and currency are its own record; `action` what it asks of the customer, and
    `action_url` where, if that is a page of its own.
    """

    status: str
    code: str
    reference: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    action: str | None = None
    action_url: str | None = None


class Silence(StrEnum):
    """Why there is no answer; the value is the failure code.

    `REFUSED`: no connection, so nothing was sent. `TIMED_OUT`: it may have been processed.
    """

    REFUSED = "provider_unavailable"
    TIMED_OUT = "provider_timeout"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer under way: it arrives `after_ms` after the call, or never (None)."""

    after_ms: int | None
    answer: Answer | Silence


CONNECTION_REFUSED: Final = Delivery(0, Silence.REFUSED)
LOST: Final = Delivery(None, Silence.TIMED_OUT)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller has in hand after `latency_ms`, which never exceeds the time-out by much."""

    answer: Answer | Silence
    latency_ms: int


def waited(send: Callable[[], Delivery], clock: Clock, timeout_ms: int) -> Reply:
    """Send, then wait for the answer, but no longer than `timeout_ms` after the start.

    The time that sending itself took counts. An answer that would come later is `TIMED_OUT`,
    whatever the other side has done meanwhile.
    """
    started = clock.now()
    delivery = send()
    spent_ms = (clock.now() - started) // timedelta(milliseconds=1)
    in_time = delivery.after_ms is not None and max(delivery.after_ms, spent_ms) <= timeout_ms
    wait_ms = delivery.after_ms if in_time and delivery.after_ms is not None else timeout_ms
    if wait_ms > spent_ms:
        clock.sleep_ms(wait_ms - spent_ms)
    latency_ms = (clock.now() - started) // timedelta(milliseconds=1)
    return Reply(delivery.answer if in_time else Silence.TIMED_OUT, latency_ms)
