"""JSON documents that pass from state to state, and the paths and templates that read them.

A document is never changed: a state makes a new one that shares what stayed the same. So nothing
need be copied between states.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Final

Document = dict[str, object]
Reader = Callable[[Document], object]
Builder = Callable[[Document], Document]
Writer = Callable[[Document, object], Document]

_PATH: Final = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_]*)*")
_ATOMS: Final = frozenset({str, int, float, bool, NoneType})


class NoSuchPath(Exception):
    """A document has nothing at a path; the message is the service's own wording."""


def copied(document: Document) -> Document:
    """A copy that shares nothing with `document` that could be changed.

    Raises:
        TypeError: something in it is no JSON, or of a type that JSON would not give back.
    """
    # Most of a document is text and numbers, which are not worth a call each.
    copy = document.copy()
    for name, value in document.items():
        if type(value) not in _ATOMS:
            copy[name] = _copied(value)
    return copy


def _copied(value: object) -> object:
    kind = type(value)
    if isinstance(value, dict) and kind is dict:
        return copied(value)
    if isinstance(value, list) and kind is list:
        return [_copied(item) for item in value]
    if kind in _ATOMS:
        return value
    if isinstance(value, str):  # An enumeration's word is written as the text that it is.
        return str(value)
    raise TypeError(f"a document holds JSON values only, not {kind.__name__}")


def names_of(path: object) -> tuple[str, ...]:
    """The fields that lead from a document to what `path` is about; none for the document.

    Raises:
        ValueError: anything but `$` and `$.field.field`, as are an index or a function.
    """
    if not isinstance(path, str) or _PATH.fullmatch(path) is None:
        raise ValueError(f"{path!r} is no path of the kind $ or $.field.field")
    return tuple(path.split(".")[1:])


def path_of(names: tuple[str, ...]) -> str:
    """The path that `names_of` takes apart."""
    return ".".join(("$", *names))


def is_present(names: tuple[str, ...], document: Document) -> bool:
    """Whether `document` has something, null included, at `names`."""
    found: object = document
    for name in names:
        if not isinstance(found, dict) or name not in found:
            return False
        found = found[name]
    return True


def reader(names: tuple[str, ...]) -> Reader:
    """Reads what a document has at `names`; the reader raises `NoSuchPath`."""

    def read(document: Document) -> object:
        found: object = document
        for name in names:
            if not isinstance(found, dict) or name not in found:
                path = path_of(names)
                raise NoSuchPath(f"The JSONPath '{path}' could not be found in the input")
            found = found[name]
        return found

    return read


def builder(template: object) -> Builder:
    """Builds an object from `template`, whose fields named `….$` are read from a document.

    What is read is shared with that document. The builder raises `NoSuchPath`.

    Raises:
        ValueError: a path of another kind, or a list, in which paths could hide.
    """
    if not isinstance(template, Mapping):
        raise ValueError(f"{template!r} is no object")
    parts = [_part(name, value) for name, value in template.items()]
    if len({name for name, _ in parts}) < len(parts):
        raise ValueError("a field is given twice")

    def build(document: Document) -> Document:
        return {name: read(document) for name, read in parts}

    return build


def _part(name: str, value: object) -> tuple[str, Reader]:
    if name.endswith(".$"):
        return name.removesuffix(".$"), reader(names_of(value))
    if isinstance(value, Mapping):
        return name, builder(value)
    if type(value) not in _ATOMS:
        raise ValueError(f"{name}: a list is not supported")
    return name, lambda _: value


def writer(path: object) -> Writer:
    """Puts a result at a `ResultPath`: `$` for all of the document, or one field of it.

    Raises:
        ValueError: a path of another kind.
    """
    names = names_of(path)
    if not names:
        return _replaced
    if len(names) > 1:
        raise ValueError(f"{path!r} is deeper than one field")
    (name,) = names
    return lambda document, result: {**document, name: result}


def _replaced(_: Document, result: object) -> Document:
    if not isinstance(result, dict):
        raise TypeError("what selects or catches a result makes objects only")
    return result
