"""Provider entries: the minimal one loads as it is, and every default has its value."""

from __future__ import annotations

import json
from typing import Any

from payflow.domain.method import MethodType
from payflow.domain.money import FeeTerms
from payflow.domain.provider import ALL_CAPABILITIES, LatencyModel
from payflow.domain.provider_config import provider_from_document
from payflow.domain.provider_schema import load_providers

MINIMAL = """
[{"id": "mockCardA", "type": "CARD", "timeoutMs": 1200, "failureRate": 0.05, "latencyMs": {"min": 150, "max": 800},
  "routingRules": {"bins": ["51*", "52*"], "maxAmount": 500000}}]
"""  # noqa: E501  the published text, unchanged


def an_entry(**changes: Any) -> dict[str, Any]:
    return {"id": "mockUpiA", "type": "UPI", "timeoutMs": 1000, **changes}


def test_the_minimal_entry_loads_exactly_as_published() -> None:
    (provider,) = load_providers(json.loads(MINIMAL))

    assert provider.id == "mockCardA"
    assert provider.type is MethodType.CARD
    assert provider.adapter == "card"
    assert provider.timeout_ms == 1200
    assert provider.failure_rate == 0.05
    assert provider.latency == LatencyModel(150, 800)
    assert provider.bins == ("51*", "52*")
    assert (provider.min_amount, provider.max_amount) == (None, 500_000)
    assert provider.capabilities == ALL_CAPABILITIES
    assert provider.currencies == provider.countries == provider.networks == frozenset()
    assert provider.fees == FeeTerms(0, 0)
    assert (provider.priority, provider.weight) == (100, 100)
    assert (provider.lost_response_rate, provider.visibility_ms) == (0.0, 2_000)
    assert (provider.approval_timeout_ms, provider.max_concurrency) == (300_000, None)


def test_the_type_may_be_written_in_any_case() -> None:
    kinds = {provider_from_document(an_entry(type=text)).type for text in ("upi", "UPI", "Upi")}

    assert kinds == {MethodType.UPI}


def test_upi_takes_rupees_unless_told_otherwise() -> None:
    assert provider_from_document(an_entry()).currencies == {"INR"}
    assert provider_from_document(an_entry(currencies=["USD"])).currencies == {"USD"}


def test_terms_may_stand_beside_the_routing_rules() -> None:
    inside = an_entry(routingRules={"minAmount": 5, "networks": ["VISA"], "countries": ["IN"]})
    beside = an_entry(minAmount=5, networks=["visa"], countries=["IN"])

    assert provider_from_document(inside) == provider_from_document(beside)


def test_every_key_reaches_the_provider() -> None:
    provider = provider_from_document(
        an_entry(
            adapter="wallet",
            latencyModel={"type": "lognormal", "p50": 120, "p99": 480},
            capabilities=["collect"],
            fees={"bps": 20, "fixedMinor": 3},
            priority=1,
            weight=2,
            lostResponseRate=0.25,
            visibilityMs=0,
            approvalTimeoutMs=1_000,
            maxConcurrency=9,
        )
    )

    assert provider.adapter == "wallet"
    assert (provider.latency.p50_ms, provider.latency.p99_ms) == (120, 480)
    assert provider.capabilities == {"collect"}
    assert provider.fees == FeeTerms(20, 3)
    assert (provider.priority, provider.weight) == (1, 2)
    assert (provider.lost_response_rate, provider.visibility_ms) == (0.25, 0)
    assert (provider.approval_timeout_ms, provider.max_concurrency) == (1_000, 9)


def test_the_base_of_a_failure_model_is_the_failure_rate() -> None:
    provider = provider_from_document(an_entry(failureRate=0.5, failureModel={"base": 0.125}))

    assert provider.failure_rate == 0.125
