"""Wallets, by an operator with a JSON interface of its own: words in lower case, named codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from payflow.domain.method import WalletMethod
from payflow.domain.outcomes import Outcome, ProviderResult
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
        "completed": Outcome.APPROVED,
        "processing": Outcome.PENDING,
        "rejected": Outcome.DECLINED,
        "error": Outcome.ERROR,
        "unknown_debit": Outcome.NOT_FOUND,
    },
    approval_codes=frozenset({"OK"}),
    codes={
        "ALREADY_CHARGED": "already_captured",
        "FUNDING_SOURCE_UNAVAILABLE": "issuer_unavailable",
        "HOLD_RELEASED": "authorization_released",
        "INSUFFICIENT_BALANCE": "insufficient_funds",
        "INTERNAL_ERROR": "processing_error",
        "KEY_REUSED": "duplicate_transaction",
        "LIMIT_EXCEEDED": "amount_limit_exceeded",
        "NOT_OFFERED": "operation_not_supported",
        "ORIGINAL_NOT_COMPLETED": "authorization_not_approved",
        "ORIGINAL_UNKNOWN": "authorization_not_found",
        "REJECTED": "do_not_honor",
        "TOO_MANY_REQUESTS": "provider_rate_limited",
        "WALLET_FROZEN": "account_restricted",
        "WALLET_NOT_FOUND": "wallet_not_found",
        "WRONG_AMOUNT": "amount_not_available",
    },
)


class WalletProvider(SimulatedProvider):
    """A wallet operator behind the `Provider` port."""

    def __init__(self, client: AcquirerClient) -> None:
        """`client` is the line to the acquirer."""
        super().__init__(client, VOCABULARY)

    def authorize(self, call: ProviderCall) -> ProviderResult:
        """Ask for a debit of the wallet, or a hold when `call.capture` is false."""
        assert isinstance(call.method, WalletMethod)  # eligibility sends no other method here
        request = AuthorizationRequest(
            key=call.key,
            order_id=call.payment_id,
            instrument=call.method.wallet_id,
            masked_instrument=call.method.wallet_id,
            amount_minor=call.amount.minor,
            currency=call.amount.currency,
            capture=call.capture,
        )
        return operation_result(VOCABULARY, self._client.authorize(request))


def create(config: ProviderConfig, faults: Faults, resources: Resources) -> Provider:
    """The adapter of the wallet provider `config`."""
    return WalletProvider(connected(config, faults, resources))
