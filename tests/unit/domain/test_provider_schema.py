"""A bad provider file is refused whole, and every error is named with its path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from payflow.domain.config_model import ConfigError
from payflow.domain.provider_config import provider_from_document
from payflow.domain.provider_schema import (
    InvalidProviderConfig,
    config_errors,
    load_providers,
    provider_errors,
    provider_json_schema,
    read_providers,
)

PROVIDERS_FILE = Path(__file__).parents[3] / "config" / "providers.json"


def an_entry(**changes: Any) -> dict[str, Any]:
    return {"id": "mockCardA", "type": "CARD", "timeoutMs": 1000, **changes}


FULL_ENTRY = an_entry(
    adapter="card",
    failureRate=0,
    latencyMs={"min": 0, "max": 60_000},
    latencyModel={"type": "uniform"},
    routingRules={"bins": ["4*", "510510"], "minAmount": 1, "maxAmount": 10**12},
    currencies=["INR", "KWD"],
    countries=["IN", "DE"],
    networks=["visa", "Mastercard"],
    capabilities=[
        "capture",
        "partialCapture",
        "void",
        "refund",
        "partialRefund",
        "threeDs",
        "collect",
        "intent",
    ],
    fees={"bps": 10_000, "fixedMinor": 0},
    priority=0,
    weight=0,
    failureModel={"base": 0.01, "dailyCurve": [0.1] * 24, "outages": [{"fromS": 60, "forS": 5}]},
    lostResponseRate=1,
    callback={"delayMs": 0, "duplicateRate": 0.5, "reorderRate": 1},
    webhookSecret="payflow/providers/mockCardA",
    visibilityMs=0,
    approvalTimeoutMs=300_000,
    settlement={"lagDays": 2, "breakRates": {"amount_mismatch": 0.001}},
    maxConcurrency=50,
)


def test_an_entry_may_use_every_published_key() -> None:
    assert provider_errors(FULL_ENTRY) == []
    assert load_providers([FULL_ENTRY])[0].max_amount == 10**12


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": ""}, "id"),
        ({"id": "mock#A"}, "id"),
        ({"id": 7}, "id"),
        ({"type": "CASH"}, "type"),
        ({"type": None}, "type"),
        ({"id": "mockCardA\n"}, "id"),
        ({"id": "mock\ud800"}, "id"),
        ({"adapter": "Card!"}, "adapter"),
        ({"adapter": None}, "adapter"),
        ({"timeoutMs": 49}, "timeoutMs"),
        ({"timeoutMs": 25_001}, "timeoutMs"),
        ({"timeoutMs": "1200"}, "timeoutMs"),
        ({"timeoutMs": 1200.0}, "timeoutMs"),
        ({"timeoutMs": True}, "timeoutMs"),
        ({"failureRate": 1.01}, "failureRate"),
        ({"failureRate": -0.1}, "failureRate"),
        ({"failureRate": True}, "failureRate"),
        ({"failureRate": float("nan")}, "failureRate"),
        ({"failureRate": 10**400}, "failureRate"),
        ({"latencyMs": None}, "latencyMs"),
        ({"latencyMs": {"min": 9, "max": 8}}, "latencyMs.min"),
        ({"latencyMs": {"min": 9}}, "latencyMs.max"),
        ({"latencyMs": [1, 2]}, "latencyMs"),
        ({"latencyModel": {"type": "lognormal", "p50": 9}}, "latencyModel.p99"),
        ({"latencyModel": {"type": "lognormal", "p50": 9, "p99": 8}}, "latencyModel.p50"),
        ({"latencyModel": {"type": "uniform", "p50": 9}}, "latencyModel.p50"),
        ({"latencyModel": {"type": "gamma"}}, "latencyModel.type"),
        ({"routingRules": {"bins": ["5x*"]}}, "routingRules.bins[0]"),
        ({"routingRules": {"bins": ["4*", "*"]}}, "routingRules.bins[1]"),
        ({"routingRules": {"bins": ["5105105*"]}}, "routingRules.bins[0]"),
        ({"routingRules": {"bins": ["\u0665\u0661*"]}}, "routingRules.bins[0]"),
        ({"routingRules": {"bins": "51*"}}, "routingRules.bins"),
        ({"routingRules": {"bins": ["4*", "4*"]}}, "routingRules.bins[1]"),
        ({"routingRules": {"minAmount": 2, "maxAmount": 1}}, "routingRules.minAmount"),
        ({"routingRules": {"maxAmount": 0}}, "routingRules.maxAmount"),
        ({"routingRules": {"colour": "red"}}, "routingRules.colour"),
        ({"minAmount": 2, "maxAmount": 1}, "minAmount"),
        ({"minAmount": 2, "routingRules": {"maxAmount": 1}}, "minAmount"),
        ({"minAmount": 2, "maxAmount": 1, "routingRules": {"bins": ["4*"]}}, "minAmount"),
        ({"bins": ["4*"], "routingRules": {"bins": ["5*"]}}, "bins"),
        ({"currencies": ["INR", "XXX"]}, "currencies[1]"),
        ({"countries": ["India"]}, "countries[0]"),
        ({"networks": ["mastercrd"]}, "networks[0]"),
        ({"capabilities": ["teleport"]}, "capabilities[0]"),
        ({"fees": {"bps": 10_001}}, "fees.bps"),
        ({"fees": {"fixedMinor": -1}}, "fees.fixedMinor"),
        ({"priority": -1}, "priority"),
        ({"weight": 0.5}, "weight"),
        ({"failureModel": 0.5}, "failureModel"),
        ({"failureModel": {"base": 2}}, "failureModel.base"),
        ({"lostResponseRate": "0.1"}, "lostResponseRate"),
        ({"callback": {"delayMs": -1}}, "callback.delayMs"),
        ({"callback": {"duplicateRate": 2}}, "callback.duplicateRate"),
        ({"webhookSecret": ""}, "webhookSecret"),
        ({"visibilityMs": -1}, "visibilityMs"),
        ({"approvalTimeoutMs": 0}, "approvalTimeoutMs"),
        ({"settlement": {"lagDays": 91}}, "settlement.lagDays"),
        ({"settlement": {"breakRates": {"amount_mismatch": 2}}}, "settlement.breakRates"),
        ({"settlement": {"breakRates": {"theft": 0.5}}}, "settlement.breakRates.theft"),
        ({"maxConcurrency": 0}, "maxConcurrency"),
        ({"colour": "red"}, "colour"),
        ({"failure_rate": 0.5}, "failure_rate"),
    ],
)
def test_each_mistake_is_named_by_its_path(changes: dict[str, Any], path: str) -> None:
    errors = provider_errors(an_entry(**changes))

    assert len(errors) == 1
    assert errors[0].path.startswith(path)
    assert errors[0].reason


@pytest.mark.parametrize(
    ("changes", "path", "reason"),
    [
        ({"type": "CASH"}, "type", "must be 'card', 'upi' or 'wallet'"),
        ({"timeoutMs": True}, "timeoutMs", "must be an integer"),
        ({"timeoutMs": 49}, "timeoutMs", "must be at least 50"),
        ({"timeoutMs": 25_001}, "timeoutMs", "must be at most 25000"),
        ({"failureRate": "0.1"}, "failureRate", "must be a number"),
        ({"latencyMs": 5}, "latencyMs", "must be an object"),
        ({"bins": "4*"}, "bins", "must be an array"),
        ({"bins": [4]}, "bins[0]", "must be 1 to 6 digits and an optional final *, such as 51*"),
        ({"bins": [str(n) for n in range(1001)]}, "bins", "must have at most 1000 items"),
        ({"colour": 1}, "colour", "is not a known key"),
        ({"latencyMs": {"min": 9, "max": 8}}, "latencyMs.min", "must not be above max"),
        ({"bins": ["4*"], "routingRules": {"bins": []}}, "bins", "stands in routingRules as well"),
        (
            {"adapter": "stored_wallet", "fees": {"bps": 10}},
            "fees",
            "has no meaning for PayFlow's own wallets",
        ),
    ],
)
def test_the_reason_is_said_in_words(changes: dict[str, Any], path: str, reason: str) -> None:
    assert provider_errors(an_entry(**changes)) == [ConfigError(path, reason)]


def test_a_rule_over_several_keys_is_not_lost_behind_another_mistake() -> None:
    entry = an_entry(
        timeoutMs="soon",
        minAmount=2,
        bins=["4*", "4*", "x"],
        latencyMs={"min": 2, "max": 1, "colour": "red"},
        latencyModel={"type": "lognormal", "p50": 0},
        routingRules={"bins": ["5x"], "maxAmount": 1},
    )

    assert {error.path for error in provider_errors(entry)} == {
        "timeoutMs",
        "minAmount",
        "bins",
        "bins[1]",
        "bins[2]",
        "latencyMs.min",
        "latencyMs.colour",
        "latencyModel.p50",
        "latencyModel.p99",
        "routingRules.bins[0]",
    }


@pytest.mark.parametrize("key", ["id", "type", "timeoutMs"])
def test_what_has_no_default_is_required(key: str) -> None:
    entry = an_entry()
    del entry[key]

    assert provider_errors(entry) == [ConfigError(key, "is required")]


def test_all_errors_of_a_file_are_listed_and_nothing_is_loaded() -> None:
    documents = [
        an_entry(timeoutMs=0, failureRate=2, latencyMs={"min": 2, "max": 1}),
        an_entry(id="mockCardB"),
        "mockCardC",
        an_entry(id="mockCardB", colour="red"),
    ]

    with pytest.raises(InvalidProviderConfig) as refused:
        load_providers(documents)

    assert [error.path for error in refused.value.errors] == [
        "[0].timeoutMs",
        "[0].failureRate",
        "[0].latencyMs.min",
        "[2]",
        "[3].colour",
        "[3].id",
    ]
    for error in refused.value.errors:
        assert str(error) in refused.value.message
    assert refused.value.param == "[0].timeoutMs"


@pytest.mark.parametrize("documents", [None, {}, {"providers": []}, "[]", 7])
def test_a_file_is_an_array(documents: object) -> None:
    assert config_errors(documents) == [ConfigError("", "must be an array of providers")]


def test_a_file_that_is_not_json_is_refused_with_its_line() -> None:
    with pytest.raises(InvalidProviderConfig, match=r"not JSON.*line 2"):
        read_providers('[{"id": "mockCardA"},\n nonsense]')


def test_a_file_is_read_in_its_order() -> None:
    text = json.dumps([an_entry(id="b"), an_entry(id="a")])

    assert [provider.id for provider in read_providers(text)] == ["b", "a"]


def test_an_adapter_has_to_exist_where_that_is_known() -> None:
    entry = an_entry(adapter="telegraph")

    assert provider_errors(entry) == []
    assert [e.path for e in provider_errors(entry, adapters={"card"})] == ["adapter"]


class TestPublishedSchema:
    def test_it_takes_what_is_deployed_and_every_published_key(self) -> None:
        schema = Draft202012Validator(provider_json_schema())
        deployed = json.loads(PROVIDERS_FILE.read_text())

        for entry in [*deployed, {**FULL_ENTRY, "networks": ["visa", "MASTERCARD"]}]:
            assert schema.is_valid(entry), entry["id"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"colour": "red"},
            {"timeout_ms": 1000},
            {"timeoutMs": "1000"},
            {"adapter": None},
            {"type": "CASH"},
            {"latencyMs": {"min": 1}},
            {"latencyMs": {"min": 1, "max": 60_001}},
            {"bins": ["4*", "4*"]},
            {"settlement": {"breakRates": {"theft": 0.5}}},
        ],
    )
    def test_it_refuses_what_is_refused(self, changes: dict[str, Any]) -> None:
        assert not Draft202012Validator(provider_json_schema()).is_valid(an_entry(**changes))

    def test_it_stands_anywhere_and_fills_in_nothing(self) -> None:
        text = json.dumps(provider_json_schema())

        assert "$ref" not in text
        assert '"default"' not in text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(FULL_ENTRY)), json_values))
def test_whatever_is_accepted_can_be_loaded(changes: dict[str, Any]) -> None:
    entry = {**FULL_ENTRY, **changes}

    if not provider_errors(entry):
        provider_from_document(entry)


@given(json_values)
def test_no_document_breaks_the_check(document: object) -> None:
    assert config_errors([document])
