"""DynamoDB's capacity arithmetic, by the rules of its Developer Guide.

Sizes: "DynamoDB item sizes and formats". Units: "DynamoDB read and write operations" and "Using
global secondary indexes". The 100 bytes an item that storage is billed for do not count here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096

Item = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Index:
    """A global secondary index: its key attributes, and what it projects (None: everything)."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None

    def entry(self, item: Item | None) -> Item | None:
        """The index's entry for `item`; none if one of the keys is missing."""
        if item is None or any(key not in item for key in self.keys):
            return None
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}


@dataclass(frozen=True)
class Schema:
    """What a table's writes cost depends on: its key and its indexes."""

    table: str
    key: tuple[str, ...]
    indexes: tuple[Index, ...] = ()


def schema_of(description: Mapping[str, Any]) -> Schema:
    """The schema in the `Table` of a DescribeTable answer."""
    key = _attributes(description["KeySchema"])
    return Schema(
        table=description["TableName"],
        key=key,
        indexes=tuple(
            _index(index, key) for index in description.get("GlobalSecondaryIndexes", ())
        ),
    )


def item_size(item: Item) -> int:
    """The bytes of an item: names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Mapping[str, Any]) -> int:
    """The bytes of one attribute value."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(content)
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + value_size(element) for element in content)
        case "M":
            return 3 + sum(1 + item_size({name: element}) for name, element in content.items())
        case "SS" | "NS" | "BS":
            return sum(value_size({kind[0]: element}) for element in content)
        case _:
            raise ValueError(f"unknown attribute type {kind}")


def write_units(schema: Schema, before: Item | None, after: Item | None) -> dict[str, int]:
    """What replacing `before` by `after` (None: no item) costs, by table and index."""
    units = {schema.table: _units(max(_size(before), _size(after)))}
    for index in schema.indexes:
        old, new = index.entry(before), index.entry(after)
        moved = old is not None and new is not None and _keys(index, old) != _keys(index, new)
        if moved:
            units[index.name] = _units(_size(old)) + _units(_size(new))
        elif old != new:
            units[index.name] = _units(max(_size(old), _size(new)))
    return units


def read_units(size: int, *, consistent: bool) -> float:
    """What reading `size` bytes in one go costs; nothing found costs as much as the least."""
    units = max(1, ceil(size / READ_UNIT_BYTES))
    return units if consistent else units / 2


def _size(item: Item | None) -> int:
    return item_size(item) if item is not None else 0


def _units(size: int) -> int:
    return max(1, ceil(size / WRITE_UNIT_BYTES))


def _keys(index: Index, entry: Item) -> list[Mapping[str, Any]]:
    return [entry[key] for key in index.keys]


def _number_size(text: str) -> int:
    digits = text.lower().partition("e")[0].lstrip("-").replace(".", "").strip("0")
    # Two digits a byte, one for the exponent, one more for a minus sign.
    return ceil(len(digits) / 2) + 1 + text.startswith("-")


def _attributes(key_schema: list[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(element["AttributeName"] for element in key_schema)


def _index(description: Mapping[str, Any], table_key: tuple[str, ...]) -> Index:
    keys = _attributes(description["KeySchema"])
    projection = description["Projection"]
    projected = frozenset({*keys, *table_key, *projection.get("NonKeyAttributes", ())})
    everything = projection["ProjectionType"] == "ALL"
    return Index(description["IndexName"], keys, None if everything else projected)
