"""Which sequences there are, and how one of them follows from a seed and its number."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.differential.books import Book, Claims
from tests.differential.control import Control
from tests.differential.driver import Difference, Driver
from tests.differential.journal import Journal
from tests.differential.merchants import Merchants
from tests.differential.payments import Payments
from tests.differential.payouts import Payouts
from tests.differential.reference import Reference
from tests.differential.vault import Vault
from tests.differential.wallets import Wallets

SEED: Final = 20261126
WEIGHTS: Final[dict[type[Driver], int]] = {
    Payments: 8,
    Wallets: 4,
    Payouts: 2,
    Journal: 2,
    Merchants: 2,
    Vault: 2,
    Book: 2,
    Control: 1,
    Claims: 1,
}
"""Of 24 sequences so many are on each port: the more it promises, the more."""

_KINDS: Final = tuple(kind for kind, weight in WEIGHTS.items() for _ in range(weight))


def play(reference: Reference, number: int, seed: int = SEED) -> int:
    """Play the sequence of that number; how many operations it made.

    Raises `Difference`, which names seed and number and tells all that was asked.
    """
    kind = _KINDS[number % len(_KINDS)]
    try:
        return kind(reference, Random(f"{seed}/{number}"), str(number)).play()
    except Difference as difference:
        raise Difference(f"seed {seed}, sequence {number}: {difference}") from None
