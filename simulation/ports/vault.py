"""The card vault in memory; nothing is encrypted, everything else is as in the real one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from payflow.aws.vault import UNUSED_CARD_AGE_MAX
from payflow.domain.card import described
from payflow.domain.method import CardData, CardMethod
from payflow.domain.ports import Clock


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A card as it lies in the vault; `expires_at_s` is None once it is kept."""

    merchant_id: str
    card: CardData
    expires_at_s: int | None


class InMemoryVault:
    """`Vault` in a dictionary by token."""

    def __init__(self, clock: Clock) -> None:
        """`clock` judges expiry."""
        self.cards: dict[str, StoredCard] = {}
        self._clock = clock

    @property
    def cvcs(self) -> set[str]:
        """The tokens whose CVC is still held."""
        return {token for token, stored in self.cards.items() if stored.card.cvc is not None}

    def store(self, token: str, merchant_id: str, card: CardData, *, keep: bool) -> None:
        """Keep `card` under `token`; one that is there and has not expired is left as it is."""
        if self._current(token) is not None:
            return
        if keep:
            self.cards[token] = StoredCard(merchant_id, replace(card, cvc=None), None)
            return
        expires_at_s = self._now_s() + int(UNUSED_CARD_AGE_MAX.total_seconds())
        self.cards[token] = StoredCard(merchant_id, card, expires_at_s)

    def describe(self, token: str, merchant_id: str) -> CardMethod | None:
        """The card behind a merchant's token without its number, or None."""
        stored = self._current(token)
        if stored is None or stored.merchant_id != merchant_id:
            return None
        return described(stored.card, token)

    def reveal(self, token: str) -> CardData | None:
        """The card behind `token`, with its CVC as long as that is held."""
        stored = self._current(token)
        return stored.card if stored is not None else None

    def forget_cvc(self, token: str) -> None:
        """Delete the CVC and keep the card; harmless when repeated."""
        stored = self.cards.get(token)
        if stored is not None:
            self.cards[token] = StoredCard(
                stored.merchant_id, replace(stored.card, cvc=None), expires_at_s=None
            )

    def discard(self, token: str) -> None:
        """Delete a card that is still waiting for its payment; one that is kept stays."""
        stored = self.cards.get(token)
        if stored is not None and stored.expires_at_s is not None:
            del self.cards[token]

    def fingerprint(self, content: bytes) -> str:
        """A hash that is keyed with a word: equal for equal content."""
        return hashlib.sha256(b"key" + content).hexdigest()

    def _current(self, token: str) -> StoredCard | None:
        stored = self.cards.get(token)
        if stored is None or stored.expires_at_s is None:
            return stored
        return stored if stored.expires_at_s > self._now_s() else None

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())
