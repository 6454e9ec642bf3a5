"""Payment methods as stored and passed on: a card is a token, never its number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

STORED_WALLET_PREFIX: Final = "wal_"
"""How the ids of wallets at PayFlow begin; any other wallet is a test instrument."""


class MethodType(StrEnum):
    """The kinds of payment method; each has its own provider function."""

    CARD = "card"
    UPI = "upi"
    WALLET = "wallet"


class UpiFlow(StrEnum):
    """How a UPI payer is asked: a request to the app, or a link that the app opens."""

    COLLECT = "collect"
    INTENT = "intent"


@dataclass(frozen=True, slots=True)
class CardMethod:
    """A tokenised card. `bin` is the first six digits, which routing and risk may see."""

    type: ClassVar[MethodType] = MethodType.CARD
    token: str
    brand: str
    bin: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True)
class UpiMethod:
    """A UPI virtual payment address (`name@bank`)."""

    type: ClassVar[MethodType] = MethodType.UPI
    vpa: str
    flow: UpiFlow = UpiFlow.COLLECT


@dataclass(frozen=True, slots=True)
class WalletMethod:
    """A customer's wallet at PayFlow, or one of the fixed test wallets."""

    type: ClassVar[MethodType] = MethodType.WALLET
    wallet_id: str


Method = CardMethod | UpiMethod | WalletMethod


def stored_wallet(method: Method | CardData) -> str | None:
    """The id of the wallet at PayFlow that pays; None for every other method."""
    if isinstance(method, WalletMethod) and method.wallet_id.startswith(STORED_WALLET_PREFIX):
        return method.wallet_id
    return None


@dataclass(frozen=True, slots=True)
class CardData:
    """A card as the customer typed it: exists at the edge and inside a provider call only."""

    number: str
    exp_month: int
    exp_year: int
    cvc: str | None

    def __repr__(self) -> str:
        """Hide everything: a traceback or a log line must never show a card."""
        return "CardData(…)"
