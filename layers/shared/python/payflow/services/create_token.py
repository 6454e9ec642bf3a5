"""Tokenise a card for later payments."""

from __future__ import annotations

import json
from dataclasses import dataclass

from payflow.domain.card import described
from payflow.domain.ids import Ids
from payflow.domain.method import CardData, CardMethod
from payflow.domain.ports import Vault


@dataclass(frozen=True, slots=True)
class CardToken:
    """A merchant's token; `fingerprint` is equal for equal card numbers of one merchant."""

    card: CardMethod
    fingerprint: str


@dataclass(frozen=True, slots=True)
class CreateToken:
    """The use case behind `POST /api/v1/tokens`."""

    vault: Vault
    ids: Ids

    def __call__(self, merchant_id: str, card: CardData) -> CardToken:
        """Put `card` into the vault under a fresh token of the merchant.

        Raises `Unavailable` while the vault does not answer.
        """
        token = self.ids.fresh("tok")
        self.vault.store(token, merchant_id, card, keep=True)
        # Bound to the merchant, so that two merchants cannot find out that they share a customer.
        content = json.dumps(["card", merchant_id, card.number]).encode()
        return CardToken(described(card, token), self.vault.fingerprint(content))
