"""Card numbers: check digit, brand, and numbers that hide in text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.card import (
    TEST_NUMBERS,
    card_brand,
    has_expired,
    holds_card_number,
    is_card_number,
    passes_luhn,
)

DIGITS = st.text("0123456789", min_size=12, max_size=19)


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4242424242424242", "visa"),
        ("5555555555554444", "mastercard"),
        ("2223003122003222", "mastercard"),
        ("378282246310005", "amex"),
        ("6011111111111117", "discover"),
        ("6521110000000003", "rupay"),
        ("6500000000000002", "discover"),
        ("5085000000000000", "rupay"),
        ("3056930009020004", "diners"),
        ("3566002020360505", "jcb"),
        ("6200000000000005", "unionpay"),
        ("9999999999999995", "unknown"),
        ("510510", "mastercard"),
    ],
)
def test_the_brand_follows_from_the_first_digits(number: str, brand: str) -> None:
    assert card_brand(number) == brand


@given(DIGITS)
def test_exactly_one_check_digit_is_right(number: str) -> None:
    assert sum(passes_luhn(number[:-1] + digit) for digit in "0123456789") == 1


@given(DIGITS, st.integers(0, 18), st.sampled_from("123456789"))
def test_any_single_wrong_digit_is_noticed(number: str, position: int, change: str) -> None:
    position %= len(number)
    digit = str((int(number[position]) + int(change)) % 10)
    altered = number[:position] + digit + number[position + 1 :]

    assert not (passes_luhn(number) and passes_luhn(altered))


def test_test_numbers_are_cards_and_other_bad_numbers_are_not() -> None:
    assert all(is_card_number(number) for number in TEST_NUMBERS)
    assert not all(passes_luhn(number) for number in TEST_NUMBERS)
    assert not is_card_number("4242424242424241")
    assert not is_card_number("0" * 11)


@pytest.mark.parametrize(
    ("month", "year", "expired"),
    [(11, 2026, False), (12, 2026, False), (1, 2027, False), (10, 2026, True), (12, 2025, True)],
)
def test_a_card_is_good_until_the_end_of_its_month(month: int, year: int, expired: bool) -> None:
    now = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)

    assert has_expired(month, year, now) is expired


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424242",
        "my card is 4242 4242 4242 4242, thanks",
        "4242-4242-4242-4242",
        "3782 822463 10005",
        "pan:378282246310005;",
    ],
)
def test_a_card_number_in_text_is_found(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "order 1001",
        "4242424242424241",
        "1732363200123",
        "42424242424242424242424242",
        "+49 1512 3456789",
        "4242 42424242 4242",
        "2026-11-23T12:00:00.000Z",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not holds_card_number(text)
