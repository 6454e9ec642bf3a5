"""The provider configuration that came with the deployment."""

from __future__ import annotations

from typing import Any, Final

from payflow.aws.deployed_file import deployed_document

_FILE: Final = "providers.json"


def deployed_providers() -> list[dict[str, Any]]:
    """The documents of the deployed provider file, which was validated before.

    Raises `FileNotFoundError` when there is none.
    """
    documents = deployed_document(_FILE)
    if not isinstance(documents, list):
        raise TypeError("a provider file holds a JSON array")
    return documents
