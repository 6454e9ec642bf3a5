"""Make one provider call and hand its answer to the workflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.ports import MarketSource, Provider
from payflow.domain.provider import Faults, ProviderConfig
from payflow.domain.provider_call import ProviderCall, call_from_document, result_to_document

ProviderFactory = Callable[[ProviderConfig, Faults], Provider]

OPERATIONS: Final[Mapping[Operation, Callable[[Provider, ProviderCall], ProviderResult]]] = {
    Operation.AUTHORIZE: lambda provider, call: provider.authorize(call),
    Operation.CAPTURE: lambda provider, call: provider.capture(call),
    Operation.VOID: lambda provider, call: provider.void(call),
    Operation.REFUND: lambda provider, call: provider.refund(call),
    Operation.INQUIRE: lambda provider, call: provider.inquire(call),
}
"""What each operation asks of the port."""


@dataclass(frozen=True, slots=True)
class CallProvider:
    """The use case behind every state that calls a provider."""

    market: MarketSource
    create_provider: ProviderFactory

    def __call__(self, document: dict[str, Any]) -> dict[str, Any]:
        """Make the call in `document`; the answer is data whatever the provider does.

        Whatever is raised from here is a fault of ours, and reaches the plan as *unknown*.
        """
        call = call_from_document(document)
        return result_to_document(call.attempt_number, self._result(call))

    def _result(self, call: ProviderCall) -> ProviderResult:
        market = self.market.snapshot()
        config = market.provider(call.provider)
        if config is None:
            return _not_configured(call)
        provider = self.create_provider(config, market.faults.get(config.id, Faults()))
        return OPERATIONS[call.operation](provider, call)


def _not_configured(call: ProviderCall) -> ProviderResult:
    """A provider that was removed: nothing was sent, but what was sent before stays unknown."""
    inquiry = call.operation is Operation.INQUIRE
    return ProviderResult(
        outcome=Outcome.UNKNOWN if inquiry else Outcome.ERROR,
        latency_ms=0,
        code="provider_not_configured",
        category=Category.UNKNOWN if inquiry else Category.PROVIDER_TECHNICAL,
    )
