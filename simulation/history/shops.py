"""The shops of a history: how large each is, what it sells, and how its customers pay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Final

from payflow.domain.ids import derived_id
from payflow.domain.merchant import Merchant
from payflow.domain.method import MethodType
from payflow.domain.money import FeeTerms
from tools.traffic.mix import SCENARIOS, Scenario
from tools.traffic.orders import AMOUNT_MINOR_MAX, AMOUNT_MINOR_MIN, Order, card

INDIA: Final = timedelta(hours=5, minutes=30)
EUROPE: Final = timedelta(hours=1)
AMERICA: Final = timedelta(hours=-5)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryShop:
    """One shop; all numbers but the fee are relative to an ordinary shop's.

    `share` is its share of all payments, `basket` the size of what is bought, `refunds` how often
    it is given back. `methods` says how much more or less a method is used there.
    """

    name: str
    share: int
    settles_in: str = "INR"
    fee: FeeTerms = field(default_factory=FeeTerms)
    basket: float = 1.0
    refunds: float = 1.0
    weekend: float = 1.0
    zone: timedelta = INDIA
    methods: dict[MethodType, float] = field(default_factory=dict, hash=False)


SHOPS: Final = (
    HistoryShop(name="Demo shop", share=36, weekend=1.2),
    HistoryShop(
        name="Kirana Express",
        share=18,
        fee=FeeTerms(bps=30),
        basket=0.35,
        refunds=0.3,
        weekend=1.3,
        methods={MethodType.UPI: 3.0, MethodType.CARD: 0.4},
    ),
    HistoryShop(
        name="Chai & Code",
        share=12,
        fee=FeeTerms(bps=25, fixed_minor=50),
        basket=0.15,
        refunds=0.1,
        weekend=0.6,
        methods={MethodType.UPI: 2.5, MethodType.WALLET: 2.0, MethodType.CARD: 0.5},
    ),
    HistoryShop(
        name="Saree House",
        share=10,
        fee=FeeTerms(bps=60),
        basket=2.5,
        refunds=3.0,
        weekend=1.6,
    ),
    HistoryShop(
        name="Monsoon Travels",
        share=8,
        fee=FeeTerms(bps=80, fixed_minor=300),
        basket=4.0,
        refunds=2.0,
        methods={MethodType.WALLET: 0.3},
    ),
    HistoryShop(
        name="Northwind Software",
        share=8,
        settles_in="USD",
        fee=FeeTerms(bps=90, fixed_minor=30),
        refunds=0.5,
        weekend=0.4,
        zone=AMERICA,
        methods={MethodType.UPI: 0.1, MethodType.WALLET: 0.2, MethodType.CARD: 1.5},
    ),
    HistoryShop(
        name="Atelier Lumière",
        share=5,
        settles_in="EUR",
        fee=FeeTerms(bps=70, fixed_minor=25),
        basket=1.8,
        refunds=1.5,
        zone=EUROPE,
        methods={MethodType.UPI: 0.1, MethodType.CARD: 1.5},
    ),
    HistoryShop(
        name="Tiny Toys",
        share=3,
        fee=FeeTerms(bps=100),
        weekend=2.0,
    ),
)
"""The first one is the deployment's own demo merchant, on the terms that it has there."""

USUAL: Final = {
    "card approved": 150,
    "card as the providers' models have it": 420,
    "card declined": 45,
    "card failed at the first provider": 12,
    "card failed once, then retried": 10,
    "card failed everywhere": 3,
    "card charged, answer lost": 4,
    "card not charged, answer lost": 3,
    "card answered after 8 s": 1,
    "card blocked by risk": 8,
    "frictionless 3DS": 40,
    "UPI approved": 120,
    "UPI as the providers' models have it": 320,
    "UPI declined": 25,
    "UPI approved later": 20,
    "UPI charged, answer lost": 3,
    "wallet approved": 80,
    "wallet declined": 12,
    "wallet charged, answer lost": 2,
    "captured later": 30,
    "captured in parts": 8,
    "captured in part, the rest released": 8,
    "capture fails once": 1,
    "authorised and left so": 3,
    "canceled": 14,
    "canceled and captured at once": 1,
    "refunded": 26,
    "refunded in parts": 10,
    "refunds at once, together too much": 1,
    "refund comes back": 2,
    "UPI refunded": 12,
    "wallet refunded": 6,
    "converted": 16,
    "converted and refunded in parts": 3,
    "3DS challenge passed": 50,
    "3DS challenge failed": 8,
    "UPI approved in the app": 60,
    "UPI rejected in the app": 8,
    "callback before the answer": 2,
    "callbacks twice and out of order": 2,
    "stored wallet": 24,
    "stored wallet, held, captured, refunded": 4,
    "stored wallet with too little": 4,
    "request sent three times at once": 3,
    "disputed": 5,
}
"""How often each kind of order comes in a shop; a load makes what is rare more frequent."""

DISPUTED: Final = Scenario("disputed", 0, card("4000000000000259"))


def merchant_of_shop(shop: HistoryShop, since: datetime) -> Merchant:
    """The merchant that a shop is; its id follows from its name."""
    return Merchant(
        id=derived_id("mer", "history", shop.name),
        name=shop.name,
        settlement_currency=shop.settles_in,
        platform_fee=shop.fee,
        created_at=since,
        updated_at=since,
    )


def drawn_order(shop: HistoryShop, random: Random) -> Order:
    """One order at that shop."""
    scenarios, weights = _mix(shop)
    order = random.choices(scenarios, cum_weights=weights)[0].order(random)
    scaled = int(order.amount_minor * shop.basket)
    amount_minor = min(max(scaled, AMOUNT_MINOR_MIN), AMOUNT_MINOR_MAX)
    wallet_minor = order.wallet_minor
    if wallet_minor is not None:
        wallet_minor = wallet_minor * amount_minor // order.amount_minor
    return replace(order, amount_minor=amount_minor, wallet_minor=wallet_minor)


@cache
def _mix(shop: HistoryShop) -> tuple[tuple[Scenario, ...], tuple[float, ...]]:
    scenarios = (*SCENARIOS, DISPUTED)
    return scenarios, tuple(_summed(_weight(shop, one) for one in scenarios))


def _summed(weights: Iterable[float]) -> Iterable[float]:
    total = 0.0
    for weight in weights:
        total += weight
        yield total


def _weight(shop: HistoryShop, scenario: Scenario) -> float:
    asked = {step.action for steps in scenario.rounds for step in steps}
    refunds = shop.refunds if "refund" in asked else 1.0
    return USUAL[scenario.name] * shop.methods.get(_method(scenario), 1.0) * refunds


def _method(scenario: Scenario) -> MethodType:
    return MethodType(scenario.order(Random(0)).method["type"])
