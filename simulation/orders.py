"""What the simulated merchants' customers order: a load's mix, and now and then something rarer.

What is rare here takes longer than anybody waits for a load (a dispute's ten minutes, a week until
an authorisation lapses), or asks for what no shop asks for. It is drawn apart from the mix, whose
orders stay what they are.
"""

from __future__ import annotations

from random import Random
from typing import Final

from tools.traffic.mix import APPROVED, Scenario, drawn_order
from tools.traffic.orders import Order, Step, card, wallet

DISPUTED: Final = card("4000000000000259")
RARE_SHARE: Final = 0.12

RARE: Final = (
    Scenario("disputed", 4, DISPUTED),
    Scenario("disputed, a part refunded", 2, DISPUTED, rounds=((Step("refund", 30),),)),
    Scenario(
        "disputed as it is refunded",
        2,
        DISPUTED,
        rounds=(tuple(Step("refund", 40) for _ in range(3)),),
    ),
    Scenario(
        "captures at once, together too much",
        2,
        APPROVED,
        manual=True,
        rounds=((Step("capture", 60), Step("capture", 60)),),
    ),
    Scenario(
        "captured in part, the rest left",
        2,
        APPROVED,
        manual=True,
        rounds=((Step("capture", 40),),),
    ),
    Scenario(
        "captured in parts, the last of them final",
        2,
        APPROVED,
        manual=True,
        rounds=((Step("capture", 40),), (Step("capture", 30, final=True),)),
    ),
    Scenario(
        "more captured than there is", 1, APPROVED, manual=True, rounds=((Step("capture", 150),),)
    ),
    Scenario("more refunded than there is", 1, APPROVED, rounds=((Step("refund", 150),),)),
    Scenario(
        "refund comes back, and another one after it",
        2,
        card("4000000000005126"),
        rounds=((Step("refund", 60),), (Step("refund", 60),)),
    ),
    Scenario("card failed everywhere", 3, card("4000000000000119")),
    Scenario(
        "stored wallet, refunded in parts",
        3,
        wallet("wal_"),
        rounds=((Step("refund", 30),), (Step("refund"),)),
        funded_percent=150,
    ),
)
_WEIGHTS: Final = tuple(scenario.weight for scenario in RARE)


def ordered(random: Random, rare: Random) -> Order:
    """One order: of the mix by `random`, unless `rare` has it otherwise."""
    order = drawn_order(random)
    if rare.random() >= RARE_SHARE:
        return order
    return rare.choices(RARE, _WEIGHTS)[0].order(rare)
