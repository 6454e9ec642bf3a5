"""Quotes are exact ratios between minor units, with their source, time and end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.errors import InvalidRequest
from payflow.domain.fx import QUOTE_VALIDITY, Quote, Ratio, quote_for, quoted, ratio
from payflow.domain.money import AMOUNT_MINOR_MAX, FeeTerms, Money
from tests.support.builders import NOON, a_quote, a_rate_table

CURRENCIES = ("EUR", "USD", "GBP", "INR", "JPY", "KWD")
EXPONENTS = {"EUR": 2, "USD": 2, "GBP": 2, "INR": 2, "JPY": 0, "KWD": 3}
PAIRS = list(permutations(CURRENCIES, 2))
NO_FEE = FeeTerms()
positive = st.integers(1, 10**15)


def as_fraction(value: Ratio) -> Fraction:
    return Fraction(value.numerator, value.denominator)


def asked(
    minor: int, currency: str, to: str, *, fee: FeeTerms = NO_FEE, spread_bps: int = 0
) -> Quote:
    return quote_for(Money(minor, currency), fee, to, a_rate_table(spread_bps=spread_bps), NOON)


class TestRatio:
    @given(positive, positive, st.integers(0, AMOUNT_MINOR_MAX))
    def test_rounds_the_exact_product_down_and_up(
        self, numerator: int, denominator: int, minor: int
    ) -> None:
        exact = minor * Fraction(numerator, denominator)
        rate = ratio(numerator, denominator)

        assert rate.floor(minor) <= exact < rate.floor(minor) + 1
        assert rate.ceiling(minor) - 1 < exact <= rate.ceiling(minor)

    def test_is_in_lowest_terms(self) -> None:
        assert ratio(1_041_100, 1_000_000) == Ratio(10_411, 10_000)

    @pytest.mark.parametrize("terms", [(0, 1), (1, 0), (-1, 2), (1.0, 2), (True, 2)])
    def test_is_of_positive_integers(self, terms: tuple[int, int]) -> None:
        with pytest.raises(ValueError, match="integers"):
            ratio(*terms)

    @pytest.mark.parametrize(
        ("terms", "text"),
        [
            ((909_710, 10_411), "87.379694"),
            ((1_606, 784_800), "0.00204638"),
            ((100, 1), "100"),
            ((1, 4), "0.25"),
            ((1, 1_000_000), "0.000001"),
        ],
    )
    def test_is_written_to_six_significant_digits_at_least(
        self, terms: tuple[int, int], text: str
    ) -> None:
        assert ratio(*terms).decimal() == text


class TestQuote:
    def test_is_between_minor_units_whatever_their_exponents(self) -> None:
        yen_to_fils = a_quote("JPY", "KWD")

        # 156.96 yen and 0.3212 dinars are one euro: a yen is 321.2 / 156.96 fils.
        assert as_fraction(yen_to_fils.rate) == Fraction("321.2") / Fraction("156.96")
        assert as_fraction(yen_to_fils.major_rate) == Fraction("0.3212") / Fraction("156.96")

    @pytest.mark.parametrize(("source", "target"), PAIRS)
    def test_is_the_exact_cross_rate_of_the_table(self, source: str, target: str) -> None:
        table = a_rate_table()
        per_base = {"EUR": Fraction(1)} | {
            name: as_fraction(rate.per_base) for name, rate in table.rates.items()
        }

        quote = a_quote(source, target)

        major = per_base[target] / per_base[source]
        shift = Fraction(10) ** (EXPONENTS[target] - EXPONENTS[source])
        assert as_fraction(quote.major_rate) == major
        assert as_fraction(quote.rate) == major * shift

    @pytest.mark.parametrize(("source", "target"), PAIRS)
    def test_there_and_back_is_the_same_rate(self, source: str, target: str) -> None:
        there, back = a_quote(source, target).rate, a_quote(target, source).rate

        assert (there.numerator, there.denominator) == (back.denominator, back.numerator)

    def test_says_whose_rates_it_is_made_of_and_of_when_the_older_is(self) -> None:
        table = a_rate_table()
        older = table.rates["KWD"].as_of - timedelta(days=1)
        dinar = replace(table.rates["KWD"], source="indicative", as_of=older)
        mixed = replace(table, rates={**table.rates, "KWD": dinar})

        quote = quoted("USD", "KWD", mixed, NOON)

        assert quote is not None
        assert (quote.rate_source, quote.as_of) == ("ecb_reference/indicative", older)

    def test_one_source_is_named_once(self) -> None:
        assert a_quote("USD", "INR").rate_source == "ecb_reference"

    def test_is_good_for_as_long_as_an_authorisation_may_live(self) -> None:
        quote = a_quote("USD", "INR")

        assert quote.quoted_at == NOON
        assert quote.expires_at - quote.quoted_at == QUOTE_VALIDITY == timedelta(days=30)

    @pytest.mark.parametrize(("source", "target"), [("USD", "AED"), ("AED", "USD"), ("EUR", "EUR")])
    def test_needs_a_rate_for_both_of_two_currencies(self, source: str, target: str) -> None:
        assert quoted(source, target, a_rate_table(), NOON) is None


class TestWhatIsRefused:
    def test_a_pair_without_a_rate(self) -> None:
        with pytest.raises(InvalidRequest) as refused:
            asked(1_000, "USD", "AED")

        assert refused.value.code == "unsupported_conversion"
        assert refused.value.param == "settlement_currency"

    def test_an_amount_that_comes_to_less_than_one_unit(self) -> None:
        assert asked(58, "INR", "JPY").bought(58) == 1

        with pytest.raises(InvalidRequest) as refused:
            asked(57, "INR", "JPY")

        assert refused.value.code == "settlement_amount_too_small"

    @pytest.mark.parametrize(
        ("fee", "spread_bps"), [(FeeTerms(fixed_minor=100), 0), (FeeTerms(bps=5_000), 5_000)]
    )
    def test_an_amount_that_fee_and_spread_use_up(self, fee: FeeTerms, spread_bps: int) -> None:
        with pytest.raises(InvalidRequest) as refused:
            asked(100, "INR", "JPY", fee=fee, spread_bps=spread_bps)

        assert refused.value.code == "settlement_amount_too_small"

    def test_an_amount_that_is_too_large_in_the_other_currency(self) -> None:
        largest = AMOUNT_MINOR_MAX * 10_411 // 909_710
        assert asked(largest, "USD", "INR").returned(largest) <= AMOUNT_MINOR_MAX

        with pytest.raises(InvalidRequest) as refused:
            asked(largest + 1, "USD", "INR")

        assert refused.value.code == "settlement_amount_too_large"
