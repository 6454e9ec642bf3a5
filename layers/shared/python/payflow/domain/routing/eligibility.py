"""Which providers can take a payment at all: facts of the payment against a provider's terms."""

from __future__ import annotations

from typing import Final

from payflow.domain.provider import STORED_WALLET_ADAPTER, ProviderConfig
from payflow.domain.routing.model import RoutingRequest

METHOD_NOT_SUPPORTED: Final = "method_not_supported"
WALLET_NOT_SERVED: Final = "wallet_not_served"
SERVES_OTHERS: Final = frozenset({METHOD_NOT_SUPPORTED, WALLET_NOT_SERVED})
"""Reasons that say what a provider is, and nothing of this payment."""


def ineligibility(provider: ProviderConfig, request: RoutingRequest) -> str | None:
    """The stable code of the first term that keeps `provider` from this payment, or None.

    Every term must hold. A fact that is missing cannot meet a restriction, with one exception: a
    payment without a country passes, since most payments name none and the provider itself is the
    judge of that. The method comes first: it is no news of a provider that serves another. A wallet
    at PayFlow pays through the adapter that knows it, and no other wallet does.
    """
    if provider.type is not request.method:
        return METHOD_NOT_SUPPORTED
    if (provider.adapter == STORED_WALLET_ADAPTER) is not request.stored_wallet:
        return WALLET_NOT_SERVED
    wanted = request.preference.providers
    if wanted and provider.id not in wanted:
        return "not_requested"
    return (
        _amount_reason(provider, request)
        or _card_reason(provider, request)
        or _capability_reason(provider, request)
    )


def matches_bin(pattern: str, card_bin: str) -> bool:
    """Whether a card's first digits match a pattern such as `51*`; one without `*` is a prefix too.

    `card_bin` holds six digits; a longer pattern never matches, since nobody can tell.
    """
    return card_bin.startswith(pattern.removesuffix("*"))


def _amount_reason(provider: ProviderConfig, request: RoutingRequest) -> str | None:
    if provider.currencies and request.currency not in provider.currencies:
        return "currency_not_supported"
    if provider.min_amount is not None and request.amount_minor < provider.min_amount:
        return "amount_below_minimum"
    if provider.max_amount is not None and request.amount_minor > provider.max_amount:
        return "amount_above_maximum"
    return None


def _card_reason(provider: ProviderConfig, request: RoutingRequest) -> str | None:
    card_bin = request.bin
    if provider.bins and not (
        card_bin is not None and any(matches_bin(pattern, card_bin) for pattern in provider.bins)
    ):
        return "bin_not_supported"
    if provider.networks and request.network not in provider.networks:
        return "network_not_supported"
    if provider.countries and request.country is not None:
        return None if request.country in provider.countries else "country_not_supported"
    return None


def _capability_reason(provider: ProviderConfig, request: RoutingRequest) -> str | None:
    if request.needs_capture and "capture" not in provider.capabilities:
        return "capture_not_supported"
    if request.upi_flow is not None and request.upi_flow not in provider.capabilities:
        return "upi_flow_not_supported"
    return None
