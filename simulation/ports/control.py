"""The control records in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from payflow.domain.control import Content, Control, Document, Versioned, by_id
from payflow.domain.errors import VersionConflict
from payflow.domain.health import HealthBook
from payflow.domain.health_document import health_from_document, health_to_document
from payflow.domain.provider import Faults


class InMemoryControl:
    """`ControlRepository`; each record is replaced whole over the version that was loaded."""

    def __init__(self, deployed: Iterable[Document]) -> None:
        """`deployed` is the provider configuration that came with the code."""
        self.control = Control(by_id(deployed))

    def load(self) -> Control:
        """The latest records."""
        return self.control

    def save_overrides(self, documents: Mapping[str, Document], version: int) -> None:
        """Store `documents` over `version`; raises `VersionConflict`."""
        stored = _over(self.control.overrides, documents, version, "providers")
        self.control = replace(self.control, overrides=stored)

    def save_faults(self, faults: Mapping[str, Faults], version: int) -> None:
        """Store `faults` over `version`; raises `VersionConflict`."""
        stored = _over(self.control.faults, faults, version, "faults")
        self.control = replace(self.control, faults=stored)

    def save_health(self, book: HealthBook, version: int) -> None:
        """Store `book`, rounded as its document is, over `version`; raises `VersionConflict`."""
        rounded = health_from_document(health_to_document(book))
        stored = _over(self.control.health, rounded, version, "health")
        self.control = replace(self.control, health=stored)


def _over(
    current: Versioned[Content], content: Content, version: int, name: str
) -> Versioned[Content]:
    if current.version != version:
        raise VersionConflict(f"control record {name}")
    return Versioned(content, version + 1)
