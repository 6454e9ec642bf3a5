"""Checks the table of exchange rates and names every error by JSON path, not just the first.

A bad table is refused whole. Not imported on the payment path, which trusts the deployed file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails

from payflow.domain.config_model import (
    ConfigError,
    ConfigModel,
    Described,
    OneOf,
    errors_of,
    mistake,
)
from payflow.domain.errors import InvalidRequest
from payflow.domain.fx import RateTable, rate_table_from_document
from payflow.domain.money import BASIS_POINTS, MINOR_UNIT_EXPONENT
from payflow.domain.timestamps import parse_rfc3339

RATE_DIGITS_MAX: Final = 9
"""With six of them after the point at most, a cross rate's terms stay exact in any JSON reader."""

Currency = Annotated[str, OneOf(MINOR_UNIT_EXPONENT)]
DecimalText = Annotated[
    str,
    Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$"),
    Described("a decimal as text, up to six digits before and after the point"),
]
SourceName = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]{0,31}$"),
    Described("a name in small letters, _ and digits"),
]


class RatesModel(ConfigModel):
    """A part of the file: keys are in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class RateEntry(RatesModel):
    """One currency's mid rate: how much of it a unit of the base buys."""

    rate: DecimalText
    source: SourceName
    """Who says so; `indicative` where nobody of authority does."""
    as_of: str
    """Of when the rate is, in RFC 3339."""

    @field_validator("rate")
    @classmethod
    def _is_exact(cls, rate: str) -> str:
        digits = rate.replace(".", "")
        if not digits.strip("0"):
            raise ValueError("must be above 0")
        if len(digits.lstrip("0")) > RATE_DIGITS_MAX:
            raise ValueError(f"must have at most {RATE_DIGITS_MAX} significant digits")
        return rate

    @field_validator("as_of")
    @classmethod
    def _is_a_time(cls, as_of: str) -> str:
        parse_rfc3339(as_of)
        return as_of


class RatesFile(RatesModel):
    """The table: rates against one base, and what conversions cost the merchant."""

    base: Currency
    spread_bps: Annotated[int, Field(ge=0, lt=BASIS_POINTS)]
    rates: dict[Currency, RateEntry]

    @classmethod
    def rules(cls, document: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """The base has no rate against itself."""
        base, rates = document.get("base"), document.get("rates")
        if isinstance(base, str) and isinstance(rates, dict) and base in rates:
            yield mistake("is the base itself", "rates", base)


class InvalidRates(InvalidRequest):
    """The table is wrong; nothing of it was taken over."""

    def __init__(self, errors: tuple[ConfigError, ...]) -> None:
        """`errors` holds every mistake; `param` is the path of the first."""
        listed = "; ".join(str(error) for error in errors)
        super().__init__(
            "invalid_rates",
            f"The table of exchange rates is refused: {listed}.",
            param=errors[0].path or None,
        )
        self.errors = errors


def read_rates(text_of_file: str) -> RateTable:
    """The table of a file's text; raises `InvalidRates` with all errors, taking none."""
    try:
        document = json.loads(text_of_file)
        RatesFile.model_validate(document)
    except json.JSONDecodeError as error:
        broken = ConfigError("", f"is not JSON: {error.msg} in line {error.lineno}")
        raise InvalidRates((broken,)) from error
    except ValidationError as wrong:
        raise InvalidRates(tuple(errors_of(wrong))) from wrong
    return rate_table_from_document(document)
