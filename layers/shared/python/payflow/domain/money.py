"""Money: integer minor units with their ISO 4217 currency, and the one rounding rule for fees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from payflow.domain.errors import CurrencyMismatch

_BY_EXPONENT: Final = {
    0: ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "),
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN "
        "BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
        "GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD "
        "KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN "
        "NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG "
        "SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH "
        "USD UYU UZS VES WST XCD YER ZAR ZMW ZWG "
    ),
    3: ("BHD IQD JOD KWD LYD OMR TND "),
}
MINOR_UNIT_EXPONENT: Final[dict[str, int]] = {
    currency: exponent
    for exponent, currencies in _BY_EXPONENT.items()
    for currency in currencies.split()
}
"""Digits after the decimal point of every currency in use, by ISO 4217 (active codes, 2025)."""

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


def major_units(money: Money) -> str:
    """`1250.00` for 125000 minor units of a currency with two decimals; no grouping, no code."""
    digits = MINOR_UNIT_EXPONENT[money.currency]
    text = str(abs(money.minor)).rjust(digits + 1, "0")
    whole, fraction = text[: len(text) - digits], text[len(text) - digits :]
    sign = "-" if money.minor < 0 else ""
    return f"{sign}{whole}" + (f".{fraction}" if digits else "")
