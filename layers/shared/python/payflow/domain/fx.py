"""Foreign exchange: rates, and the quote by which one payment settles in another currency.

A rate is a ratio of two integers, never a float, so conversion is exact but for one rounding that
has a name. A quote's ratio is between *minor* units (paise for a cent, fils for a yen): exponents
by ISO 4217 are in it, and nothing that converts can forget them.

Rounding favours the liquidity account, which exchanges at the mid rate: what it gives is rounded
down, what it gets is rounded up. Both are functions of cumulated amounts, see `Quote`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import gcd
from typing import Any, Final

from payflow.domain.errors import InvalidRequest
from payflow.domain.money import (
    AMOUNT_MINOR_MAX,
    BASIS_POINTS,
    MINOR_UNIT_EXPONENT,
    FeeTerms,
    Money,
)
from payflow.domain.timestamps import parse_rfc3339

QUOTE_VALIDITY: Final = timedelta(days=30)
"""As long as the longest-lived authorisation of a card scheme (Mastercard's pre-authorisation)."""

SIGNIFICANT_DIGITS_MIN: Final = 6
_DECIMALS_MAX: Final = 18
_PARAM: Final = "settlement_currency"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A positive fraction; make it with `ratio`, which reduces it."""

    numerator: int
    denominator: int

    def floor(self, minor: int) -> int:
        """`minor` times this, rounded down."""
        return minor * self.numerator // self.denominator

    def ceiling(self, minor: int) -> int:
        """`minor` times this, rounded up."""
        return -(-minor * self.numerator // self.denominator)

    def decimal(self) -> str:
        """This to six significant digits at least, the rest cut off: `87.379694`, `0.00204637`."""
        digits = SIGNIFICANT_DIGITS_MIN
        while digits < _DECIMALS_MAX and self.numerator * 10**digits < self.denominator * 10**5:
            digits += 1
        whole, fraction = divmod(self.numerator * 10**digits // self.denominator, 10**digits)
        return f"{whole}.{fraction:0{digits}d}".rstrip("0").rstrip(".")


def ratio(numerator: int, denominator: int) -> Ratio:
    """The fraction in lowest terms; raises `ValueError` unless both are positive integers."""
    if type(numerator) is not int or type(denominator) is not int:
        raise ValueError("a ratio is of integers")
    if numerator <= 0 or denominator <= 0:
        raise ValueError("a ratio is of positive integers")
    common = gcd(numerator, denominator)
    return Ratio(numerator // common, denominator // common)


@dataclass(frozen=True, slots=True)
class Rate:
    """How much of a currency one unit of the table's base buys, who says so, and of when."""

    per_base: Ratio
    source: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class RateTable:
    """Mid rates against `base`, and the spread that merchants pay, in basis points."""

    base: str
    spread_bps: int
    rates: Mapping[str, Rate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The terms on which a payment in `source_currency` settles in `target_currency`.

    `rate` is the mid rate: minor units of the target for one of the source. `rate_source` says
    whose rates it was made of, `as_of` of when the older of them is. Captures are accepted until
    `expires_at`; what was captured is refunded at the same rate for ever.

    The methods are functions of everything converted so far, not of one part: a capture or refund
    takes the difference of two sums. So parts in any number and order come to what the whole does,
    and no fraction of a unit is lost or gained on the way.
    """

    source_currency: str
    target_currency: str
    rate: Ratio
    spread_bps: int
    rate_source: str
    as_of: datetime
    quoted_at: datetime
    expires_at: datetime

    def bought(self, source_minor: int) -> int:
        """What the liquidity account gives for `source_minor` in all, rounded down."""
        return self.rate.floor(source_minor)

    def spread_on(self, target_minor: int) -> int:
        """The spread on `target_minor` bought in all, rounded up to a minor unit."""
        return -(-target_minor * self.spread_bps // BASIS_POINTS)

    def returned(self, source_minor: int) -> int:
        """What the liquidity account gets to refund `source_minor` in all, rounded up."""
        return self.rate.ceiling(source_minor)

    @property
    def major_rate(self) -> Ratio:
        """The rate as people write it: units of the target for one of the source."""
        shift = MINOR_UNIT_EXPONENT[self.source_currency]
        unshift = MINOR_UNIT_EXPONENT[self.target_currency]
        return ratio(self.rate.numerator * 10**shift, self.rate.denominator * 10**unshift)


def quote_for(
    amount: Money, fee: FeeTerms, currency: str, table: RateTable, now: datetime
) -> Quote:
    """A quote to settle a payment of `amount`, with the platform's `fee`, in another `currency`.

    Raises `InvalidRequest`: `unsupported_conversion` where the table has no rate, and
    `settlement_amount_too_small` or `_too_large` for an amount that would settle at nothing, or
    above what any payment may have.
    """
    quote = quoted(amount.currency, currency, table, now)
    if quote is None:
        raise InvalidRequest(
            "unsupported_conversion",
            f"There is no rate from {amount.currency} to {currency}.",
            param=_PARAM,
        )
    bought_minor = quote.bought(amount.minor - fee.on(amount.minor))
    if bought_minor <= quote.spread_on(bought_minor):
        raise InvalidRequest(
            "settlement_amount_too_small",
            f"Nothing of the amount would be left in {currency}.",
            param=_PARAM,
        )
    if quote.returned(amount.minor) > AMOUNT_MINOR_MAX:
        raise InvalidRequest(
            "settlement_amount_too_large",
            f"The amount would be above 10^12 minor units of {currency}.",
            param=_PARAM,
        )
    return quote


def quoted(source: str, target: str, table: RateTable, now: datetime) -> Quote | None:
    """The quote between two currencies, across the base if neither is it; None without a rate."""
    given, wanted = _per_base(source, table), _per_base(target, table)
    if given is None or wanted is None:
        return None
    used = [rate for rate in (table.rates.get(source), table.rates.get(target)) if rate]
    if not used or source == target:
        return None
    shift, unshift = MINOR_UNIT_EXPONENT[target], MINOR_UNIT_EXPONENT[source]
    return Quote(
        source_currency=source,
        target_currency=target,
        rate=ratio(
            wanted.numerator * given.denominator * 10**shift,
            wanted.denominator * given.numerator * 10**unshift,
        ),
        spread_bps=table.spread_bps,
        rate_source="/".join(dict.fromkeys(rate.source for rate in used)),
        as_of=min(rate.as_of for rate in used),
        quoted_at=now,
        expires_at=now + QUOTE_VALIDITY,
    )


def rate_table_from_document(document: Mapping[str, Any]) -> RateTable:
    """The table of a rates file, which was validated before (`payflow.domain.fx_schema`)."""
    return RateTable(
        base=document["base"],
        spread_bps=document["spreadBps"],
        rates={
            currency: Rate(_exactly(entry["rate"]), entry["source"], parse_rfc3339(entry["asOf"]))
            for currency, entry in document["rates"].items()
        },
    )


def _exactly(decimal: str) -> Ratio:
    whole, _, fraction = decimal.partition(".")
    return ratio(int(whole + fraction), 10 ** len(fraction))


def _per_base(currency: str, table: RateTable) -> Ratio | None:
    if currency == table.base:
        return Ratio(1, 1)
    rate = table.rates.get(currency)
    return rate.per_base if rate is not None else None
