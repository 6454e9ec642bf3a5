"""Money: integer minor units with their ISO 4217 currency, and the one rounding rule for fees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from payflow.domain.errors import CurrencyMismatch

MINOR_UNIT_EXPONENT: Final[dict[str, int]] = {
    "AED": 2, "AUD": 2, "BHD": 3, "BRL": 2, "CAD": 2, "CHF": 2, "CNY": 2, "EUR": 2,
    "GBP": 2, "HKD": 2, "IDR": 2, "INR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "MXN": 2,
    "MYR": 2, "NOK": 2, "NZD": 2, "OMR": 3, "PHP": 2, "SAR": 2, "SEK": 2, "SGD": 2,
    "THB": 2, "USD": 2, "VND": 0, "ZAR": 2,
}  # fmt: skip
"""Digits after the decimal point by ISO 4217; its keys are the currencies that PayFlow knows."""

AMOUNT_MINOR_MAX: Final = 10**12
BASIS_POINTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (paise, cents, yen, fils) of one currency; may be negative."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is not an integer or not a known currency (`TypeError`, `ValueError`)."""
        if type(self.minor) is not int:
            raise TypeError(f"minor units are integers, got {type(self.minor).__name__}")
        if self.currency not in MINOR_UNIT_EXPONENT:
            raise ValueError(f"unknown currency {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        """Add; raises `CurrencyMismatch` for two currencies."""
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Subtract; raises `CurrencyMismatch` for two currencies."""
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        """The same amount the other way."""
        return Money(-self.minor, self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.minor


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What is charged for one capture: `bps` basis points of the amount plus `fixed_minor`."""

    bps: int = 0
    fixed_minor: int = 0

    def __post_init__(self) -> None:
        """Refuse a negative rate or one above 100 % (`ValueError`)."""
        if not 0 <= self.bps <= BASIS_POINTS or self.fixed_minor < 0:
            raise ValueError("fees need 0 <= bps <= 10000 and fixed_minor >= 0")

    def on(self, amount_minor: int) -> int:
        """Fee in minor units on `amount_minor` >= 0: half a unit rounds up, capped at the amount.

        The cap keeps the merchant's share of a tiny payment from turning negative.
        """
        proportional = (amount_minor * self.bps + BASIS_POINTS // 2) // BASIS_POINTS
        return min(amount_minor, proportional + self.fixed_minor)
