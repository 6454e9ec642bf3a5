"""What the use cases need of providers besides calls: their customers' answers, their callbacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from payflow.domain.approval import Approval, CustomerDecision, Verdict
    from payflow.domain.provider import ProviderConfig
    from payflow.domain.provider_callback import ProviderCallback


@runtime_checkable
class CustomerDesk(Protocol):
    """A provider with a sandbox, where somebody else may stand in for the customer.

    An adapter that has one offers these methods beside those of `Provider`; `key` is that of an
    authorisation. What was decided comes back as with a real customer: by callback and inquiry.
    """

    def approval(self, key: str) -> Approval | None:
        """What the customer was asked, and what became of it; None if nothing was asked."""
        ...

    def decide(self, key: str, decision: CustomerDecision, mark: str) -> Verdict:
        """Answer in the customer's name; `mark` tells who did, see `Approval`."""
        ...


class CallbackKeys(Protocol):
    """The keys that providers sign their callbacks with."""

    def of(self, provider: ProviderConfig) -> Sequence[bytes]:
        """The provider's keys, newest first; several while one replaces another.

        Raises `Unavailable` while they cannot be read.
        """
        ...


class CallbackInbox(Protocol):
    """Where authenticated callbacks wait until they are dealt with."""

    def put(self, callback: ProviderCallback) -> None:
        """Keep `callback` durably; raises `Unavailable` if that is not certain."""
        ...
