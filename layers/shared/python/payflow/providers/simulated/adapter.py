"""What the adapters of all simulated acquirers have in common: all that follows an authorisation.

Those operations name the authorisation by its key and need no instrument, so they differ in the
acquirer's words only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payflow.providers.normalisation import Vocabulary, inquiry_result, operation_result
from payflow.providers.simulated.entry import Kind
from payflow.providers.simulated.requests import OperationRequest

if TYPE_CHECKING:
    from payflow.domain.approval import Approval, CustomerDecision, Verdict
    from payflow.domain.outcomes import ProviderResult
    from payflow.domain.provider_call import ProviderCall
    from payflow.providers.simulated.client import AcquirerClient


class SimulatedProvider:
    """The `Provider` port but for `authorize`, and the sandbox's `CustomerDesk`."""

    def __init__(self, client: AcquirerClient, vocabulary: Vocabulary) -> None:
        """`client` is the line to the acquirer, which speaks by `vocabulary`."""
        self._client = client
        self._vocabulary = vocabulary

    def capture(self, call: ProviderCall) -> ProviderResult:
        """Take `call.amount` of the authorisation; `call.final` releases what is left of it."""
        return self._operation(call, Kind.CAPTURE)

    def void(self, call: ProviderCall) -> ProviderResult:
        """Release what was not captured of the authorisation: `call.amount`, all of it."""
        return self._operation(call, Kind.VOID)

    def refund(self, call: ProviderCall) -> ProviderResult:
        """Give back `call.amount` of what was captured."""
        return self._operation(call, Kind.REFUND)

    def inquire(self, call: ProviderCall) -> ProviderResult:
        """Ask what became of the operation with `call.key`."""
        return inquiry_result(self._vocabulary, self._client.inquire(call.key))

    def approval(self, key: str) -> Approval | None:
        """What the customer was asked about the authorisation with `key`; None if nothing."""
        return self._client.approval(key)

    def decide(self, key: str, decision: CustomerDecision, mark: str) -> Verdict:
        """Answer in the customer's name."""
        return self._client.decide(key, decision, mark)

    def _operation(self, call: ProviderCall, kind: Kind) -> ProviderResult:
        request = OperationRequest(
            kind=kind,
            key=call.key,
            original=call.authorization_key,
            order_id=call.payment_id,
            amount_minor=call.amount.minor,
            currency=call.amount.currency,
            final=call.final,
        )
        return operation_result(self._vocabulary, self._client.operate(request))
