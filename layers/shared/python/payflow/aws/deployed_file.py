"""The configuration files that came with the deployment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_CONFIG: Final = "config"


def deployed_document(name: str) -> Any:
    """The JSON of `config/<name>`: the file packaged with this code, else the repository's.

    It is trusted: files are validated before they are deployed. Raises `FileNotFoundError` when
    there is none.
    """
    return json.loads(_file(name).read_text("utf-8"))


def _file(name: str) -> Path:
    packaged = _PACKAGE / _CONFIG / name
    if packaged.exists():
        return packaged
    # The code runs from the source tree: the file is found above it.
    found = (parent / _CONFIG / name for parent in _PACKAGE.parents)
    return next((path for path in found if path.exists()), packaged)
