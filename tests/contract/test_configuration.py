"""The shipped providers cover what the sandbox promises to take."""

from __future__ import annotations

from collections import Counter

import pytest

from payflow.domain.card import TEST_NUMBERS, card_brand
from payflow.domain.method import MethodType
from payflow.domain.money import AMOUNT_MINOR_MAX
from payflow.domain.routing.eligibility import ineligibility
from payflow.domain.routing.model import RoutingRequest
from tests.contract.sandbox import registered_providers

PROVIDERS = registered_providers()
AMOUNTS = (1, 125_000, AMOUNT_MINOR_MAX)
CURRENCIES = ("INR", "USD", "EUR", "GBP", "JPY", "KWD")


def takers(request: RoutingRequest) -> int:
    return sum(1 for provider in PROVIDERS if ineligibility(provider, request) is None)


def test_there_are_at_least_eight_of_the_three_kinds() -> None:
    kinds = Counter(provider.type for provider in PROVIDERS)

    assert kinds[MethodType.CARD] >= 3
    assert kinds[MethodType.UPI] >= 3
    assert kinds[MethodType.WALLET] >= 2


@pytest.mark.parametrize("number", sorted(TEST_NUMBERS))
def test_every_test_card_can_fail_over(number: str) -> None:
    requests = [
        RoutingRequest(
            method=MethodType.CARD,
            amount_minor=amount_minor,
            currency=currency,
            bin=number[:6],
            network=card_brand(number),
            country="IN",
            needs_capture=needs_capture,
        )
        for currency in CURRENCIES
        for amount_minor in AMOUNTS
        for needs_capture in (False, True)
    ]

    assert [request for request in requests if takers(request) < 2] == []


@pytest.mark.parametrize("amount_minor", AMOUNTS)
def test_every_collect_can_fail_over(amount_minor: int) -> None:
    request = RoutingRequest(MethodType.UPI, amount_minor, "INR", upi_flow="collect")

    assert takers(request) >= 2


@pytest.mark.parametrize("flow", ["collect", "intent"])
def test_upi_moves_rupees_only(flow: str) -> None:
    assert takers(RoutingRequest(MethodType.UPI, 125_000, "INR", upi_flow=flow)) >= 2
    assert takers(RoutingRequest(MethodType.UPI, 125_000, "USD", upi_flow=flow)) == 0


@pytest.mark.parametrize("amount_minor", AMOUNTS)
@pytest.mark.parametrize("currency", ["INR", "USD"])
def test_every_wallet_payment_can_fail_over(currency: str, amount_minor: int) -> None:
    assert takers(RoutingRequest(MethodType.WALLET, amount_minor, currency)) >= 2


def test_usual_answers_come_long_before_the_time_out() -> None:
    for provider in PROVIDERS:
        usual_ms = provider.latency.p99_ms or provider.latency.max_ms
        assert 2 * usual_ms <= provider.timeout_ms
