"""A checker for the part of JSON Schema 2020-12 that PayFlow's requests use.

The schemas that it enforces are published as they are in the OpenAPI document, so what is promised
and what is checked cannot differ. It is strict where JSON Schema is lax: `1.0` is no integer. It
imports nothing beyond the standard library, because every request function pays for its imports
at each cold start. Keywords that it would not enforce are found by `unknown_keywords`, in a test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from payflow.domain.errors import InvalidRequest

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

REFERENCE_PREFIX: Final = "#/components/schemas/"

_DESCRIPTIVE: Final = frozenset(
    {"title", "description", "examples", "default", "format", "deprecated", "writeOnly"}
)
_CODE_OF_KEYWORD: Final = {
    "type": "invalid_type",
    "enum": "invalid_value",
    "minimum": "too_small",
    "maximum": "too_large",
    "minLength": "too_short",
    "maxLength": "too_long",
    "pattern": "invalid_format",
    "minItems": "too_few",
    "maxItems": "too_many",
    "uniqueItems": "repeated_value",
    "minProperties": "too_few",
    "maxProperties": "too_many",
    "propertyNames": "invalid_key",
}
_ANY_OBJECT: Final[Schema] = {"type": "object"}
_PYTHON_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


class Checker:
    """Checks documents against named schemas that may refer to each other."""

    def __init__(
        self, schemas: Mapping[str, Schema], codes: Mapping[tuple[str, str], str] | None = None
    ) -> None:
        """`codes` gives (field name, keyword) a more telling error code than the keyword's own."""
        self._schemas = schemas
        self._codes = codes or {}

    def check(self, name: str, document: Any) -> None:
        """Raise `InvalidRequest` for the first thing in `document` that schema `name` forbids.

        An object's fields are looked at in this order: missing, unknown, then each by its schema.
        The error names the place as a JSON path and never quotes a value.
        """
        self._check(self._schemas[name], document, ())

    def _check(self, schema: Schema, value: Any, path: Path) -> None:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].removeprefix(REFERENCE_PREFIX)]
        if "oneOf" in schema:
            self._check(self._alternative(schema, value, path), value, path)
            return
        self._require(schema, "type", _has_type(schema["type"], value), path)
        if value is None:
            return
        if "enum" in schema:
            self._require(schema, "enum", value in schema["enum"], path)
        if isinstance(value, dict):
            self._check_object(schema, value, path)
        elif isinstance(value, list):
            self._check_array(schema, value, path)
        else:
            self._check_limits(schema, value, path)

    def _check_limits(self, schema: Schema, value: Any, path: Path) -> None:
        for keyword, holds in _LIMITS[type(value)].items():
            if keyword in schema:
                self._require(schema, keyword, holds(schema[keyword], value), path)

    def _check_object(self, schema: Schema, value: dict[str, Any], path: Path) -> None:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        others = schema["additionalProperties"]
        for name in schema.get("required", ()):
            if name not in value:
                raise _refused("field_missing", "This field is required.", (*path, name))
        if others is False:
            for name in value:
                if name not in properties:
                    raise _refused("unknown_field", "There is no such field.", (*path, name))
        self._check_limits(schema, value, path)
        for name, member in value.items():
            if "propertyNames" in schema:
                self._check_name(schema, name, path)
            self._check(properties.get(name, others), member, (*path, name))

    def _check_name(self, schema: Schema, name: str, path: Path) -> None:
        try:
            self._check({"type": "string", **schema["propertyNames"]}, name, path)
        except InvalidRequest as error:
            raise _refused(error.code, f"A key here: {error.message}", path) from error

    def _check_array(self, schema: Schema, value: list[Any], path: Path) -> None:
        for index, item in enumerate(value):
            self._check(schema["items"], item, (*path, index))
        self._check_limits(schema, value, path)

    def _alternative(self, schema: Schema, value: Any, path: Path) -> Schema:
        """The alternative that the discriminator picks."""
        tag = schema["discriminator"]["propertyName"]
        mapping: Mapping[str, str] = schema["discriminator"]["mapping"]
        choice = {"type": "string", "enum": list(mapping)}
        self._require(_ANY_OBJECT, "type", isinstance(value, dict), path)
        if tag not in value:
            raise _refused("field_missing", "This field is required.", (*path, tag))
        self._check(choice, value[tag], (*path, tag))
        return {"$ref": mapping[value[tag]]}

    def _require(self, schema: Schema, keyword: str, holds: bool, path: Path) -> None:
        if not holds:
            field = next((part for part in reversed(path) if isinstance(part, str)), "")
            code = self._codes.get((field, keyword), _CODE_OF_KEYWORD[keyword])
            raise _refused(code, _message(keyword, schema[keyword]), path)


def json_path(path: Sequence[str | int]) -> str:
    """`("routing", "providers", 0)` as `routing.providers[0]`; the document itself is empty."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def unknown_keywords(schema: Schema) -> set[str]:
    """The keywords in `schema`, at any depth, that this checker would not enforce."""
    known = {*_CODE_OF_KEYWORD, *_DESCRIPTIVE, "$ref", "oneOf", "discriminator"}
    structure = {"properties", "additionalProperties", "required", "items"}
    found = set(schema) - known - structure
    nested = [*schema.get("properties", {}).values(), *schema.get("oneOf", ())]
    nested += [schema[key] for key in ("items", "propertyNames") if key in schema]
    if isinstance(schema.get("additionalProperties"), Mapping):
        nested.append(schema["additionalProperties"])
    return found.union(*(unknown_keywords(inner) for inner in nested))


def _has_type(wanted: str | Sequence[str], value: Any) -> bool:
    names = (wanted,) if isinstance(wanted, str) else wanted
    return any(type(value) in _PYTHON_TYPES[name] for name in names)


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None


_LIMITS: Final[dict[type, dict[str, Callable[[Any, Any], bool]]]] = {
    str: {
        "minLength": lambda limit, value: len(value) >= limit,
        "maxLength": lambda limit, value: len(value) <= limit,
        "pattern": _matches,
    },
    int: {
        "minimum": lambda limit, value: bool(value >= limit),
        "maximum": lambda limit, value: bool(value <= limit),
    },
    list: {
        "minItems": lambda limit, value: len(value) >= limit,
        "maxItems": lambda limit, value: len(value) <= limit,
        "uniqueItems": lambda wanted, value: not wanted or len(set(value)) == len(value),
    },
    dict: {
        "minProperties": lambda limit, value: len(value) >= limit,
        "maxProperties": lambda limit, value: len(value) <= limit,
    },
    bool: {},
}


def _message(keyword: str, limit: Any) -> str:
    match keyword:
        case "type":
            return f"Must be of type {limit if isinstance(limit, str) else ' or '.join(limit)}."
        case "enum":
            return f"Must be one of: {', '.join(filter(None, limit))}."
        case "pattern":
            return "Has the wrong form."
        case "uniqueItems":
            return "Must not repeat a value."
        case "minimum" | "minLength" | "minItems" | "minProperties":
            return f"Must be at least {limit:,}{_UNIT.get(keyword, '')}."
        case _:
            return f"Must be at most {limit:,}{_UNIT.get(keyword, '')}."


_UNIT: Final = {
    "minLength": " characters long",
    "maxLength": " characters long",
    "minItems": " items long",
    "maxItems": " items long",
    "minProperties": " fields large",
    "maxProperties": " fields large",
}


def _refused(code: str, message: str, path: Path) -> InvalidRequest:
    return InvalidRequest(code, message, param=json_path(path) or None)
