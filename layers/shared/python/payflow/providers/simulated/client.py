"""How an adapter talks to a simulated acquirer: send, and wait no longer than the time-out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from payflow.providers.simulated.acquirer import SimulatedAcquirer
from payflow.providers.wire import Delivery, Reply, waited

if TYPE_CHECKING:
    from payflow.domain.approval import Approval, CustomerDecision, Verdict
    from payflow.domain.ports import Clock
    from payflow.domain.provider import Faults, ProviderConfig
    from payflow.providers.contract import Resources
    from payflow.providers.simulated.requests import AuthorizationRequest, OperationRequest


class Acquirer(Protocol):
    """The far side of the wire."""

    def authorize(self, request: AuthorizationRequest) -> Delivery:
        """Take a request; the answer says when it arrives."""
        ...

    def operate(self, request: OperationRequest) -> Delivery:
        """Take a request about an authorisation; the answer says when it arrives."""
        ...

    def inquire(self, key: str) -> Delivery:
        """Answer from the acquirer's book what became of the request with `key`."""
        ...

    def approval(self, key: str) -> Approval | None:
        """What the customer was asked about the request with `key`; None if nothing."""
        ...

    def decide(self, key: str, decision: CustomerDecision, mark: str) -> Verdict:
        """Take the customer's decision."""
        ...


class AcquirerClient:
    """One provider's line to its acquirer."""

    def __init__(self, acquirer: Acquirer, *, timeout_ms: int, clock: Clock) -> None:
        """Nobody waits longer than `timeout_ms`."""
        self._acquirer = acquirer
        self._timeout_ms = timeout_ms
        self._clock = clock

    def authorize(self, request: AuthorizationRequest) -> Reply:
        """What comes back within the time-out."""
        return waited(lambda: self._acquirer.authorize(request), self._clock, self._timeout_ms)

    def operate(self, request: OperationRequest) -> Reply:
        """What comes back within the time-out."""
        return waited(lambda: self._acquirer.operate(request), self._clock, self._timeout_ms)

    def inquire(self, key: str) -> Reply:
        """What comes back within the time-out."""
        return waited(lambda: self._acquirer.inquire(key), self._clock, self._timeout_ms)

    def approval(self, key: str) -> Approval | None:
        """What the customer sees: not over PayFlow's line to the acquirer."""
        return self._acquirer.approval(key)

    def decide(self, key: str, decision: CustomerDecision, mark: str) -> Verdict:
        """What the customer does: not over PayFlow's line to the acquirer."""
        return self._acquirer.decide(key, decision, mark)


def connected(config: ProviderConfig, faults: Faults, resources: Resources) -> AcquirerClient:
    """A line to the simulated acquirer of the provider `config`."""
    acquirer = SimulatedAcquirer(
        config,
        faults,
        book=resources.book,
        callbacks=resources.callbacks,
        approval_url=resources.approval_url,
        clock=resources.clock,
        randomness=resources.randomness,
    )
    return AcquirerClient(acquirer, timeout_ms=config.timeout_ms, clock=resources.clock)
