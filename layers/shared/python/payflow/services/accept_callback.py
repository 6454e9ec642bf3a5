"""Take a provider's callback: authenticate it by its bytes, and put it where it cannot get lost.

What it says is dealt with later (`payflow.services.handle_callback`), so the provider is answered
at once, and one that repeats itself without end holds up nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from payflow.domain.errors import Unauthenticated
from payflow.domain.ports import Clock, MarketSource
from payflow.domain.provider_callback import ProviderCallback
from payflow.domain.provider_ports import CallbackInbox, CallbackKeys
from payflow.domain.webhook_signature import verified_id

REMEMBERED_MAX: Final = 1_000
"""How many callbacks one process remembers having put into the inbox."""


@dataclass(frozen=True, slots=True)
class AcceptCallback:
    """The use case behind `POST /internal/providers/{id}/callback`."""

    market: MarketSource
    keys: CallbackKeys
    inbox: CallbackInbox
    clock: Clock
    _kept: dict[tuple[str, str], None] = field(default_factory=dict)

    def authenticate(self, provider_id: str, headers: Mapping[str, str], body: bytes | None) -> str:
        """The id of the message, if the provider of that id has sent it just now.

        `body` is exactly what came over the wire. Raises `Unauthenticated`, in the same words
        whatever is wrong: an unknown provider, no signature, another's, one of other bytes or of
        another time.
        """
        config = self.market.snapshot().provider(provider_id)
        known = None
        if config is not None and body is not None:
            known = verified_id(self.keys.of(config), headers, body, self.clock.now())
        if known is None:
            raise Unauthenticated("signature_invalid", "The callback is not signed as it must be.")
        return known

    def __call__(self, callback: ProviderCallback) -> None:
        """Keep `callback` for being dealt with; raises `Unavailable` if that is not certain.

        A repetition is kept again, which is harmless, unless this process remembers the first.
        """
        message = (callback.provider, callback.id)
        if message in self._kept:
            return
        self.inbox.put(callback)
        if len(self._kept) >= REMEMBERED_MAX:
            self._kept.clear()
        self._kept[message] = None
