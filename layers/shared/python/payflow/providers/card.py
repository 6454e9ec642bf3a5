"""Cards, by an acquirer that speaks ISO 8583 response codes.

The card number is taken from the vault here and handed to the acquirer; it goes nowhere else.
Codes: ISO 8583-1:1987 field 39 and the networks' published extensions (N7, 1A).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from payflow.domain.method import CardMethod
from payflow.domain.outcomes import NextActionType, Outcome, ProviderResult
from payflow.providers.normalisation import Vocabulary, operation_result, refusal
from payflow.providers.simulated.adapter import SimulatedProvider
from payflow.providers.simulated.client import AcquirerClient, connected
from payflow.providers.simulated.requests import AuthorizationRequest

if TYPE_CHECKING:
    from payflow.domain.ports import Provider, Vault
    from payflow.domain.provider import Faults, ProviderConfig
    from payflow.domain.provider_call import ProviderCall
    from payflow.providers.contract import Resources

VOCABULARY: Final = Vocabulary(
    statuses={
        "APPROVED": Outcome.APPROVED,
        "PENDING": Outcome.PENDING,
        "DECLINED": Outcome.DECLINED,
        "ERROR": Outcome.ERROR,
        "NOT_FOUND": Outcome.NOT_FOUND,
    },
    approval_codes=frozenset({"00"}),
    codes={
        "03": "merchant_not_configured",
        "04": "pickup_card",
        "05": "do_not_honor",
        "06": "processing_error",
        "07": "pickup_card",
        "12": "invalid_request",
        "13": "invalid_request",
        "14": "incorrect_number",
        "15": "incorrect_number",
        "19": "try_again_later",
        "1A": "authentication_required",
        "21": "already_captured",
        "30": "invalid_request",
        "34": "suspected_fraud",
        "40": "operation_not_supported",
        "41": "lost_card",
        "43": "stolen_card",
        "46": "account_closed",
        "51": "insufficient_funds",
        "54": "expired_card",
        "55": "incorrect_pin",
        "57": "transaction_not_permitted",
        "58": "merchant_not_configured",
        "59": "suspected_fraud",
        "61": "amount_limit_exceeded",
        "62": "account_restricted",
        "63": "suspected_fraud",
        "64": "amount_not_available",
        "65": "frequency_limit_exceeded",
        "75": "pin_tries_exceeded",
        "76": "authorization_not_found",
        "77": "authorization_not_approved",
        "78": "account_closed",
        "79": "authorization_released",
        "82": "incorrect_cvc",
        "91": "issuer_unavailable",
        "92": "processing_error",
        "94": "duplicate_transaction",
        "96": "processing_error",
        "N7": "incorrect_cvc",
        "3DS14": "customer_timeout",
        "3DSC01": "customer_rejected",
    },
    actions={"challenge": NextActionType.THREE_DS_REDIRECT},
)


class CardProvider(SimulatedProvider):
    """A card acquirer behind the `Provider` port; only an authorisation needs the card."""

    def __init__(self, client: AcquirerClient, vault: Callable[[], Vault]) -> None:
        """`client` is the line to the acquirer; `vault` is asked for at each authorisation."""
        super().__init__(client, VOCABULARY)
        self._vault = vault

    def authorize(self, call: ProviderCall) -> ProviderResult:
        """Ask for an authorisation, with capture when `call.capture`."""
        request = self._request(call)
        if request is None:
            return refusal("token_not_found", latency_ms=0)
        return operation_result(VOCABULARY, self._client.authorize(request))

    def _request(self, call: ProviderCall) -> AuthorizationRequest | None:
        assert isinstance(call.method, CardMethod)  # eligibility sends no other method here
        card = self._vault().reveal(call.method.token)
        if card is None:
            return None
        return AuthorizationRequest(
            key=call.key,
            order_id=call.payment_id,
            instrument=card.number,
            masked_instrument=f"{call.method.bin}******{call.method.last4}",
            amount_minor=call.amount.minor,
            currency=call.amount.currency,
            capture=call.capture,
            expires=(card.exp_year, card.exp_month),
            cvc=card.cvc,
        )


def create(config: ProviderConfig, faults: Faults, resources: Resources) -> Provider:
    """The adapter of the card provider `config`."""
    return CardProvider(connected(config, faults, resources), resources.vault)
