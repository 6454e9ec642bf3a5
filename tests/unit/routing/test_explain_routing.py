"""Explaining a decision without making a payment."""

from __future__ import annotations

import random
from typing import Any

import pytest

from payflow.domain.errors import InvalidRequest
from payflow.domain.method import CardData, MethodType, UpiFlow, UpiMethod
from payflow.domain.money import Money
from payflow.domain.new_payment import NewMethod, NewPayment, TokenRef
from payflow.domain.payment import CaptureMethod
from payflow.domain.provider import Market
from payflow.domain.routing.model import RoutingPreference
from payflow.services.explain_routing import ExplainRouting
from tests.support.builders import a_provider
from tests.support.fakes import FakeClock, FixedMarket

MASTERCARD = CardData("5105105105105100", 12, 2030, "123")
MARKET = Market(
    (
        a_provider("A", bins=("51*",), priority=1),
        a_provider("B", networks=frozenset({"mastercard"}), priority=2),
        a_provider("C", bins=("4*",), priority=3),
        a_provider("D", capabilities=frozenset(), priority=4),
        a_provider("U", type=MethodType.UPI, capabilities=frozenset({"intent"})),
    )
)


def explain(method: NewMethod, **changes: Any) -> dict[str, Any]:
    wanted = NewPayment(amount=Money(100, "INR"), method=method, **changes)
    explained = ExplainRouting(FixedMarket(MARKET), FakeClock(), random.Random(1))(wanted)
    decision: dict[str, Any] = explained["decision"]
    return decision


def test_a_card_is_explained_by_its_bin_and_network() -> None:
    decision = explain(MASTERCARD, capture_method=CaptureMethod.MANUAL)

    assert decision == {
        "strategy": "success_rate",
        "candidates": [
            {"provider": "A", "score": 0.9, "reasons": ["no recent calls, priority 1"]},
            {"provider": "B", "score": 0.9, "reasons": ["no recent calls, priority 2"]},
        ],
        "excluded": [
            {"provider": "C", "reason": "bin_not_supported"},
            {"provider": "D", "reason": "capture_not_supported"},
            {"provider": "U", "reason": "method_not_supported"},
        ],
    }


def test_a_upi_address_is_explained_by_its_flow() -> None:
    decision = explain(UpiMethod("asha@okbank", UpiFlow.INTENT))

    assert [candidate["provider"] for candidate in decision["candidates"]] == ["U"]


def test_the_card_s_number_is_not_in_the_answer() -> None:
    assert MASTERCARD.number not in repr(explain(MASTERCARD))


def test_the_merchant_s_preference_is_followed() -> None:
    preference = RoutingPreference(strategy="priority", providers=("B",))

    decision = explain(MASTERCARD, routing=preference)

    assert decision["strategy"] == "priority"
    assert [candidate["provider"] for candidate in decision["candidates"]] == ["B"]


def test_a_merchant_s_token_is_not_looked_into() -> None:
    with pytest.raises(InvalidRequest) as refused:
        explain(TokenRef("tok_00000000000000000000000000"))

    assert refused.value.param == "method"
