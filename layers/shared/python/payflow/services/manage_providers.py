"""What operators do with providers: look at them, configure them, break and mend them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from payflow.domain.answer import compact_json
from payflow.domain.control import OVERRIDES_BYTES_MAX, Control, Document
from payflow.domain.errors import InvalidRequest, NotFound, VersionConflict
from payflow.domain.fault_request import requested_faults
from payflow.domain.faults import active_faults, faults_to_document
from payflow.domain.health import market_health
from payflow.domain.ports import Clock, ControlRepository
from payflow.domain.provider import Faults, ProviderHealth
from payflow.domain.provider_schema import InvalidProviderConfig, provider_errors
from payflow.domain.timestamps import rfc3339

WRITE_TRIES_MAX: Final = 5

READ_ONLY: Final = frozenset({"object", "health", "faults"})
"""What `get` adds to the configuration; `put` ignores it, so that an answer can be put back."""


@dataclass(frozen=True, slots=True)
class ManageProviders:
    """The use cases behind `/internal/providers`.

    `adapters` are the names that a configuration may refer to. Changes reach every running router
    and provider within seconds. Each method raises `Unavailable` while the store does not answer;
    those that write raise `VersionConflict` when other writers kept winning.
    """

    control: ControlRepository
    clock: Clock
    adapters: Collection[str]

    def list(self) -> list[dict[str, Any]]:
        """Every provider's configuration, health and faults, in the order of configuration."""
        control, now = self.control.load(), self.clock.now()
        return [_view(control, provider_id, now) for provider_id in control.documents()]

    def get(self, provider_id: str) -> dict[str, Any]:
        """One provider's configuration, health and faults; raises `NotFound`."""
        control = self.control.load()
        _require(control, provider_id)
        return _view(control, provider_id, self.clock.now())

    def put(self, provider_id: str, document: Document) -> dict[str, Any]:
        """Replace a provider's configuration, or add a provider, and answer as `get` does.

        Raises `InvalidProviderConfig` with every error of `document` and changes nothing then.
        """
        wanted = self._checked(provider_id, document)

        def change(control: Control) -> None:
            _check_type(control, wanted)
            overrides = {**control.overrides.content, provider_id: wanted}
            if control.deployed.get(provider_id) == wanted:
                # Back to what was deployed: the next deployment may change it again.
                del overrides[provider_id]
            if len(compact_json(overrides).encode()) > OVERRIDES_BYTES_MAX:
                raise InvalidRequest(
                    "configuration_too_large",
                    f"The configured providers may have {OVERRIDES_BYTES_MAX} bytes together.",
                )
            self.control.save_overrides(overrides, control.overrides.version)

        self._retried(change)
        return self.get(provider_id)

    def put_faults(self, provider_id: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Break a provider as `document` says, instead of any earlier fault; as `get` answers.

        Raises `NotFound`, and `InvalidRequest` with every error of `document`.
        """
        faults = requested_faults(document, self.clock.now())
        self._retried(lambda control: self._store_faults(control, provider_id, faults))
        return self.get(provider_id)

    def delete_faults(self, provider_id: str) -> dict[str, Any]:
        """Mend a provider, harmless when repeated, and answer as `get` does; raises `NotFound`."""
        self._retried(lambda control: self._store_faults(control, provider_id, Faults()))
        return self.get(provider_id)

    def _checked(self, provider_id: str, document: Document) -> Document:
        configured = {key: value for key, value in document.items() if key not in READ_ONLY}
        wanted = {"id": provider_id, **configured}
        errors = provider_errors(wanted, adapters=self.adapters)
        if errors:
            raise InvalidProviderConfig(tuple(errors))
        if wanted["id"] != provider_id:
            raise InvalidRequest("id_mismatch", "The id is the one in the path.", param="id")
        return wanted

    def _store_faults(self, control: Control, provider_id: str, faults: Faults) -> None:
        _require(control, provider_id)
        stored = control.faults.content
        wanted = active_faults({**stored, provider_id: faults}, self.clock.now())
        if faults == Faults():
            del wanted[provider_id]
        if wanted != stored:
            self.control.save_faults(wanted, control.faults.version)

    def _retried(self, change: Callable[[Control], None]) -> None:
        for _ in range(WRITE_TRIES_MAX - 1):
            try:
                return change(self.control.load())
            except VersionConflict:
                continue
        return change(self.control.load())


def _require(control: Control, provider_id: str) -> None:
    if provider_id not in control.documents():
        raise NotFound("provider_not_found", "There is no such provider.")


def _check_type(control: Control, wanted: Document) -> None:
    """A provider's type stays: payments under way have to find it at the same function."""
    current = control.documents().get(wanted["id"])
    if current is not None and current["type"].lower() != wanted["type"].lower():
        raise InvalidRequest(
            "type_not_changeable", "A provider's type cannot change; add another.", param="type"
        )


def _view(control: Control, provider_id: str, now: datetime) -> dict[str, Any]:
    health = market_health(control.health.content, now).get(provider_id, ProviderHealth())
    faults = active_faults(control.faults.content, now).get(provider_id)
    return {
        **control.documents()[provider_id],
        "object": "provider",
        "health": _health(health, now),
        "faults": faults_to_document(faults) if faults else None,
    }


def _health(health: ProviderHealth, now: datetime) -> dict[str, Any]:
    return {
        "breaker": health.state_at(now).value,
        "open_until": rfc3339(health.open_until) if health.open_until else None,
        "success_rate": health.success_rate,
        "approval_rate": health.approval_rate,
        "latency_ms": health.latency_ms,
        "calls": health.calls,
    }
