"""The mix: which kinds of orders there are, and how often each comes.

Weights are out of their sum. Those of what usually goes well follow what a shop sees; what is rare
in a shop (lost answers, races, returned refunds) is more frequent here, for it is what a load is
made to try.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from tools.traffic.orders import (
    Instrument,
    Order,
    Round,
    Step,
    card,
    drawn_amount,
    drawn_currency,
    upi,
    wallet,
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of order; see `Order` for what its fields mean."""

    name: str
    weight: int
    instrument: Instrument
    manual: bool = False
    rounds: tuple[Round, ...] = ()
    times: int = 1

    def order(self, random: Random) -> Order:
        """One order of this kind."""
        method = self.instrument(random)
        return Order(
            scenario=self.name,
            method=method,
            amount_minor=drawn_amount(random),
            currency=drawn_currency(method, random),
            manual=self.manual,
            rounds=self.rounds,
            times=self.times,
        )


APPROVED: Final = card(
    "4242424242424242",
    "4111111111111111",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
    "6521110000000003",
)
DECLINED: Final = card(
    "4000000000000002",
    "4000000000009995",
    "4000000000009987",
    "4000000000009979",
    "4000000000000069",
    "4000000000000127",
)
ALL: Final = Step("capture")

SCENARIOS: Final = (
    Scenario("card approved", 200, APPROVED),
    Scenario("card as the providers' models have it", 120, card()),
    Scenario("card declined", 70, DECLINED),
    Scenario("card failed at the first provider", 40, card("4000000000000341")),
    Scenario("card failed once, then retried", 30, card("4000000000000267")),
    Scenario("card failed everywhere", 15, card("4000000000000119")),
    Scenario("card charged, answer lost", 25, card("4000000000006975", "4000000000006991")),
    Scenario("card not charged, answer lost", 15, card("4000000000006983")),
    Scenario("card answered after 8 s", 4, card("4000000000001000")),
    Scenario("card blocked by risk", 10, card("4100000000000019")),
    Scenario("frictionless 3DS", 10, card("4000000000003238")),
    Scenario("UPI approved", 120, upi("success@upi")),
    Scenario("UPI as the providers' models have it", 60, upi()),
    Scenario("UPI declined", 30, upi("failure@upi")),
    Scenario("UPI approved later", 15, upi("delayed@upi")),
    Scenario("UPI charged, answer lost", 12, upi("timeout@upi")),
    Scenario("wallet approved", 50, wallet("test_approved")),
    Scenario("wallet declined", 20, wallet("test_declined", "test_insufficient")),
    Scenario("wallet charged, answer lost", 8, wallet("test_timeout")),
    Scenario("captured later", 30, APPROVED, manual=True, rounds=((ALL,),)),
    Scenario(
        "captured in parts",
        25,
        APPROVED,
        manual=True,
        rounds=((Step("capture", 40),), (Step("capture", 35),), (ALL,)),
    ),
    Scenario(
        "captured in part, the rest released",
        20,
        APPROVED,
        manual=True,
        rounds=((Step("capture", 60, final=True),),),
    ),
    Scenario("capture fails once", 8, card("4000000000000077"), manual=True, rounds=((ALL,),)),
    Scenario("authorised and left so", 5, APPROVED, manual=True),
    Scenario("canceled", 25, APPROVED, manual=True, rounds=((Step("cancel"),),)),
    Scenario(
        "canceled and captured at once",
        6,
        APPROVED,
        manual=True,
        rounds=((Step("cancel"), ALL),),
    ),
    Scenario("refunded", 30, APPROVED, rounds=((Step("refund"),),)),
    Scenario(
        "refunded in parts",
        20,
        APPROVED,
        rounds=((Step("refund", 25),), (Step("refund", 30),), (Step("refund"),)),
    ),
    Scenario(
        "refunds at once, together too much",
        12,
        APPROVED,
        rounds=(tuple(Step("refund", 40) for _ in range(4)),),
    ),
    Scenario("refund comes back", 6, card("4000000000005126"), rounds=((Step("refund"),),)),
    Scenario("UPI refunded", 15, upi("success@upi"), rounds=((Step("refund", 50),),)),
    Scenario("wallet refunded", 10, wallet("test_approved"), rounds=((Step("refund"),),)),
    Scenario("request sent three times at once", 20, APPROVED, times=3),
)
_WEIGHTS: Final = tuple(scenario.weight for scenario in SCENARIOS)


def drawn_order(random: Random) -> Order:
    """One order of the mix."""
    return random.choices(SCENARIOS, _WEIGHTS)[0].order(random)
