"""From an entry of the provider file to `ProviderConfig`: every default is filled in here.

The payment path reads documents that were checked when they were stored, so this module trusts
them; whoever accepts a new document checks it with `payflow.domain.provider_schema` first.
Source: the provider configuration in `docs/add-a-provider.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from payflow.domain.method import MethodType
from payflow.domain.money import FeeTerms
from payflow.domain.provider import (
    ALL_CAPABILITIES,
    CallbackTerms,
    LatencyModel,
    ProviderConfig,
)

Document = Mapping[str, Any]

FAILURE_RATE_DEFAULT: Final = 0.0
LATENCY_MS_DEFAULT: Final = {"min": 50, "max": 200}
PRIORITY_DEFAULT: Final = 100
WEIGHT_DEFAULT: Final = 100
VISIBILITY_MS_DEFAULT: Final = 2_000
APPROVAL_TIMEOUT_MS_DEFAULT: Final = 300_000
SETTLEMENT_LAG_DAYS_DEFAULT: Final = 1
AUTHORIZATION_VALIDITY_MS_DEFAULT: Final = 7 * 86_400_000
CURRENCIES_DEFAULT: Final[dict[MethodType, frozenset[str]]] = {
    MethodType.CARD: frozenset(),
    MethodType.UPI: frozenset({"INR"}),
    MethodType.WALLET: frozenset(),
}
"""UPI moves rupees only; an empty set means any currency."""


def provider_from_document(document: Document) -> ProviderConfig:
    """The provider that a valid entry describes, with every default filled in.

    The terms of eligibility (`bins`, `maxAmount`, …) may stand in `routingRules` or beside it.
    """
    terms = {**document, **document.get("routingRules", {})}
    kind = MethodType(document["type"].lower())
    return ProviderConfig(
        id=document["id"],
        type=kind,
        adapter=document.get("adapter", kind.value),
        timeout_ms=document["timeoutMs"],
        failure_rate=_failure_rate(document),
        latency=_latency(document),
        bins=tuple(terms.get("bins", ())),
        min_amount=terms.get("minAmount"),
        max_amount=terms.get("maxAmount"),
        currencies=frozenset(terms.get("currencies", CURRENCIES_DEFAULT[kind])),
        countries=frozenset(terms.get("countries", ())),
        networks=frozenset(name.lower() for name in terms.get("networks", ())),
        capabilities=frozenset(document.get("capabilities", ALL_CAPABILITIES)),
        fees=_fees(document),
        priority=document.get("priority", PRIORITY_DEFAULT),
        weight=document.get("weight", WEIGHT_DEFAULT),
        lost_response_rate=float(document.get("lostResponseRate", 0)),
        visibility_ms=document.get("visibilityMs", VISIBILITY_MS_DEFAULT),
        approval_timeout_ms=document.get("approvalTimeoutMs", APPROVAL_TIMEOUT_MS_DEFAULT),
        authorization_validity_ms=document.get(
            "authorizationValidityMs", AUTHORIZATION_VALIDITY_MS_DEFAULT
        ),
        max_concurrency=document.get("maxConcurrency"),
        settlement_lag_days=document.get("settlement", {}).get(
            "lagDays", SETTLEMENT_LAG_DAYS_DEFAULT
        ),
        callback=_callback(document),
        webhook_secret=document.get("webhookSecret"),
    )


def _failure_rate(document: Document) -> float:
    """The base of the failure model, if there is one, is the same figure said in another place."""
    rate = document.get("failureModel", {}).get(
        "base", document.get("failureRate", FAILURE_RATE_DEFAULT)
    )
    return float(rate)


def _latency(document: Document) -> LatencyModel:
    limits = document.get("latencyMs", LATENCY_MS_DEFAULT)
    model = document.get("latencyModel", {})
    return LatencyModel(
        min_ms=limits["min"], max_ms=limits["max"], p50_ms=model.get("p50"), p99_ms=model.get("p99")
    )


def _fees(document: Document) -> FeeTerms:
    fees = document.get("fees", {})
    return FeeTerms(bps=fees.get("bps", 0), fixed_minor=fees.get("fixedMinor", 0))


def _callback(document: Document) -> CallbackTerms:
    callback = document.get("callback", {})
    return CallbackTerms(
        delay_ms=callback.get("delayMs", 0),
        duplicate_rate=float(callback.get("duplicateRate", 0)),
        reorder_rate=float(callback.get("reorderRate", 0)),
    )
