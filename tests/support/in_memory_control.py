"""The control records in memory, conditional like the real table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from payflow.domain.control import Control, Document, Versioned, by_id
from payflow.domain.errors import VersionConflict
from payflow.domain.health import HealthBook
from payflow.domain.provider import Faults


def a_document(provider_id: str = "mockCardA", **changes: Any) -> dict[str, Any]:
    """A provider document with nothing but what it needs."""
    return {"id": provider_id, "type": "CARD", "timeoutMs": 1200, **changes}


@dataclass
class InMemoryControl:
    """`before_save` runs before each write, as another writer would."""

    control: Control = field(
        default_factory=lambda: Control(by_id([a_document("mockCardA"), a_document("mockCardB")]))
    )
    before_save: Callable[[], None] = lambda: None
    saves: int = 0

    def load(self) -> Control:
        return self.control

    def save_overrides(self, documents: Mapping[str, Document], version: int) -> None:
        self._replace("overrides", documents, version)

    def save_faults(self, faults: Mapping[str, Faults], version: int) -> None:
        self._replace("faults", faults, version)

    def save_health(self, book: HealthBook, version: int) -> None:
        self._replace("health", book, version)

    def _replace(self, name: str, content: object, version: int) -> None:
        self.before_save()
        if getattr(self.control, name).version != version:
            raise VersionConflict(name)
        stored = {name: Versioned(content, version + 1)}
        self.control = replace(self.control, **stored)  # type: ignore[arg-type]  # one of three
        self.saves += 1
