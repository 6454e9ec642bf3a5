"""One text for equal JSON documents, so that a repeated request is known by its hash."""

from __future__ import annotations

import json
from typing import Any


def canonical_json(document: Any) -> bytes:
    """`document` in UTF-8 with sorted keys, no white space and one form of each number.

    After RFC 8785 (keys are sorted by code point); white space, order of keys, escapes and
    `1e2` against `100` make no difference.
    """
    return json.dumps(
        _normalised(document), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def _normalised(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normalised(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_normalised(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
