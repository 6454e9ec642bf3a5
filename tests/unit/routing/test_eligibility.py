"""Which providers can take which payment: the table of eligibility."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.method import MethodType
from payflow.domain.provider import BreakerState, Market, ProviderConfig, ProviderHealth
from payflow.domain.routing.decision import route
from payflow.domain.routing.eligibility import ineligibility, matches_bin
from payflow.domain.routing.model import RoutingPreference, RoutingRequest
from payflow.domain.routing.strategies import STRATEGIES
from tests.support.builders import NOON, a_provider, later


def a_request(**changes: Any) -> RoutingRequest:
    facts: dict[str, Any] = {
        "method": MethodType.CARD,
        "amount_minor": 125_000,
        "currency": "INR",
        "bin": "510510",
        "network": "mastercard",
        "country": "IN",
        **changes,
    }
    return RoutingRequest(**facts)


def a_upi_request(**changes: Any) -> RoutingRequest:
    facts = {"method": MethodType.UPI, "bin": None, "network": None, "upi_flow": "collect"}
    return a_request(**{**facts, **changes})


ELIGIBLE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("a provider without limits takes any card", {}, {}),
    ("the BIN begins as a pattern does", {"bins": ("4*", "51*")}, {}),
    ("a pattern without a star is a prefix", {"bins": ("5105",)}, {}),
    ("a pattern of a star alone takes any card", {"bins": ("*",)}, {}),
    ("the amount is exactly the minimum", {"min_amount": 125_000}, {}),
    ("the amount is exactly the maximum", {"max_amount": 125_000}, {}),
    ("the currency is listed", {"currencies": frozenset({"EUR", "INR"})}, {}),
    ("the network is listed", {"networks": frozenset({"mastercard"})}, {}),
    ("the country is listed", {"countries": frozenset({"IN"})}, {}),
    ("nobody said which country", {"countries": frozenset({"US"})}, {"country": None}),
    ("it need not capture", {"capabilities": frozenset()}, {}),
    ("it can capture", {"capabilities": frozenset({"capture"})}, {"needs_capture": True}),
    (
        "the merchant asked for it",
        {},
        {"preference": RoutingPreference(providers=("other", "acquirer"))},
    ),
]

INELIGIBLE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("method_not_supported", {"type": MethodType.UPI}, {}),
    ("currency_not_supported", {"currencies": frozenset({"EUR"})}, {}),
    ("amount_below_minimum", {"min_amount": 125_001}, {}),
    ("amount_above_maximum", {"max_amount": 124_999}, {}),
    ("bin_not_supported", {"bins": ("52*", "4*")}, {}),
    ("bin_not_supported", {"bins": ("51*",)}, {"bin": None}),
    ("bin_not_supported", {"bins": ("5105105*",)}, {}),
    ("network_not_supported", {"networks": frozenset({"visa"})}, {}),
    ("network_not_supported", {"networks": frozenset({"visa"})}, {"network": None}),
    ("country_not_supported", {"countries": frozenset({"US"})}, {}),
    ("capture_not_supported", {"capabilities": frozenset({"void"})}, {"needs_capture": True}),
    ("not_requested", {}, {"preference": RoutingPreference(providers=("other",))}),
]


@pytest.mark.parametrize(
    ("provider", "request_facts"),
    [pytest.param(terms, facts, id=why) for why, terms, facts in ELIGIBLE],
)
def test_a_provider_is_eligible_when(
    provider: dict[str, Any], request_facts: dict[str, Any]
) -> None:
    reason = ineligibility(a_provider("acquirer", **provider), a_request(**request_facts))

    assert reason is None


@pytest.mark.parametrize(("reason", "terms", "facts"), INELIGIBLE)
def test_a_provider_is_ineligible_for_a_stable_reason(
    reason: str, terms: dict[str, Any], facts: dict[str, Any]
) -> None:
    assert ineligibility(a_provider("acquirer", **terms), a_request(**facts)) == reason


@pytest.mark.parametrize(
    ("flow", "capabilities", "reason"),
    [
        ("collect", {"collect"}, None),
        ("intent", {"collect", "intent"}, None),
        ("intent", {"collect"}, "upi_flow_not_supported"),
        ("collect", {"intent"}, "upi_flow_not_supported"),
    ],
)
def test_a_upi_provider_must_offer_the_flow(
    flow: str, capabilities: set[str], reason: str | None
) -> None:
    provider = a_provider("psp", type=MethodType.UPI, capabilities=frozenset(capabilities))

    assert ineligibility(provider, a_upi_request(upi_flow=flow)) == reason


@pytest.mark.parametrize(
    ("adapter", "stored", "reason"),
    [
        ("stored_wallet", True, None),
        ("stored_wallet", False, "wallet_not_served"),
        ("wallet", True, "wallet_not_served"),
        ("wallet", False, None),
    ],
)
def test_a_wallet_at_payflow_pays_through_its_own_adapter_and_no_other_wallet_does(
    adapter: str, stored: bool, reason: str | None
) -> None:
    provider = a_provider("operator", type=MethodType.WALLET, adapter=adapter)
    request = RoutingRequest(MethodType.WALLET, 125_000, "INR", stored_wallet=stored)

    assert ineligibility(provider, request) == reason


@pytest.mark.parametrize(
    ("pattern", "card_bin", "matches"),
    [
        ("51*", "510510", True),
        ("51*", "151510", False),
        ("510510", "510510", True),
        ("510510*", "510510", True),
        ("510511", "510510", False),
    ],
)
def test_a_bin_pattern_is_a_prefix(pattern: str, card_bin: str, matches: bool) -> None:
    assert matches_bin(pattern, card_bin) is matches


CURRENCIES = ("INR", "EUR", "USD")
NETWORKS = ("visa", "mastercard", "rupay")
COUNTRIES = ("IN", "US")
PREFIXES = ("4*", "51*", "5*", "510510", "6*")
IDS = tuple(f"p{number}" for number in range(6))


def some(values: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


@st.composite
def providers(draw: st.DrawFn, provider_id: str) -> ProviderConfig:
    return a_provider(
        provider_id,
        type=draw(st.sampled_from(MethodType)),
        bins=tuple(draw(some(PREFIXES))),
        currencies=draw(some(CURRENCIES)),
        networks=draw(some(NETWORKS)),
        countries=draw(some(COUNTRIES)),
        capabilities=draw(some(("capture", "collect", "intent"))),
        min_amount=draw(st.none() | st.integers(1, 1000)),
        max_amount=draw(st.none() | st.integers(1, 1000)),
        priority=draw(st.integers(0, 3)),
        weight=draw(st.integers(0, 100)),
    )


@st.composite
def healths(draw: st.DrawFn) -> ProviderHealth:
    state = draw(st.sampled_from((BreakerState.CLOSED, BreakerState.OPEN)))
    calls = draw(st.integers(0, 100))
    return ProviderHealth(
        state=state,
        success_rate=draw(st.floats(0, 1)) if calls else None,
        approval_rate=draw(st.floats(0, 1)) if calls else None,
        latency_ms=draw(st.floats(1, 9000)) if calls else None,
        calls=calls,
        open_until=later(draw(st.integers(-90, 9))) if state is BreakerState.OPEN else None,
    )


@st.composite
def markets(draw: st.DrawFn) -> Market:
    ids = draw(st.lists(st.sampled_from(IDS), unique=True))
    return Market(
        providers=tuple(draw(providers(name)) for name in ids),
        health={name: draw(healths()) for name in ids if draw(st.booleans())},
    )


@st.composite
def requests(draw: st.DrawFn) -> RoutingRequest:
    method = draw(st.sampled_from(MethodType))
    is_card = method is MethodType.CARD
    return RoutingRequest(
        method=method,
        amount_minor=draw(st.integers(1, 1200)),
        currency=draw(st.sampled_from(CURRENCIES)),
        bin=draw(st.sampled_from(("411111", "510510", "652100"))) if is_card else None,
        network=draw(st.sampled_from(NETWORKS)) if is_card else None,
        country=draw(st.none() | st.sampled_from(COUNTRIES)),
        needs_capture=draw(st.booleans()),
        upi_flow=draw(st.sampled_from(("collect", "intent"))) if method == "upi" else None,
        preference=RoutingPreference(
            strategy=draw(st.sampled_from((None, *STRATEGIES))),
            providers=tuple(draw(st.lists(st.sampled_from(IDS), max_size=3))),
        ),
    )


def meets_every_term(provider: ProviderConfig, request: RoutingRequest) -> bool:
    """Eligibility said once more, as plainly as it can be said."""
    wanted = request.preference.providers
    needed = {"capture"} if request.needs_capture else set()
    needed |= {request.upi_flow} if request.upi_flow else set()
    return all(
        (
            provider.type == request.method,
            not wanted or provider.id in wanted,
            not provider.currencies or request.currency in provider.currencies,
            (provider.min_amount or 0) <= request.amount_minor,
            request.amount_minor <= (provider.max_amount or request.amount_minor),
            not provider.bins
            or any((request.bin or "").startswith(p.rstrip("*")) for p in provider.bins),
            not provider.networks or request.network in provider.networks,
            not provider.countries
            or request.country is None
            or request.country in provider.countries,
            needed <= provider.capabilities,
        )
    )


@given(requests(), markets(), st.lists(st.sampled_from(IDS), max_size=3), st.integers())
def test_candidates_are_exactly_what_terms_and_breakers_leave(
    request: RoutingRequest, market: Market, tried: list[str], seed: int
) -> None:
    decision = route(request, market, now=NOON, randomness=random.Random(seed), tried=tried)

    candidates = [c.provider for c in decision.candidates]
    excluded = [e.provider for e in decision.excluded]
    able = {p.id for p in market.providers if meets_every_term(p, request)} - set(tried)
    cut_off = {
        name
        for name in able
        if name in market.health and market.health[name].state_at(NOON) is BreakerState.OPEN
    }
    assert set(candidates) == (able - cut_off or able)
    assert len(candidates) == len(set(candidates))
    assert all(c.reasons for c in decision.candidates)
    assert set(candidates).isdisjoint(excluded)
    configured = {p.id for p in market.providers}
    assert configured <= {*candidates, *excluded}
    assert {*candidates, *excluded} - configured <= set(request.preference.providers)


@given(requests(), markets(), st.integers())
def test_the_same_draws_give_the_same_decision(
    request: RoutingRequest, market: Market, seed: int
) -> None:
    first = route(request, market, now=NOON, randomness=random.Random(seed))
    second = route(request, market, now=NOON, randomness=random.Random(seed))

    assert first == second
