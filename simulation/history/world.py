"""One part of a history, lived through without faults of our own; what goes wrong is the providers.

The services, handlers and workflow are the real ones, as in every simulated world, so whatever
comes out is what the gateway would have written. The journal is left to whoever takes the history:
its pages run over all parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from json import loads
from random import Random
from typing import Any, Final

from functions import handle_provider_callback as inbox
from functions import plan_next_step as planning
from functions import send_provider_callback as outbox
from functions import wake_payments as wake_ups
from payflow.aws.http import Request
from payflow.domain.ids import derived_id
from payflow.domain.ledger import JournalTransaction
from payflow.domain.payment import Payment
from payflow.domain.ports import Clock
from payflow.domain.provider import STORED_WALLET_ADAPTER
from payflow.domain.wallet import Wallet, WalletOperation
from payflow.providers.simulated.store import Document
from simulation.client import Shop
from simulation.executions import PLAN, Executions
from simulation.faults import Faults, Level
from simulation.gateway import FUNCTIONS, Gateway, routes
from simulation.history.outages import Outage, drawn_outages
from simulation.history.plan import Arrival, HistoryPart
from simulation.history.shops import SHOPS, drawn_order
from simulation.kernel import Invocation, Kernel, KernelClock
from simulation.luck import luck
from simulation.ports.claims import InMemoryCallClaims
from simulation.ports.vault import InMemoryVault, StoredCard
from simulation.providers import drawn_providers
from simulation.queues import VirtualQueue, VirtualSqs
from simulation.stores import Stores
from simulation.streams import Posted, Stream, Sweeper
from simulation.world import PAYMENTS_PATH, QUEUE_TIMEOUT_MS
from tools.traffic.orders import Action, Round

HOUR_MS: Final = 3_600_000
USUAL_WAIT_MS: Final[dict[Action, int]] = {
    "capture": 7 * HOUR_MS,
    "cancel": 3 * HOUR_MS,
    "refund": 60 * HOUR_MS,
}
"""After what time shops usually ask for it; half of them sooner."""
WAIT_MAX_MS: Final[dict[Action, int]] = {
    "capture": 120 * HOUR_MS,
    "cancel": 100 * HOUR_MS,
    "refund": 500 * HOUR_MS,
}
"""A hold lasts for 7 days, and a shop's terms for about three weeks."""
WAIT_SPREAD: Final = 0.9

Fingerprint = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Lived:
    """What a part of a history leaves behind: all that its deployment would have in its tables.

    `calls` are (payment, attempt's number, time), `broken` what was not as promised.
    """

    payments: Sequence[Payment]
    books: dict[str, Document]
    calls: Sequence[tuple[str, int, datetime]]
    cards: dict[str, StoredCard]
    wallets: Sequence[Wallet]
    wallet_operations: Sequence[WalletOperation]
    broken: Sequence[str]

    @property
    def postings(self) -> Sequence[tuple[str, Sequence[JournalTransaction]]]:
        """What each fact has posted, with its merchant."""
        facts: list[Payment | WalletOperation] = [*self.payments, *self.wallet_operations]
        return [(fact.merchant_id, fact.postings) for fact in facts if fact.postings]


class _Vault(InMemoryVault):
    """A vault whose fingerprints are those of a deployment."""

    def __init__(self, clock: Clock, fingerprint: Fingerprint) -> None:
        super().__init__(clock)
        self._fingerprint = fingerprint

    def fingerprint(self, content: bytes) -> str:
        """As the deployment's vault has it."""
        return self._fingerprint(content)


class _Claims(InMemoryCallClaims):
    """Claims that know when they were made."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self.calls: list[tuple[str, int, datetime]] = []
        self._kernel = kernel

    def claim(self, payment_id: str, attempt_number: int) -> bool:
        """As the table does."""
        is_new = super().claim(payment_id, attempt_number)
        if is_new:
            self.calls.append((payment_id, attempt_number, self._kernel.now()))
        return is_new


class _Untold(list[tuple[int, int, str, str]]):
    """A trace that nobody reads."""

    def append(self, _: tuple[int, int, str, str]) -> None:
        """Let it go."""


class HistoryWorld:
    """One part of a history and everybody in it."""

    def __init__(self, part: HistoryPart, fingerprint: Fingerprint | None = None) -> None:
        """`fingerprint` is that of the deployment's vault; None: the in-memory vault's own."""
        self._part, self._scope = part, part.scope
        self.kernel = Kernel(birth=part.arrivals[0].at - timedelta(seconds=1))
        self._luck: dict[int, Random] = {}
        self._by_number = {one.number: one for one in part.arrivals}
        self._numbers = {
            derived_id(
                "pay", self._merchant_of(number), PAYMENTS_PATH, self._scope.key_of(number)
            ): number
            for number in self._by_number
        }
        self.broken: list[str] = []
        self._faults = Faults(0.0, Random(0), plan={})
        self._stream = Stream(
            self.kernel, self._faults, self.machine, self.broken.append, fold=_leave_to_others
        )
        providers = drawn_providers(luck(self._scope.seed, -1), Level.NONE)
        self._breakable = [
            str(one["id"]) for one in providers if one.get("adapter") != STORED_WALLET_ADAPTER
        ]
        self.stores = Stores(
            KernelClock(self.kernel),
            providers,
            changed=self._changed,
            booked=lambda _: None,
            merchants=self._scope.merchants,
        )
        self._claims = self.stores.claims = _Claims(self.kernel)
        if fingerprint is not None:
            self.stores.vault = _Vault(KernelClock(self.kernel), fingerprint)
        payments = self.stores.payments
        self._sweeper = Sweeper(self.kernel, self.machine, lambda now: bool(payments.due(now, 1)))
        self._gateway = self._joined()
        self._shop = self._clients()

    def live(self) -> Lived:
        """Live through it, up to the history's end."""
        with self._gateway.in_charge():
            self._live()
        stores = self.stores
        return Lived(
            payments=list(stores.payments.items.values()),
            books=stores.book.items,
            calls=self._claims.calls,
            cards=stores.vault.cards,
            wallets=list(stores.wallets.wallets.values()),
            wallet_operations=list(stores.wallets.operations.values()),
            broken=self.broken,
        )

    def _live(self) -> None:
        for arrival in self._part.arrivals:
            self._expect(arrival)
        chance = luck(self._scope.seed, -1, "outages")
        scope = self._scope
        for outage in drawn_outages(self._breakable, scope.start, scope.quiet_from, chance):
            self._foresee(outage)
        self.kernel.run(self.kernel.ms_until(scope.until))

    def machine(self, name: str, subject: int, timeout_ms: int) -> Invocation:
        """An invocation on some machine."""
        deadline_ms = self.kernel.now_ms + timeout_ms
        return Invocation(name, subject, self._luck_of(subject), deadline_ms=deadline_ms)

    def post(self, provider: str, headers: dict[str, str], body: bytes) -> int | None:
        """A provider's callback over the wire to the API (`CallbackLine`)."""
        request = Request(
            method="POST",
            route="",
            path=f"/internal/providers/{provider}/callback",
            request_id="req_1",
            path_params={"id": provider},
            headers={"content-type": "application/json", **headers},
            body=body,
        )
        reply = self._shop.call("callback", request, self.kernel.current.subject, 15)
        return reply.status or None

    def _unexpected(self, _invariant: int, number: int, text: str) -> None:
        self.broken.append(f"payment {number}: {text}")

    def _joined(self) -> Gateway:
        trace = _Untold()
        executions = Executions(
            self.kernel, self._faults, trace, self.machine, self._number, self._unexpected
        )
        readers = {"wake_ups": wake_ups.wake, "outbox": outbox.send, "inbox": inbox.handle}
        queues = {
            name: VirtualQueue(
                name, self.kernel, self._faults, handle, QUEUE_TIMEOUT_MS, self.machine
            )
            for name, handle in readers.items()
        }
        gateway = Gateway(
            self.stores,
            kernel=self.kernel,
            faults=self._faults,
            trace=trace,
            sqs=VirtualSqs(queues, self._subject_of),
            workflow=executions,
            line=self,
        )
        providers = dict.fromkeys(FUNCTIONS.values(), gateway.call_provider)
        executions.functions = {PLAN: planning.handler, **providers}
        return gateway

    def _clients(self) -> Shop:
        return Shop(
            kernel=self.kernel,
            faults=self._faults,
            routes=routes(),
            machine=self.machine,
            look=self.stores.payments.items.get,
            broken=lambda invariant, number, text: self.broken.append(
                f"{invariant}: {number}: {text}"
            ),
            merchant_of=self._merchant_of,
            key_of=self._scope.key_of,
            wait_before=self._wait_before,
        )

    def _expect(self, arrival: Arrival) -> None:
        chance = luck(self._scope.seed, arrival.number, "order")
        order = drawn_order(SHOPS[arrival.shop], chance)
        client = Invocation("client", arrival.number, self._luck_of(arrival.number))
        work = partial(self._shop.work_on, arrival.number, order, chance)
        self.kernel.spawn(self.kernel.ms_until(arrival.at), client, work)

    def _foresee(self, outage: Outage) -> None:
        """Have the provider break at its time, unless it is mended before this part begins."""
        assert outage.faults.until is not None
        if self.kernel.ms_until(outage.faults.until) <= 0:
            return

        def break_down() -> None:
            control = self.stores.control.load()
            faults = {**control.faults.content, outage.provider: outage.faults}
            self.stores.control.save_faults(faults, control.faults.version)

        self.kernel.at(max(self.kernel.ms_until(outage.at), 0), break_down)

    def _wait_before(self, steps: Round, chance: Random) -> int | None:
        action = steps[0].action
        wait_ms = int(USUAL_WAIT_MS[action] * chance.lognormvariate(0, WAIT_SPREAD))
        wait_ms = min(wait_ms, WAIT_MAX_MS[action])
        return wait_ms if wait_ms < self.kernel.ms_until(self._scope.quiet_from) else None

    def _merchant_of(self, number: int) -> str:
        return self._scope.merchants[self._by_number[number].shop].id

    def _number(self, payment_id: str) -> int:
        return self._numbers.get(payment_id, -1)

    def _subject_of(self, body: str) -> int:
        document: dict[str, Any] = loads(body)
        callback = document.get("callback", document)
        return self._number(str(callback.get("payment_id", "")))

    def _luck_of(self, subject: int) -> Random:
        known = self._luck.get(subject)
        if known is None:
            # What no payment stands for is drawn anew in each part.
            purpose = "" if subject >= 0 else f"part {self._part.arrivals[0].number}"
            known = self._luck[subject] = luck(self._scope.seed, subject, purpose)
        return known

    def _changed(self, before: Payment | None, after: Payment) -> None:
        self._stream.add(before, after)
        if after.due_at is not None:
            self._sweeper.expect(after.due_at)


def _leave_to_others(_: Sequence[Posted]) -> None:
    """The journal's pages are made once all parts are there."""
