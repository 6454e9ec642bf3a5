"""What operators and strangers do to a world: outages, new configuration, new keys, forgeries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from payflow.domain.callback_document import callback_body
from payflow.domain.ids import derived_id
from payflow.domain.outcomes import Outcome
from payflow.domain.provider import Faults as ProviderFaults
from payflow.domain.provider_callback import CallbackType, ProviderCallback
from simulation.faults import Fault, Kind, Level
from simulation.gateway import Gateway
from simulation.kernel import Kernel
from simulation.luck import luck
from simulation.ports.control import InMemoryControl

KINDS: Final = (
    Kind.OUTAGE,
    Kind.RECONFIGURED,
    Kind.KEY_ROTATED,
    Kind.DEPLOYED,
    Kind.FORGED,
)
INCIDENTS_MAX: Final = 4
WITHIN_MS: Final = 120_000
BROKEN: Final = (
    ProviderFaults(outage=True),
    ProviderFaults(failure_rate=0.9),
    ProviderFaults(latency_multiplier=20.0),
    ProviderFaults(lost_response_rate=0.7),
)
"""The ways in which a provider is broken as a whole."""

Post = Callable[[str, dict[str, str], bytes], int | None]


def drawn_incidents(seed: int, level: Level) -> Iterator[Fault]:
    """The incidents of a world; `amount` is when each happens, in ms from its birth."""
    if level is not Level.ALL:
        return
    chance = luck(seed, -1, "incidents")
    for nth in range(1, chance.randint(1, INCIDENTS_MAX) + 1):
        yield Fault(-1, "operator", nth, chance.choice(KINDS), chance.randrange(WITHIN_MS))


def planned_incidents(plan: Sequence[Fault]) -> Iterator[Fault]:
    """Those of a plan."""
    return (fault for fault in plan if fault.kind in KINDS)


@dataclass(slots=True)
class Incidents:
    """Makes incidents happen; `accepted` is told of a forgery that was believed."""

    seed: int
    kernel: Kernel
    control: InMemoryControl
    gateway: Gateway
    post: Post
    accepted: Callable[[str], None]

    def happen(self, incident: Fault) -> None:
        """What kind it is says what, chance says to whom."""
        chance = luck(self.seed, -1, f"incident {incident.nth}")
        match incident.kind:
            case Kind.KEY_ROTATED:
                self.gateway.keys.rotate()
            case Kind.DEPLOYED:
                self.gateway.start_anew()
            case Kind.FORGED:
                self._forge(chance)
            case Kind.OUTAGE:
                self._break(chance)
            case _:
                self._reconfigure(chance)

    def _break(self, chance: Random) -> None:
        control = self.control.load()
        name = chance.choice(sorted(control.documents()))
        how = chance.choice(BROKEN)
        until = self.kernel.now() + timedelta(seconds=chance.randint(5, 120))
        broken = ProviderFaults(
            failure_rate=how.failure_rate,
            latency_multiplier=how.latency_multiplier,
            outage=how.outage,
            lost_response_rate=how.lost_response_rate,
            until=until,
        )
        self.control.save_faults({**control.faults.content, name: broken}, control.faults.version)

    def _reconfigure(self, chance: Random) -> None:
        control = self.control.load()
        name = chance.choice(sorted(control.deployed))
        terms = {"priority": chance.randint(1, 50), "weight": chance.randint(1, 100)}
        documents = {**control.overrides.content, name: {**control.deployed[name], **terms}}
        self.control.save_overrides(documents, control.overrides.version)

    def _forge(self, chance: Random) -> None:
        name = chance.choice(sorted(self.control.load().documents()))
        body = json.dumps(callback_body(_invented(name, self.kernel.now()))).encode()
        headers = {
            "webhook-id": "cb_forged",
            "webhook-timestamp": str(int(self.kernel.now().timestamp())),
            "webhook-signature": f"v1,{chance.getrandbits(64):x}",
        }
        if self.post(name, headers, body) == 202:
            self.accepted(name)


def _invented(provider: str, now: datetime) -> ProviderCallback:
    """An approval as that provider would tell of it, so that nothing but its signature is wrong."""
    return ProviderCallback(
        id="cb_forged",
        provider=provider,
        type=CallbackType.PAYMENT_UPDATED,
        payment_id=derived_id("pay", "forged"),
        key=derived_id("pk", "forged"),
        occurred_at=now,
        outcome=Outcome.APPROVED,
    )
