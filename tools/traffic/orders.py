"""What the customers of a shop do, as data: an order is one payment and what is asked of it later.

Everything is drawn from the randomness that is passed in, so a seed names a load.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from tools.api import Json

Action = Literal["capture", "cancel", "refund"]

CARD_LENGTH: Final = 16
CARD_RANGES: Final = ("400012", "424231", "510510", "520082", "555512")
"""First digits of card numbers that are no test instruments: they behave by the providers' models.

Of the customers of Indian shops, most pay by Visa and Mastercard.
"""

AMOUNT_MINOR_MIN: Final = 500
AMOUNT_MINOR_TYPICAL: Final = 40_000
AMOUNT_MINOR_MAX: Final = 450_000
AMOUNT_SPREAD: Final = 1.1
"""Standard deviation of the logarithm: most baskets are small, some are not."""

CARD_CURRENCIES: Final = {"INR": 72, "USD": 14, "EUR": 9, "JPY": 3, "KWD": 2}
WALLET_CURRENCIES: Final = {"INR": 80, "USD": 20}
UPI_CURRENCIES: Final = {"INR": 1}


@dataclass(frozen=True, slots=True)
class Step:
    """One request about a payment that exists; `percent` is of its amount, None all that is left.

    `final` lets a capture release what it leaves.
    """

    action: Action
    percent: int | None = None
    final: bool = False

    def body(self, amount_minor: int) -> Json:
        """The request's body for a payment of that amount."""
        body: Json = {}
        if self.percent is not None:
            body["amount"] = max(1, amount_minor * self.percent // 100)
        if self.final:
            body["final"] = True
        return body


Round = tuple[Step, ...]
"""Steps that are asked for at the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One payment to make: `times` requests with one idempotency key, then `rounds`, in order."""

    scenario: str
    method: Json
    amount_minor: int
    currency: str
    manual: bool = False
    rounds: tuple[Round, ...] = ()
    times: int = 1

    def body(self, reference: str) -> Json:
        """The body of the creating request."""
        return {
            "amount": self.amount_minor,
            "currency": self.currency,
            "method": self.method,
            "reference": reference,
            "capture_method": "manual" if self.manual else "automatic",
        }


Instrument = Callable[[Random], Json]
"""Draws a payment method."""


def card(*numbers: str) -> Instrument:
    """A card with one of these numbers; without any, one that is no test instrument."""

    def drawn(random: Random) -> Json:
        number = random.choice(numbers) if numbers else any_card_number(random)
        details = {"number": number, "exp_month": 12, "exp_year": 2035, "cvc": "123"}
        return {"type": "card", "card": details}

    return drawn


def upi(*addresses: str) -> Instrument:
    """One of these UPI addresses; without any, one that is no test instrument."""

    def drawn(random: Random) -> Json:
        address = random.choice(addresses or (f"buyer{random.randrange(10**6)}@bank",))
        return {"type": "upi", "upi": {"vpa": address}}

    return drawn


def wallet(*wallet_ids: str) -> Instrument:
    """One of these wallets."""

    def drawn(random: Random) -> Json:
        return {"type": "wallet", "wallet": {"wallet_id": random.choice(wallet_ids)}}

    return drawn


def any_card_number(random: Random) -> str:
    """A number with a valid check digit (ISO/IEC 7812-1, the Luhn formula) of a usual range."""
    digits = random.choice(CARD_RANGES)
    digits += "".join(str(random.randrange(10)) for _ in range(CARD_LENGTH - 1 - len(digits)))
    doubled = (2 * int(digit) for digit in digits[-1::-2])
    total = sum(n // 10 + n % 10 for n in doubled) + sum(int(digit) for digit in digits[-2::-2])
    return f"{digits}{-total % 10}"


def drawn_amount(random: Random) -> int:
    """An amount in minor units, lognormal about the typical one, within the bounds."""
    amount = int(AMOUNT_MINOR_TYPICAL * random.lognormvariate(0, AMOUNT_SPREAD))
    return min(max(amount, AMOUNT_MINOR_MIN), AMOUNT_MINOR_MAX)


def drawn_currency(method: Json, random: Random) -> str:
    """A currency in which such a method is used."""
    currencies = {"card": CARD_CURRENCIES, "upi": UPI_CURRENCIES, "wallet": WALLET_CURRENCIES}
    weights = currencies[method["type"]]
    return random.choices(list(weights), list(weights.values()))[0]
