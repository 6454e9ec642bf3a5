"""A request body as a JSON object, refusing what parsers disagree about (RFC 8259, RFC 7493)."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from payflow.domain.errors import MalformedRequest, PayloadTooLarge, UnsupportedMediaType

BODY_BYTES_MAX: Final = 64 * 1024
DEPTH_MAX: Final = 16
_INTEGER_DIGITS_MAX: Final = 40

_JSON_TYPE: Final = re.compile(
    r'application/(?:json|[\w.!#$&^+-]+\+json)\s*(?:;\s*charset="?utf-?8"?\s*)?;?', re.IGNORECASE
)


def json_object(body: bytes | None, content_type: str | None) -> dict[str, Any]:
    """The object that `body` holds; None stands for a body that was not even text.

    A missing `content_type` is taken for JSON (RFC 9110, 8.3). Raises `PayloadTooLarge` (413),
    `UnsupportedMediaType` (415), and `MalformedRequest` (400) for what is not UTF-8, not JSON, not
    an object, nested too deep, ambiguous by a repeated key, or beyond JSON (`NaN`).
    """
    if body is not None and len(body) > BODY_BYTES_MAX:
        raise PayloadTooLarge("body_too_large", f"The body may have {BODY_BYTES_MAX} bytes.")
    if content_type and not _JSON_TYPE.fullmatch(content_type.strip()):
        raise UnsupportedMediaType("unsupported_media_type", "Send application/json in UTF-8.")
    text = _text(body)
    try:
        document = json.loads(
            text,
            object_pairs_hook=_unambiguous,
            parse_constant=_beyond_json,
            parse_int=_bounded_integer,
        )
        if "\\u" in text:
            # Half a surrogate pair is no Unicode text: it could be neither stored nor answered.
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise _not_json("The body is not valid JSON.") from error
    if not isinstance(document, dict):
        raise _not_json("The body must be a JSON object.")
    if text.count("{") + text.count("[") > DEPTH_MAX:
        _check_depth(document)
    return document


def _text(body: bytes | None) -> str:
    try:
        if body is None:
            raise ValueError("undecodable")
        return body.decode()
    except ValueError as error:
        raise _not_json("The body is not UTF-8.") from error


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key is repeated")
    return members


def _beyond_json(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _bounded_integer(digits: str) -> int:
    # Every limit on an amount is far below; the value itself no longer matters.
    return int(digits[:_INTEGER_DIGITS_MAX])


def _check_depth(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    for _ in range(DEPTH_MAX):
        nested = [value.values() if isinstance(value, dict) else value for value in level]
        level = [v for values in nested for v in values if isinstance(v, dict | list)]
        if not level:
            return
    raise _not_json(f"The body is nested deeper than {DEPTH_MAX} levels.")


def _not_json(message: str) -> MalformedRequest:
    return MalformedRequest("invalid_json", message)
