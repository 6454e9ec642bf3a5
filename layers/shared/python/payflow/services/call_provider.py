"""Make one provider call and hand its answer to the workflow.

An attempt's call is made once, whoever asks for it again: Express executions are started at least
once, and a repeated call that met an outage would answer "nothing was sent" although the first one
may have charged. So whoever finds the attempt claimed answers *unknown*, and the plan inquires.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.ports import CallClaims, MarketSource, Provider
from payflow.domain.provider import Faults, Market, ProviderConfig
from payflow.domain.provider_call import ProviderCall, call_from_document, result_to_document
from payflow.domain.verification import SENT_BY_ANOTHER

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
    claims: CallClaims
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
        if call.operation is Operation.INQUIRE:
            if config is None:
                return _unanswered("provider_not_configured")
            return self._provider(config, market).inquire(call)
        if not self.claims.claim(call.payment_id, call.attempt_number):
            return _unanswered(SENT_BY_ANOTHER)
        if config is None:
            return NOT_CONFIGURED
        return OPERATIONS[call.operation](self._provider(config, market), call)

    def _provider(self, config: ProviderConfig, market: Market) -> Provider:
        return self.create_provider(config, market.faults.get(config.id, Faults()))


NOT_CONFIGURED: Final = ProviderResult(
    outcome=Outcome.ERROR,
    latency_ms=0,
    code="provider_not_configured",
    category=Category.PROVIDER_TECHNICAL,
)
"""The provider was removed; this attempt's only call was not sent."""


def _unanswered(code: str) -> ProviderResult:
    """Nothing was sent by this call, which says nothing of what was sent before."""
    return ProviderResult(
        outcome=Outcome.UNKNOWN, latency_ms=0, code=code, category=Category.UNKNOWN
    )
