"""The risk decision before routing: allow or block, with a score and its reasons."""

from __future__ import annotations

from typing import Final

from payflow.domain.method import CardMethod, Method
from payflow.domain.money import Money
from payflow.domain.payment import Risk

BLOCKED_CARDS: Final = frozenset({("410000", "0019")})
"""(BIN, last four) of the cards that the sandbox blocks."""

SCORE_BLOCK: Final = 100
_SCORE_BASE: Final = 5
_SCORE_PER_MAGNITUDE: Final = 2


def assess(method: Method, amount: Money) -> Risk:
    """Judge a payment from 0 (harmless) to 100 (block); the score grows with the amount's size."""
    if isinstance(method, CardMethod) and (method.bin, method.last4) in BLOCKED_CARDS:
        return Risk("block", SCORE_BLOCK, ("card_on_block_list",))
    magnitude = len(str(amount.minor)) - 1
    return Risk("allow", min(SCORE_BLOCK - 1, _SCORE_BASE + _SCORE_PER_MAGNITUDE * magnitude))
