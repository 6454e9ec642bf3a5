"""The provider configuration that came with the deployment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_PACKAGED: Final = _PACKAGE / "config" / "providers.json"
_IN_REPOSITORY: Final = Path("config") / "providers.json"


def deployed_providers() -> list[dict[str, Any]]:
    """The documents of the file packaged with this code, else of the repository's.

    Documents are trusted: the file was validated before it was deployed. Raises
    `FileNotFoundError` when there is none.
    """
    documents = json.loads(_file().read_text("utf-8"))
    if not isinstance(documents, list):
        raise TypeError("a provider file holds a JSON array")
    return documents


def _file() -> Path:
    if _PACKAGED.exists():
        return _PACKAGED
    # The code runs from the source tree: the file is found above it.
    found = (parent / _IN_REPOSITORY for parent in _PACKAGE.parents)
    return next((path for path in found if path.exists()), _PACKAGED)
