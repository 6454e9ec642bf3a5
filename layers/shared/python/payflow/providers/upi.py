"""UPI collect and intent, by a payment service provider that speaks NPCI's response codes.

Codes: National Payments Corporation of India, UPI error and response codes; those in words are the
service provider's own, for what it does with a payment afterwards. A debit that NPCI calls
*deemed* has no final status yet, so that word is left out on purpose and becomes *unknown*.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from payflow.domain.method import UpiFlow, UpiMethod
from payflow.domain.outcomes import NextActionType, Outcome, ProviderResult
from payflow.providers.normalisation import Vocabulary, operation_result
from payflow.providers.simulated.adapter import SimulatedProvider
from payflow.providers.simulated.client import AcquirerClient, connected
from payflow.providers.simulated.requests import AuthorizationRequest

if TYPE_CHECKING:
    from payflow.domain.ports import Provider
    from payflow.domain.provider import Faults, ProviderConfig
    from payflow.domain.provider_call import ProviderCall
    from payflow.providers.contract import Resources

VOCABULARY: Final = Vocabulary(
    statuses={
        "SUCCESS": Outcome.APPROVED,
        "PENDING": Outcome.PENDING,
        "FAILURE": Outcome.DECLINED,
        "ERROR": Outcome.ERROR,
        "NO_RECORD": Outcome.NOT_FOUND,
    },
    approval_codes=frozenset({"00"}),
    codes={
        "ALREADY_DEBITED": "already_captured",
        "AMOUNT_NOT_AVAILABLE": "amount_not_available",
        "B1": "account_restricted",
        "BLOCK_RELEASED": "authorization_released",
        "K1": "suspected_fraud",
        "OPERATION_NOT_OFFERED": "operation_not_supported",
        "ORIGINAL_NOT_FOUND": "authorization_not_found",
        "ORIGINAL_NOT_SUCCESSFUL": "authorization_not_approved",
        "U01": "duplicate_transaction",
        "U02": "amount_limit_exceeded",
        "U03": "try_again_later",
        "U05": "invalid_request",
        "U07": "invalid_request",
        "U08": "processing_error",
        "U12": "invalid_request",
        "U16": "suspected_fraud",
        "U17": "merchant_not_configured",
        "U19": "customer_rejected",
        "U27": "issuer_unavailable",
        "U28": "issuer_unavailable",
        "U29": "invalid_vpa",
        "U30": "do_not_honor",
        "U69": "customer_timeout",
        "XH": "account_closed",
        "XY": "issuer_unavailable",
        "YE": "account_restricted",
        "Z6": "pin_tries_exceeded",
        "Z7": "frequency_limit_exceeded",
        "Z8": "amount_limit_exceeded",
        "Z9": "insufficient_funds",
        "ZA": "customer_rejected",
        "ZE": "transaction_not_permitted",
        "ZH": "invalid_vpa",
        "ZI": "suspected_fraud",
        "ZM": "incorrect_pin",
        "ZX": "account_closed",
    },
    actions={"payer_approval": NextActionType.UPI_APPROVE},
)


class UpiProvider(SimulatedProvider):
    """A UPI service provider behind the `Provider` port."""

    def __init__(self, client: AcquirerClient) -> None:
        """`client` is the line to the acquirer."""
        super().__init__(client, VOCABULARY)

    def authorize(self, call: ProviderCall) -> ProviderResult:
        """Ask the payer's app for the money (collect), or prepare a link for it (intent)."""
        method = _upi(call)
        request = AuthorizationRequest(
            key=call.key,
            order_id=call.payment_id,
            instrument=method.vpa,
            masked_instrument=method.vpa,
            amount_minor=call.amount.minor,
            currency=call.amount.currency,
            capture=call.capture,
        )
        return _for_flow(method, operation_result(VOCABULARY, self._client.authorize(request)))

    def inquire(self, call: ProviderCall) -> ProviderResult:
        """Ask what became of the operation with `call.key`."""
        return _for_flow(_upi(call), super().inquire(call))


def create(config: ProviderConfig, faults: Faults, resources: Resources) -> Provider:
    """The adapter of the UPI provider `config`."""
    return UpiProvider(connected(config, faults, resources))


def _upi(call: ProviderCall) -> UpiMethod:
    assert isinstance(call.method, UpiMethod)  # eligibility sends no other method here
    return call.method


def _for_flow(method: UpiMethod, result: ProviderResult) -> ProviderResult:
    """The payer acts on a request in the app, or on the link that an intent is."""
    if result.next_action is NextActionType.UPI_APPROVE and method.flow is UpiFlow.INTENT:
        return replace(result, next_action=NextActionType.UPI_INTENT)
    return result
