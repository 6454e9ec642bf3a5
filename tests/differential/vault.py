"""Sequences on the card vault, with cards that expire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from payflow.aws.settings import VaultSettings
from payflow.aws.vault import UNUSED_CARD_AGE_MAX, KmsVault
from payflow.domain.method import CardData
from simulation.ports.vault import InMemoryVault
from tests.differential.driver import Driver, Key
from tests.differential.reference import Reference, stub_kms

_CARDS = (
    CardData("4242424242424242", 12, 2030, "123"),
    CardData("5105105105105100", 1, 2031, None),
    CardData("378282246310005", 6, 2029, "1234"),
)
_PAUSES = (
    timedelta(seconds=1),
    UNUSED_CARD_AGE_MAX - timedelta(seconds=1),
    UNUSED_CARD_AGE_MAX - timedelta(milliseconds=500),
    UNUSED_CARD_AGE_MAX,
    UNUSED_CARD_AGE_MAX + timedelta(seconds=1),
)


class Vault(Driver):
    """Two tokens of two merchants."""

    TABLE = "VAULT_TABLE"
    OPERATIONS = (
        *("store", "store", "store", "describe", "describe", "reveal", "reveal", "reveal"),
        *("forget_cvc", "discard", "later"),
    )

    def __init__(self, reference: Reference, chance: Random, own: str) -> None:
        super().__init__(reference, chance, own)
        settings = VaultSettings(self.table, "card-key", "cvc-key")
        self.real = KmsVault(reference.dynamodb, stub_kms, settings, self.clock)
        self.memory = InMemoryVault(self.clock)
        self.tokens = (f"tok_{own}a", f"tok_{own}a", f"tok_{own}b")

    def written(self) -> Sequence[Key]:
        return [{"token": {"S": one}} for one in dict.fromkeys(self.tokens)]

    def store(self) -> None:
        keep = self.one_of(True, False, False)
        self.ask("store", self._token(), self._owner(), self.one_of(*_CARDS), keep=keep)

    def describe(self) -> None:
        self.ask("describe", self._token(), self._owner())

    def reveal(self) -> None:
        self.ask("reveal", self._token())

    def forget_cvc(self) -> None:
        self.ask("forget_cvc", self._token())

    def discard(self) -> None:
        self.ask("discard", self._token())

    def later(self) -> None:
        self.clock.time += self.chance.choice(_PAUSES)

    def _token(self) -> str:
        return self.chance.choice(self.tokens)

    def _owner(self) -> str:
        return self.one_of("mer_1", "mer_1", "mer_2")
