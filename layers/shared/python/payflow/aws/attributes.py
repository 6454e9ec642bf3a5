"""DynamoDB's attribute values, and a small codec of dataclasses to maps of them.

A dataclass is described once, as a tuple of `Field`s; `encoded` and `decoded` do the rest. What has
its default is not stored: an item is billed by the byte of its names and values.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

Value = dict[str, Any]
"""One attribute value of the low-level API, such as `{"S": "text"}`."""

Item = Mapping[str, Any]
"""Attribute values by name."""

_Member = TypeVar("_Member", bound=StrEnum)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_NUMBER_MIN, _NUMBER_END = 1e-130, 1e126
"""The magnitudes that a DynamoDB number can have (Developer Guide, "Data types")."""


class Field(NamedTuple):
    """One field: its short `key` in the item, its `name` in the dataclass, and how it is written.

    A field without a `default` of its own has None for one.
    """

    key: str
    name: str
    write: Callable[[Any], Value]
    read: Callable[[Value], Any]
    default: Any = None


def encoded(fields: Iterable[Field], thing: object) -> Item:
    """The attributes of `thing`, without those that have their default."""
    return {
        field.key: field.write(value)
        for field in fields
        if (value := getattr(thing, field.name)) != field.default
    }


def decoded(fields: Iterable[Field], item: Item) -> dict[str, Any]:
    """The constructor's arguments that `encoded` wrote down; what is absent has its default."""
    return {
        field.name: field.read(item[field.key]) if field.key in item else field.default
        for field in fields
    }


def text(value: str) -> Value:
    """A string; an enumeration's member counts as its value."""
    return {"S": str(value)}


def read_text(value: Value) -> str:
    """The string."""
    return str(value["S"])


def read_member(kind: type[_Member]) -> Callable[[Value], _Member]:
    """A reader of members of the enumeration `kind`."""
    return lambda value: kind(value["S"])


def number(value: int) -> Value:
    """An integer."""
    return {"N": str(value)}


def read_number(value: Value) -> int:
    """The integer."""
    return int(value["N"])


def moment(value: datetime) -> Value:
    """A time as milliseconds since 1970, rounded down: 8 bytes."""
    return number((value - _EPOCH) // _MILLISECOND)


def read_moment(value: Value) -> datetime:
    """The aware UTC time."""
    return _EPOCH + read_number(value) * _MILLISECOND


def real(value: float) -> Value:
    """A floating-point number; as text if DynamoDB's numbers cannot hold it, such as infinity."""
    holds = value == 0 or (math.isfinite(value) and _NUMBER_MIN <= abs(value) < _NUMBER_END)
    return {"N": repr(value)} if holds else {"S": repr(value)}


def read_real(value: Value) -> float:
    """The same floating-point number, to the last bit."""
    return float(value.get("N") or value["S"])


def binary(value: bytes) -> Value:
    """Bytes."""
    return {"B": value}


def read_binary(value: Value) -> bytes:
    """The bytes; in the events of a stream they are base 64, which is undone here."""
    raw = value["B"]
    return base64.b64decode(raw) if isinstance(raw, str) else bytes(raw)


def digest(value: str) -> Value:
    """A lower-case hexadecimal digest as its bytes, half the length; other text as it is."""
    try:
        raw = bytes.fromhex(value)
    except ValueError:
        return text(value)
    return binary(raw) if raw.hex() == value else text(value)


def read_digest(value: Value) -> str:
    """The text that `digest` was given."""
    return read_text(value) if "S" in value else read_binary(value).hex()


def row(values: Iterable[Value]) -> Value:
    """A list of values."""
    return {"L": list(values)}


def texts(values: Iterable[str]) -> Value:
    """A list of strings."""
    return row(map(text, values))


def read_texts(value: Value) -> tuple[str, ...]:
    """The strings."""
    return tuple(map(read_text, value["L"]))
