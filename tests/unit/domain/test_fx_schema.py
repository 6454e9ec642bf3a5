"""The table of exchange rates is taken over whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from payflow.aws.rates_file import DeployedRates
from payflow.domain.fx import quoted
from payflow.domain.fx_schema import InvalidRates, read_rates
from tests.support.builders import NOON

RATES_FILE = Path(__file__).parents[3] / "config" / "fx_rates.json"
PROMISED = ("INR", "USD", "EUR", "GBP", "JPY", "KWD", "AED", "SGD")


def a_file(**changes: Any) -> dict[str, Any]:
    dollar = {"rate": "1.0411", "source": "ecb_reference", "asOf": "2026-11-20T13:10:00Z"}
    return {"base": "EUR", "spreadBps": 50, "rates": {"USD": dollar}} | changes


def a_rate(**changes: Any) -> dict[str, Any]:
    return {"USD": a_file()["rates"]["USD"] | changes}


def test_the_deployed_table_is_valid_and_has_every_promised_pair() -> None:
    table = read_rates(RATES_FILE.read_text())

    assert DeployedRates().table() == table
    for source in PROMISED:
        for target in PROMISED:
            assert source == target or quoted(source, target, table, NOON) is not None


def test_a_file_that_is_right_is_read() -> None:
    table = read_rates(json.dumps(a_file()))

    assert (table.base, table.spread_bps, set(table.rates)) == ("EUR", 50, {"USD"})


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"base": "XYZ"}, "base"),
        ({"spreadBps": 10_000}, "spreadBps"),
        ({"spreadBps": 0.5}, "spreadBps"),
        ({"spread": 1}, "spread"),
        ({"rates": {"EUR": a_rate()["USD"]}}, "rates.EUR"),
        ({"rates": {"XYZ": a_rate()["USD"]}}, "rates.XYZ"),
        ({"rates": a_rate(rate=1.0411)}, "rates.USD.rate"),
        ({"rates": a_rate(rate="1,0411")}, "rates.USD.rate"),
        ({"rates": a_rate(rate="-1")}, "rates.USD.rate"),
        ({"rates": a_rate(rate="0.00")}, "rates.USD.rate"),
        ({"rates": a_rate(rate="1234.567891")}, "rates.USD.rate"),
        ({"rates": a_rate(source="")}, "rates.USD.source"),
        ({"rates": a_rate(asOf="2026-11-20T13:10:00")}, "rates.USD.asOf"),
        ({"rates": a_rate(asOf="yesterday")}, "rates.USD.asOf"),
    ],
)
def test_a_mistake_is_named_by_its_place(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRates) as refused:
        read_rates(json.dumps(a_file(**changes)))

    assert [error.path for error in refused.value.errors] == [path]


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(InvalidRates) as refused:
        read_rates(json.dumps({"base": "EUR", "rates": a_rate(rate="0", asOf="")}))

    assert {error.path for error in refused.value.errors} == {
        "spreadBps",
        "rates.USD.rate",
        "rates.USD.asOf",
    }


def test_what_is_not_json_says_where_it_stops_being_so() -> None:
    with pytest.raises(InvalidRates, match="line 1"):
        read_rates("{")
