"""A definition's fields, each of which is understood or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


class Unsupported(ValueError):
    """A definition has what this interpreter does not do, or what the language forbids."""


class Fields:
    """The fields of one object in a definition, taken one by one.

    Every method raises `Unsupported`, naming the state and the field, if it finds what it does
    not expect.
    """

    def __init__(self, where: str, source: object) -> None:
        if not isinstance(source, Mapping):
            raise Unsupported(f"{where}: not an object")
        self.where = where
        # A comment may stand anywhere and means nothing.
        self._left = {name: value for name, value in source.items() if name != "Comment"}

    def refused(self, field: str, problem: object) -> Unsupported:
        """The error that `field` is wrong, to be raised."""
        return Unsupported(f"{self.where}, field {field!r}: {problem}")

    def take(self, field: str, compiled: Callable[[object], T], default: T | None = None) -> T:
        """What `compiled` makes of `field`; without a default the field is required."""
        if field not in self._left:
            if default is None:
                raise self.refused(field, "is missing")
            return default
        try:
            return compiled(self._left.pop(field))
        except Unsupported:
            raise
        except ValueError as problem:
            raise self.refused(field, problem) from None

    def has(self, field: str) -> bool:
        """Whether `field` is there and not taken yet."""
        return field in self._left

    def done(self) -> None:
        """Refuse whatever was not taken."""
        for field in self._left:
            raise self.refused(field, "is not supported")


def text(value: object) -> str:
    """`value`, which must be text that says something."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no text")
    return value


def whole(at_least: int, at_most: int) -> Callable[[object], int]:
    """Takes an integer between two bounds."""

    def take(value: object) -> int:
        if type(value) is not int or not at_least <= value <= at_most:
            raise ValueError(f"{value!r} is no integer from {at_least} to {at_most}")
        return value

    return take


def exactly(*allowed: str) -> Callable[[object], str]:
    """Takes one of the texts that are `allowed`."""

    def take(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"{value!r} is not supported")
        return value

    return take


def items(value: object) -> list[object]:
    """`value`, which must be a list with something in it."""
    if not isinstance(value, list) or not value:
        raise ValueError("is no list, or an empty one")
    return value
