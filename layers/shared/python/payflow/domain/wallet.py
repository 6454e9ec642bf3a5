"""A customer's stored money: the wallet, its holds, and the operations that change it.

A wallet is its posted balance and the holds on it; what is *available* is the rest, and is never
negative. Every operation has a key and is written down once under it, also one that was refused, so
that a repetition finds what the first one came to. What an operation does is decided in
`payflow.domain.wallet_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from payflow.domain.ledger import JournalTransaction
from payflow.domain.money import AMOUNT_MINOR_MAX, Money

BALANCE_MINOR_MAX: Final = AMOUNT_MINOR_MAX
"""Up to here a wallet can be topped up: what one payment can take out again."""

HOLDS_MAX: Final = 100
"""How many payments may be authorised from one wallet at a time: they are kept in its one item."""

KEY_SEPARATOR: Final = "#"


class WalletAction(StrEnum):
    """What is done to a wallet."""

    TOP_UP = "topup"
    HOLD = "hold"
    DEBIT = "debit"
    CAPTURE = "capture"
    RELEASE = "release"
    CREDIT = "credit"


AUTHORIZING: Final = frozenset({WalletAction.HOLD, WalletAction.DEBIT})
"""The actions that captures, releases and credits build on."""


class WalletRefusal(StrEnum):
    """Why nothing was moved, as a unified failure code."""

    WALLET_NOT_FOUND = "wallet_not_found"
    CURRENCY_MISMATCH = "currency_mismatch"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    TOO_MANY_HOLDS = "frequency_limit_exceeded"
    NOT_FOUND = "authorization_not_found"
    NOT_APPROVED = "authorization_not_approved"
    CAPTURED = "already_captured"
    RELEASED = "authorization_released"
    AMOUNT = "amount_not_available"
    NOT_SUPPORTED = "operation_not_supported"
    NEVER_ASKED = "request_closed"
    """An inquiry came first: the operation can never happen under this key any more."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What an authorisation still holds; `key` is the authorisation's."""

    key: str
    payment_id: str
    amount_minor: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """A wallet of one merchant's customer, in one currency; `holds` oldest first.

    `request_hash` is of the request that created it, which is its idempotency claim.
    """

    id: str
    merchant_id: str
    customer_id: str
    currency: str
    request_hash: str
    created_at: datetime
    updated_at: datetime
    balance_minor: int = 0
    holds: tuple[Hold, ...] = ()
    version: int = 1

    @property
    def held_minor(self) -> int:
        """The sum of the holds."""
        return sum(hold.amount_minor for hold in self.holds)

    @property
    def available_minor(self) -> int:
        """What can be spent."""
        return self.balance_minor - self.held_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRequest:
    """One operation as asked for; `merchant_id` is whoever asks.

    `authorization_key` is the hold or debit that a later operation belongs to. `final` lets a
    capture release what it leaves. With `whole_only` a part of an authorisation is refused.
    `request_hash` is of a top-up's body.
    """

    wallet_id: str
    merchant_id: str
    key: str
    action: WalletAction
    amount: Money
    payment_id: str | None = None
    authorization_key: str | None = None
    final: bool = False
    whole_only: bool = False
    request_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What was done with an authorised amount; `released`: what is left was given up."""

    captured_minor: int = 0
    refunded_minor: int = 0
    released: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletOperation:
    """An operation as written down, for good; only an authorisation's `use` goes on.

    With a `refusal`, a unified failure code, nothing was moved. The two changes are signed, and all
    of a wallet's operations together sum up to its balance and to its holds. `answer` is the body
    that answers a top-up.
    """

    wallet_id: str
    merchant_id: str
    key: str
    action: WalletAction
    amount: Money
    at: datetime
    payment_id: str | None = None
    authorization_key: str | None = None
    final: bool = False
    request_hash: str | None = None
    refusal: str | None = None
    balance_change_minor: int = 0
    held_change_minor: int = 0
    use: Use = field(default_factory=Use)
    postings: tuple[JournalTransaction, ...] = ()
    answer: str | None = None

    @property
    def id(self) -> str:
        """What it is stored as, and the business fact that its journal transaction books."""
        return operation_id(self.wallet_id, self.key)

    @property
    def authorized_minor(self) -> int:
        """What it authorised."""
        return self.amount.minor

    @property
    def captured_minor(self) -> int:
        """What may be refunded at most; a debit is captured by itself."""
        return self.amount.minor if self.action is WalletAction.DEBIT else self.use.captured_minor

    def answers(self, request: WalletRequest) -> bool:
        """Whether it is what `request` asks for, rather than something else with the same key."""
        mine = (self.merchant_id, self.action, self.amount, self.authorization_key, self.final)
        return mine == (
            request.merchant_id,
            request.action,
            request.amount,
            request.authorization_key,
            request.final,
        )


@dataclass(frozen=True, slots=True)
class Performed:
    """What is written down under a request's key, and whether this very request wrote it."""

    operation: WalletOperation
    is_new: bool


@dataclass(frozen=True, slots=True)
class WalletChange:
    """What is to be written, all or nothing.

    `wallet` is the wallet's next version, None if the operation was refused and moves nothing.
    `authorization` is the authorisation with its new use, for operations that belong to one.
    """

    operation: WalletOperation
    wallet: Wallet | None = None
    authorization: WalletOperation | None = None


def operation_id(wallet_id: str, key: str) -> str:
    """The id of a wallet's operation with that key."""
    return f"{wallet_id}{KEY_SEPARATOR}{key}"
