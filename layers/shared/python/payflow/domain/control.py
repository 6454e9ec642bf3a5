"""What operators and the health learner may change while payments run: providers, faults, health.

Each of the three is one small stored record with a version of its own, so that an operator's change
and a batch of health never get into each other's way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from payflow.domain.faults import active_faults
from payflow.domain.health import HealthBook, market_health
from payflow.domain.provider import Faults, Market, ProviderConfig
from payflow.domain.provider_config import provider_from_document

Document = Mapping[str, Any]
Content = TypeVar("Content")

OVERRIDES_BYTES_MAX: Final = 300_000
"""How large the operators' provider documents may be together; a stored record has 400 KB."""


@dataclass(frozen=True, slots=True)
class Versioned(Generic[Content]):
    """A stored record; version 0 says that nothing has been stored yet."""

    content: Content
    version: int = 0


@dataclass(frozen=True, slots=True)
class Control:
    """The three records as of one read, over the configuration that was deployed.

    `overrides` are whole provider documents by id; they replace deployed ones or add to them.
    """

    deployed: Mapping[str, Document]
    overrides: Versioned[Mapping[str, Document]] = field(default_factory=lambda: Versioned({}))
    faults: Versioned[Mapping[str, Faults]] = field(default_factory=lambda: Versioned({}))
    health: Versioned[HealthBook] = field(default_factory=lambda: Versioned(HealthBook()))

    def documents(self) -> dict[str, Document]:
        """The provider documents in force, by id, in the order of deployment."""
        return {**self.deployed, **self.overrides.content}

    def providers(self) -> tuple[ProviderConfig, ...]:
        """The providers in force; raises `KeyError` or `ValueError` for a document gone bad."""
        return tuple(map(provider_from_document, self.documents().values()))

    def timeouts_ms(self) -> dict[str, int]:
        """From where on a call is slow, by provider."""
        return {name: document["timeoutMs"] for name, document in self.documents().items()}

    def market(self, now: datetime) -> Market:
        """The market at `now`."""
        return Market(
            providers=self.providers(),
            health=market_health(self.health.content, now),
            faults=active_faults(self.faults.content, now),
        )


def by_id(documents: Iterable[Document]) -> dict[str, Document]:
    """Provider documents by their ids, in their order."""
    return {document["id"]: document for document in documents}
