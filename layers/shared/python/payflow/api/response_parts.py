"""The building blocks of answers' JSON Schemas."""

from __future__ import annotations

from typing import Any, Final

from payflow.api.json_schema import Schema
from payflow.api.schemas import reference


def answer_object(**properties: Schema) -> dict[str, Any]:
    """An object with all of these fields and no others."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def nullable(schema: Schema) -> Schema:
    """`schema`, or null."""
    if "$ref" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    nullable = {**schema, "type": [schema["type"], "null"]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def list_of(item: Schema) -> Schema:
    """An array of `item`."""
    return {"type": "array", "items": item}


def choice(*values: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(values)}


def page_of(item: str) -> Schema:
    """A page of the schema called `item`, with the cursor of the next one."""
    return answer_object(
        data=list_of(reference(item)),
        next_cursor=nullable({"type": "string", "description": "Null on the last page"}),
    )


TEXT: Final[Schema] = {"type": "string"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
POSITIVE: Final[Schema] = {"type": "integer", "minimum": 1}
AMOUNT: Final[Schema] = {"type": "integer", "description": "Minor units"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
RATE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}
