"""Sequences on the control records."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from payflow.aws.control import ControlTable
from payflow.domain.breaker import Breaker
from payflow.domain.health import CALL_MARK_LENGTH, HealthBook, ProviderRecord, Window
from payflow.domain.provider import Faults
from simulation.ports.control import InMemoryControl
from tests.differential.driver import Driver, Key
from tests.differential.reference import Reference
from tests.support.ports import a_document

_DEPLOYED = [a_document("mockCardA"), a_document("mockCardB")]


class Control(Driver):
    """All three records, by several writers."""

    TABLE = "CONTROL_TABLE"
    OPERATIONS = ("load", "load", "save_overrides", "save_faults", "save_health", "save_health")

    def __init__(self, reference: Reference, chance: Random, own: str) -> None:
        super().__init__(reference, chance, own)
        self.real = ControlTable(reference.dynamodb, self.table, _DEPLOYED)
        self.memory = InMemoryControl(_DEPLOYED)

    def written(self) -> Sequence[Key]:
        return [{"id": {"S": name}} for name in ("providers", "faults", "health")]

    def load(self) -> None:
        self.ask("load")

    def save_overrides(self) -> None:
        documents = {
            name: a_document(name, priority=self.chance.randint(1, 3), extra={"rate": 0.1})
            for name in self._providers()
        }
        self.ask("save_overrides", documents, self._version("overrides"))

    def save_faults(self) -> None:
        faults = {
            name: Faults(
                failure_rate=self.maybe(self.chance.random()),
                latency_multiplier=self.chance.random() * 3,
                outage=self.one_of(True, False),
                lost_response_rate=self.maybe(self.chance.random()),
                until=self.maybe(self.moment()),
            )
            for name in self._providers()
        }
        self.ask("save_faults", faults, self._version("faults"))

    def save_health(self) -> None:
        marks = tuple("m" * CALL_MARK_LENGTH for _ in range(self.chance.randrange(3)))
        records = {
            name: ProviderRecord(
                at=self.moment(),
                window=Window(*(self.chance.random() * 100 for _ in range(7))),
                breaker=Breaker(
                    self.maybe(self.moment()), *(self.chance.randrange(3) for _ in range(3))
                ),
                degraded=self.one_of(True, False),
            )
            for name in self._providers()
        }
        self.ask("save_health", HealthBook(records, marks), self._version("health"))

    def _providers(self) -> list[str]:
        names = ["mockCardA", "mockCardB", "new"]
        return self.chance.sample(names, self.chance.randint(0, len(names)))

    def _version(self, record: str) -> int:
        current: int = getattr(self.memory.load(), record).version
        return max(0, current + self.one_of(0, 0, 0, 0, 1, -1))
