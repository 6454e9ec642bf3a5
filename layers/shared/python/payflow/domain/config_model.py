"""What the models of configuration have in common: strictness, errors by JSON path, JSON Schema.

Pydantic does the checking. Not imported on the payment path, which trusts stored documents.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, InitErrorDetails, PydanticCustomError
from pydantic_core import core_schema as core

ITEMS_MAX: Final = 1_000

ABSENT: Final[Any] = None
"""Stands in a model for a key that was left out; null itself is refused."""

REASONS: Final[Mapping[str, str]] = {
    "missing": "is required",
    "extra_forbidden": "is not a known key",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be an array",
    "string_type": "must be a string",
    "string_unicode": "must be valid Unicode",
    "int_type": "must be an integer",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "literal_error": "must be {expected}",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_long": "must have at most {max_length} items",
    "value_error": "{error}",
}
"""Pydantic's types of errors in words for whoever writes the configuration."""

Item = TypeVar("Item")
Checked = TypeVar("Checked")


@dataclass(frozen=True, slots=True)
class ConfigError:
    """What is wrong, and where: a JSON path such as `[2].latencyMs.min` (empty: the whole)."""

    path: str
    reason: str

    def __str__(self) -> str:
        """Path and reason in one line."""
        return f"{self.path or 'the document'}: {self.reason}"


def errors_of(wrong: ValidationError, path: str = "") -> list[ConfigError]:
    """Every error of a document that stands at `path`."""
    return [
        ConfigError(_path(path, error["loc"]), _reason(error))
        for error in wrong.errors(include_url=False)
    ]


def mistake(reason: str, *location: int | str) -> InitErrorDetails:
    """One error of a rule over several values, at `location` below them."""
    kind = PydanticCustomError("mistake", "{reason}", {"reason": reason})
    return InitErrorDetails(type=kind, loc=location, input=None)


class ConfigModel(BaseModel):
    """An object with these keys and no others; `true`, 1.0 and "1" are no integers."""

    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    @classmethod
    def rules(cls, document: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """Mistakes that no single key shows; any value of `document` may itself be wrong."""
        del document
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _with_rules(cls, document: Any, check: ModelWrapValidatorHandler[Self]) -> Self:
        broken = list(cls.rules(document)) if isinstance(document, dict) else []
        return _all_at_once(document, check, broken)


def _all_at_once(
    value: Any, check: Callable[[Any], Checked], broken: list[InitErrorDetails]
) -> Checked:
    """What `check` makes of `value`; pydantic by itself leaves rules out once a part is wrong."""
    try:
        checked = check(value)
    except ValidationError as wrong:
        parts = [mistake(_reason(error), *error["loc"]) for error in wrong.errors()]
        raise ValidationError.from_exception_data(wrong.title, parts + broken) from None
    if broken:
        raise ValidationError.from_exception_data("rules", broken)
    return checked


def in_order(document: Mapping[str, Any], low: str, high: str) -> Iterator[InitErrorDetails]:
    """Whether two integers of an object, if both are there, are in order."""
    first, second = document.get(low), document.get(high)
    if type(first) is int and type(second) is int and first > second:
        yield mistake(f"must not be above {high}", low)


def _distinct(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    items = value[:ITEMS_MAX] if isinstance(value, list) else []
    repeated = [
        mistake("repeats an earlier item", index)
        for index, item in enumerate(items)
        if item in items[:index]
    ]
    return _all_at_once(value, check, repeated)


Rate = Annotated[float, Field(ge=0, le=1)]
"""A probability."""

Distinct = Annotated[
    list[Item],
    Field(max_length=ITEMS_MAX, json_schema_extra={"uniqueItems": True}),
    WrapValidator(_distinct),
]
"""An array without repetitions."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """Restricts a string to `names`; with `any_case` upper and lower case are the same."""

    names: Collection[str]
    any_case: bool = False

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        choice = core.literal_schema(sorted(map(str, self.names)))
        return core.no_info_before_validator_function(_lower, choice) if self.any_case else choice

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        published = handler(schema)
        if self.any_case:
            published["enum"] += [name.upper() for name in published["enum"]]
            published["description"] = "In upper or lower case"
        return published


@dataclass(frozen=True, slots=True)
class Described:
    """Says in words what a value has to be, where its pattern would tell people nothing."""

    words: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core.custom_error_schema(
            handler(source), "described", custom_error_message=f"must be {self.words}"
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "description": self.words}


def json_schema(model: type[ConfigModel]) -> dict[str, Any]:
    """The JSON Schema of a document; it refers to nothing, so that it can stand anywhere."""
    schema = model.model_json_schema(schema_generator=_Published)
    definitions = schema.pop("$defs", {})
    return {key: _inlined(value, definitions) for key, value in schema.items()}


class _Published(GenerateJsonSchema):
    """Without the defaults of models, which stand for keys that were left out."""

    def default_schema(self, schema: core.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    match node:
        case {"$ref": str(reference), **beside}:
            definition = definitions[reference.rpartition("/")[2]]
            return _inlined({**definition, **beside}, definitions)
        case dict():
            return {key: _inlined(value, definitions) for key, value in node.items()}
        case list():
            return [_inlined(item, definitions) for item in node]
        case _:
            return node


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _reason(error: ErrorDetails) -> str:
    words = REASONS.get(error["type"])
    return words.format(**error.get("ctx", {})) if words else error["msg"]


def _path(path: str, location: tuple[int | str, ...]) -> str:
    """Pydantic marks an error of a key, rather than of its value, by one step more."""
    for step in location[:-1] if location[-1:] == ("[key]",) else location:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path = f"{path}.{step}" if path else step
    return path
