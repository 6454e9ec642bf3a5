"""The simulated providers' webhook sender: what stands on their side of the wire to our API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from payflow.domain.callback_document import callback_body
from payflow.domain.errors import Unavailable
from payflow.domain.provider import Faults
from payflow.domain.webhook_signature import signed_headers

if TYPE_CHECKING:
    from payflow.domain.ports import Clock, MarketSource
    from payflow.domain.provider_callback import ProviderCallback
    from payflow.domain.provider_ports import CallbackKeys
    from payflow.providers.simulated.callbacks import CallbackSender

OUTAGE_PAUSE_MS: Final = 10_000
"""How soon a provider that is down tries again, so that its callbacks come soon after its end."""
LATE_MAX: Final = timedelta(days=1)
"""How late a callback may become by an outage; then it fails, and is kept with other failures."""


class CallbackLine(Protocol):
    """The wire from the simulated providers to PayFlow's public API."""

    def post(self, provider: str, headers: Mapping[str, str], body: bytes) -> int | None:
        """The status that a callback of `provider` was answered with; None: no answer in time."""
        ...


class Delivery(StrEnum):
    """What became of one attempt to deliver."""

    DELIVERED = "delivered"
    POSTPONED = "postponed"
    ABANDONED = "abandoned"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class DeliverCallback:
    """One attempt to deliver one callback; `sender` takes those whose time has not come.

    `is_current` tells whether what a callback says is still true as it leaves.
    """

    market: MarketSource
    keys: CallbackKeys
    line: CallbackLine
    sender: CallbackSender
    clock: Clock
    is_current: Callable[[ProviderCallback], bool]

    def __call__(self, callback: ProviderCallback, due_at: datetime) -> Delivery:
        """Deliver `callback`, or send it off again for later: before `due_at`, or in an outage.

        It is abandoned if its provider is not configured any more, and withdrawn if it is not true
        any more. Raises `Unavailable` if the API did not take it: try again.
        """
        now, market = self.clock.now(), self.market.snapshot()
        if now < due_at:
            self.sender.send(callback, _ceil_ms(due_at - now))
            return Delivery.POSTPONED
        config = market.provider(callback.provider)
        if config is None:
            return Delivery.ABANDONED
        if _is_down(market.faults.get(config.id, Faults()), now):
            if now - callback.occurred_at > LATE_MAX:
                raise Unavailable("temporarily_unavailable", f"{config.id} is down for too long")
            self.sender.send(callback, OUTAGE_PAUSE_MS)
            return Delivery.POSTPONED
        if not self.is_current(callback):
            return Delivery.WITHDRAWN
        body = json.dumps(callback_body(callback), separators=(",", ":")).encode()
        keys = self.keys.of(config)
        headers = signed_headers(keys, message_id=callback.id, sent_at=now, body=body)
        status = self.line.post(config.id, headers, body)
        if status is None or not 200 <= status < 300:
            raise Unavailable("temporarily_unavailable", f"the API answered {status}")
        return Delivery.DELIVERED


def _is_down(faults: Faults, now: datetime) -> bool:
    return faults.outage and (faults.until is None or now < faults.until)


def _ceil_ms(duration: timedelta) -> int:
    return -(-duration // timedelta(milliseconds=1))
