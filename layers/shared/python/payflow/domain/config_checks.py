"""Checks of JSON configuration that can be combined, each yielding every error that it finds.

A check takes a value and its JSON path. It never raises: what is wrong is an answer, so that a file
with ten mistakes is reported with ten lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

Check = Callable[[object, str], "Iterator[ConfigError]"]


@dataclass(frozen=True, slots=True)
class ConfigError:
    """What is wrong, and where: a JSON path such as `[2].latencyMs.min` (empty: the whole)."""

    path: str
    reason: str

    def __str__(self) -> str:
        """Path and reason in one line."""
        return f"{self.path or 'the document'}: {self.reason}"


def member(path: str, key: str) -> str:
    """The path of `key` in the object at `path`."""
    return f"{path}.{key}" if path else key


def integer(at_least: int, at_most: int) -> Check:
    """An integer within both bounds; `true`, 1.0 and "1" are none."""

    def check(value: object, path: str) -> Iterator[ConfigError]:
        if type(value) is not int:
            yield ConfigError(path, "must be an integer")
        elif not at_least <= value <= at_most:
            yield ConfigError(path, f"must be between {at_least} and {at_most}")

    return check


def rate(value: object, path: str) -> Iterator[ConfigError]:
    """A probability: a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield ConfigError(path, "must be a number")
    elif not 0 <= value <= 1:
        yield ConfigError(path, "must be between 0 and 1")


def text(pattern: str, described: str) -> Check:
    """A string that matches all of `pattern`; `described` says what it is in words."""
    compiled = re.compile(pattern)

    def check(value: object, path: str) -> Iterator[ConfigError]:
        if not isinstance(value, str):
            yield ConfigError(path, "must be a string")
        elif compiled.fullmatch(value) is None:
            yield ConfigError(path, f"must be {described}")

    return check


def choice(names: Collection[str], *, any_case: bool = False) -> Check:
    """One of `names`; with `any_case` upper and lower case are the same."""

    def check(value: object, path: str) -> Iterator[ConfigError]:
        if not isinstance(value, str):
            yield ConfigError(path, "must be a string")
        elif (value.lower() if any_case else value) not in names:
            yield ConfigError(path, f"unknown {value!r}, must be one of {', '.join(sorted(names))}")

    return check


def items(check_item: Check, *, at_most: int) -> Check:
    """An array whose items pass `check_item`, without repetitions."""

    def check(value: object, path: str) -> Iterator[ConfigError]:
        if not isinstance(value, list):
            yield ConfigError(path, "must be an array")
            return
        if len(value) > at_most:
            yield ConfigError(path, f"must have at most {at_most} items")
            return
        for index, item in enumerate(value):
            yield from check_item(item, f"{path}[{index}]")
            if item in value[:index]:
                yield ConfigError(f"{path}[{index}]", "repeats an earlier item")

    return check


def fields(
    checks: Mapping[str, Check],
    *,
    required: Collection[str] = (),
    ordered: Collection[tuple[str, str]] = (),
) -> Check:
    """An object with these keys and no others.

    Each pair of `ordered` names two numbers of which the first must not exceed the second.
    """

    def check(value: object, path: str) -> Iterator[ConfigError]:
        if not isinstance(value, dict):
            yield ConfigError(path, "must be an object")
            return
        for key in required:
            if key not in value:
                yield ConfigError(member(path, key), "is required")
        for key, content in value.items():
            if key in checks:
                yield from checks[key](content, member(path, key))
            else:
                yield ConfigError(member(path, key), "is not a known key")
        for low, high in ordered:
            yield from in_order(value, low, high, path)

    return check


def table(check_key: Check, check_value: Check) -> Check:
    """An object used as a table: any number of keys that pass one check, values another."""

    def check(value: object, path: str) -> Iterator[ConfigError]:
        if not isinstance(value, dict):
            yield ConfigError(path, "must be an object")
            return
        for key, content in value.items():
            yield from check_key(key, member(path, key))
            yield from check_value(content, member(path, key))

    return check


def any_object(value: object, path: str) -> Iterator[ConfigError]:
    """An object whose content is checked by whoever uses it."""
    if not isinstance(value, dict):
        yield ConfigError(path, "must be an object")


def in_order(value: Mapping[str, object], low: str, high: str, path: str) -> Iterator[ConfigError]:
    """Whether two integers of an object, if both are there, are in order."""
    first, second = value.get(low), value.get(high)
    if type(first) is int and type(second) is int and first > second:
        yield ConfigError(member(path, low), f"must not be above {high}")
