"""The capacity arithmetic that the budgets are checked with, against worked examples."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.dynamodb_units import (
    Index,
    Schema,
    item_size,
    read_units,
    value_size,
    write_units,
)

KEYS_ONLY = Index("by_time", ("owner", "time"), frozenset({"owner", "time", "id"}))
EVERYTHING = Index("all", ("owner", "time"), None)


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "shirt"}, 5),
        ({"S": "₹"}, 3),
        ({"S": ""}, 0),
        ({"B": b"12345"}, 5),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "27"}, 2),
        ({"N": "-27"}, 3),
        ({"N": "1795435200480"}, 7),
        ({"N": "125000"}, 3),
        ({"N": "0.0025"}, 2),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "7"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {"key": {"S": "ab"}}}, 3 + 1 + 3 + 2),
        ({"SS": ["ab", "c"]}, 3),
    ],
)
def test_a_value_has_its_documented_size(value: dict[str, Any], size: int) -> None:
    assert value_size(value) == size


def test_an_item_is_its_names_and_values() -> None:
    assert item_size({"shirt-color": {"S": "R"}, "shirt-size": {"S": "M"}}) == 23


@pytest.mark.parametrize(("length", "units"), [(0, 1), (1022, 1), (1023, 2), (2046, 2)])
def test_a_write_is_billed_by_the_kilobyte(length: int, units: int) -> None:
    item = {"id": {"S": "x" * length}}

    assert write_units(Schema("t", ("id",)), None, item) == {"t": units}


def test_a_write_is_billed_by_the_larger_of_what_was_and_what_is() -> None:
    large, small = {"id": {"S": "x" * 3000}}, {"id": {"S": "x"}}
    schema = Schema("t", ("id",))

    assert write_units(schema, large, small) == write_units(schema, small, large) == {"t": 3}
    assert write_units(schema, large, None) == {"t": 3}


def an_item(time: str | None, note: str = "") -> dict[str, Any]:
    item = {"id": {"S": "1"}, "owner": {"S": "me"}, "note": {"S": note}}
    return item if time is None else {**item, "time": {"S": time}}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, an_item("9"), 1),
        (an_item("9"), None, 1),
        (an_item(None), an_item("9"), 1),
        (an_item(None), an_item(None, "new"), None),
        (an_item("9"), an_item("9", "new"), None),
        (an_item("9"), an_item("10"), 2),
    ],
    ids=["put", "delete", "enters", "stays out", "not projected", "key moves"],
)
def test_an_index_is_billed_for_what_changes_in_it(
    before: dict[str, Any] | None, after: dict[str, Any] | None, units: int | None
) -> None:
    schema = Schema("t", ("id",), (KEYS_ONLY,))

    assert write_units(schema, before, after).get("by_time") == units


def test_an_index_that_projects_everything_is_billed_for_every_change() -> None:
    schema = Schema("t", ("id",), (EVERYTHING,))

    assert write_units(schema, an_item("9"), an_item("9", "new"))["all"] == 1


@pytest.mark.parametrize(
    ("size", "consistent", "units"),
    [(0, True, 1), (4096, True, 1), (4097, True, 2), (100, False, 0.5), (4097, False, 1)],
)
def test_a_read_is_billed_by_four_kilobytes_and_half_if_it_may_be_old(
    size: int, consistent: bool, units: float
) -> None:
    assert read_units(size, consistent=consistent) == units
