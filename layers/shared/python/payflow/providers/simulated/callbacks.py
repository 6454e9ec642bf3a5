"""What a simulated acquirer tells by itself, and how it leaves."""

from __future__ import annotations

from typing import Protocol

from payflow.domain.provider_callback import ProviderCallback


class CallbackSender(Protocol):
    """The provider's own way of delivering callbacks."""

    def send(self, callback: ProviderCallback, delay_ms: int) -> None:
        """Deliver `callback`, at least once, no earlier than `delay_ms` from now.

        Raises `Unavailable` if it cannot be taken over.
        """
        ...
