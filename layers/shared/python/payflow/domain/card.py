"""Card numbers: the check digit, the brand, and the numbers that are test instruments."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from unicodedata import normalize

from payflow.domain.method import CardData, CardMethod

NUMBER_LENGTH_MIN: Final = 12
NUMBER_LENGTH_MAX: Final = 19

TEST_NUMBERS: Final = frozenset(
    {
        "4242424242424242", "4111111111111111", "5555555555554444", "378282246310005",
        "6011111111111117", "6521110000000003", "4000000000000002", "4000000000009995",
        "4000000000009987", "4000000000009979", "4000000000000069", "4000000000000127",
        "4000000000000119", "4000000000000341", "4000000000000267", "4000000000006975",
        "4000000000006983", "4000000000006991", "4000000000003220", "4000000000003238",
        "4000000000000077", "4000000000005126", "4000000000000259", "4100000000000019",
        "4000000000001000", "4000000000000036", "4000000000000044",
    }
)  # fmt: skip
"""Cards with a fixed outcome at every simulated provider; some have no valid check digit."""

UNKNOWN_BRAND: Final = "unknown"
BIN_LENGTH: Final = 6
LAST_DIGITS: Final = 4

_CARD_LIKE: Final = re.compile(
    r"(?<![0-9])(?:[0-9]{14,19}"
    r"|[0-9]{4}([ ._-])[0-9]{4}\1[0-9]{4}\1[0-9]{2,7}"
    r"|[0-9]{4}([ ._-])[0-9]{6}\2[0-9]{4,5})(?![0-9])"
)
_SEPARATORS: Final = re.compile("[ ._-]")

_BRANDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("rupay", "508500", "508999"),
    ("rupay", "606985", "607984"),
    ("rupay", "608001", "608500"),
    ("rupay", "652100", "653149"),
    ("rupay", "817200", "820199"),
    ("visa", "4", "4"),
    ("mastercard", "51", "55"),
    ("mastercard", "2221", "2720"),
    ("amex", "34", "34"),
    ("amex", "37", "37"),
    ("discover", "6011", "6011"),
    ("discover", "644", "659"),
    ("diners", "300", "305"),
    ("diners", "36", "36"),
    ("diners", "38", "39"),
    ("jcb", "3528", "3589"),
    ("unionpay", "62", "62"),
    ("maestro", "50", "50"),
    ("maestro", "56", "58"),
    ("maestro", "63", "63"),
    ("maestro", "67", "67"),
)
"""Brand by the first and last prefix of a range; the first that fits wins.

Source: the networks' published issuer identification ranges; RuPay's lie inside Discover's.
"""

BRANDS: Final = frozenset(brand for brand, _, _ in _BRANDS)
"""Every brand that a known card can have."""


def card_brand(number: str) -> str:
    """The brand of a card by its number or BIN: `visa`, `mastercard`, `rupay`, … or `unknown`."""
    for brand, first, last in _BRANDS:
        if first <= number[: len(first)] <= last:
            return brand
    return UNKNOWN_BRAND


def described(card: CardData, token: str) -> CardMethod:
    """`card` without its number, as it is stored and passed on under `token`."""
    return CardMethod(
        token=token,
        brand=card_brand(card.number),
        bin=card.number[:BIN_LENGTH],
        last4=card.number[-LAST_DIGITS:],
        exp_month=card.exp_month,
        exp_year=card.exp_year,
    )


def passes_luhn(number: str) -> bool:
    """Whether the last of `number`'s digits checks the others: ISO/IEC 7812-1, annex B."""
    total = 0
    for position, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card_number(number: str) -> bool:
    """Whether `number` (digits only) can be charged: of a card's length, and valid or for tests."""
    well_formed = NUMBER_LENGTH_MIN <= len(number) <= NUMBER_LENGTH_MAX
    return well_formed and (number in TEST_NUMBERS or passes_luhn(number))


def has_expired(exp_month: int, exp_year: int, now: datetime) -> bool:
    """Whether the card's last month, in UTC, is over."""
    return (exp_year, exp_month) < (now.year, now.month)


def holds_card_number(text: str) -> bool:
    """Whether free text holds what looks like a card's number: a known brand's and valid.

    Free text is stored and shown in clear, so a card number in it must be refused (PCI DSS 3.5.1).
    Digits may be grouped as on a card, and written in any of Unicode's ways. Shorter runs than 14
    digits, such as telephone numbers and times in milliseconds, are not looked at.
    """
    for found in _CARD_LIKE.finditer(normalize("NFKC", text)):
        number = _SEPARATORS.sub("", found[0])
        if card_brand(number) != UNKNOWN_BRAND and is_card_number(number):
            return True
    return False
