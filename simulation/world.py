"""One world: merchants, gateway and providers from a seed, with faults, until it comes to rest.

In the first phase orders arrive and things go wrong. Then the faults stop, dead letters are put
back, and everything has to come to an end within its bound (invariant 34).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from json import JSONDecodeError, loads
from random import Random
from typing import Any, Final

from functions import handle_provider_callback as inbox
from functions import plan_next_step as planning
from functions import send_provider_callback as outbox
from functions import wake_payments as wake_ups
from payflow.aws.http import Request
from payflow.domain.ids import derived_id
from payflow.domain.payment import Payment
from simulation.checks import Examiner, Violation, committed
from simulation.client import Shop, order_key
from simulation.executions import PLAN, Executions
from simulation.faults import RATES, Fault, Faults, Kind, Level, planned
from simulation.gateway import FUNCTIONS, Gateway, routes
from simulation.incidents import Incidents, drawn_incidents, planned_incidents
from simulation.kernel import Invocation, Kernel, KernelClock, Restless
from simulation.luck import luck
from simulation.orders import ordered
from simulation.providers import drawn_providers
from simulation.queues import VirtualQueue, VirtualSqs
from simulation.sites import Trace
from simulation.stores import Stores, merchant_of
from simulation.streams import Stream, Sweeper
from tools.doctor.findings import Problem

PAYMENTS_PATH: Final = "/api/v1/payments"
ARRIVALS_MS: Final = 60_000
"""In which time the orders of a world arrive."""
FAULTS_END_MS: Final = 15 * 60_000
"""When everything works again."""
REST_MS: Final = 12 * 24 * 3_600_000
"""The longest that a payment may take by itself: an authorisation that nobody captures."""
QUEUE_TIMEOUT_MS: Final = 30_000
SKEW_MAX_MS: Final = 100
MACHINES: Final = {Kind.CLOCK_SKEW: 1}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a world is made of: its seed, how many orders, which of them, and what goes wrong.

    `plan` replaces drawing: just those faults strike. `orders` None: all of them arrive.
    """

    seed: int
    payments: int
    level: Level
    plan: tuple[Fault, ...] | None = None
    orders: frozenset[int] | None = None


@dataclass(slots=True)
class Ended:
    """What came of a world; `trace` is everything that happened in it."""

    seed: int
    payments: int
    violations: list[Violation]
    trace_hash: str
    faults: list[Fault]
    outcomes: Counter[str]
    trace: Trace = field(repr=False)


class World:
    """One world and everybody in it."""

    def __init__(self, scope: Scope) -> None:
        """Nothing happens before `run`."""
        self._scope = scope
        self.kernel = Kernel()
        self.trace: Trace = []
        self.violations: list[Violation] = []
        self._luck: dict[int, Random] = {}
        self._numbers = {
            derived_id("pay", merchant_of(number), PAYMENTS_PATH, order_key(number)): number
            for number in range(scope.payments)
        }
        plan = None if scope.plan is None else planned(scope.plan)
        rate = RATES[scope.level] if plan is None else 0.0
        self.faults = Faults(rate, luck(scope.seed, -1, "faults"), plan)
        self.stream = Stream(self.kernel, self.faults, self.machine, partial(self._break, 34, -1))
        self.stores = Stores(
            KernelClock(self.kernel),
            drawn_providers(luck(scope.seed, -1, "providers"), scope.level),
            changed=self._changed,
            booked=self._booked,
        )
        self.sweeper = Sweeper(
            self.kernel, self.machine, lambda now: bool(self.stores.payments.due(now, 1))
        )
        self.queues = self._queues()
        self.gateway = self._gateway()
        self.examiner = Examiner(self.stores)
        self.shop = Shop(
            kernel=self.kernel,
            faults=self.faults,
            routes=routes(),
            machine=self.machine,
            look=self.stores.payments.items.get,
            broken=self._break,
        )

    def _queues(self) -> dict[str, VirtualQueue]:
        readers = {"wake_ups": wake_ups.wake, "outbox": outbox.send, "inbox": inbox.handle}
        return {
            name: VirtualQueue(
                name, self.kernel, self.faults, handle, QUEUE_TIMEOUT_MS, self.machine
            )
            for name, handle in readers.items()
        }

    def _gateway(self) -> Gateway:
        executions = Executions(
            self.kernel, self.faults, self.trace, self.machine, self.number, self._break
        )
        gateway = Gateway(
            self.stores,
            kernel=self.kernel,
            faults=self.faults,
            trace=self.trace,
            sqs=VirtualSqs(self.queues, self._subject_of),
            workflow=executions,
            line=self,
        )
        providers = dict.fromkeys(FUNCTIONS.values(), gateway.call_provider)
        executions.functions = {PLAN: planning.handler, **providers}
        return gateway

    def run(self) -> Ended:
        """Live through it."""
        with self.gateway.in_charge():
            self._live()
        items = self.stores.payments.items
        return Ended(
            seed=self._scope.seed,
            payments=len(items),
            violations=self.violations,
            trace_hash=self._trace_hash(),
            faults=self.faults.drawn,
            outcomes=Counter(payment.status.value for payment in items.values()),
            trace=self.trace,
        )

    def _live(self) -> None:
        try:
            self._open()
            self.kernel.run(FAULTS_END_MS)
            self._recover()
            self.kernel.run(REST_MS)
            self._judge()
        except Restless as restless:
            self._break(34, -1, str(restless))

    def number(self, payment_id: str) -> int:
        """The number of a payment by its id; -1 for one that nobody has ordered."""
        return self._numbers.get(payment_id, -1)

    def machine(self, name: str, subject: int, timeout_ms: int) -> Invocation:
        """An invocation on some machine, whose clock may be off."""
        fault = self.faults.at(subject, "machine.clock", MACHINES)
        skew_ms = 0
        if fault is not None:
            chance = luck(self._scope.seed, subject, f"clock {fault.nth}")
            skew_ms = chance.randint(-SKEW_MAX_MS, SKEW_MAX_MS)
        deadline_ms = self.kernel.now_ms + timeout_ms
        return Invocation(name, subject, self._luck_of(subject), skew_ms, deadline_ms)

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
        reply = self.shop.call("callback", request, self.kernel.current.subject, 15)
        return reply.status or None

    def _open(self) -> None:
        """Have the orders arrive, and the operators' day begin."""
        scope = self._scope
        for number in range(scope.payments):
            if scope.orders is not None and number not in scope.orders:
                continue
            chance = luck(scope.seed, number, "order")
            order = ordered(chance, luck(scope.seed, number, "rare"))
            arrival_ms = chance.randrange(ARRIVALS_MS)
            client = Invocation("client", number, self._luck_of(number))
            work = partial(self.shop.work_on, number, order, chance)
            self.kernel.spawn(arrival_ms, client, work)
        if scope.plan is None:
            expected = list(drawn_incidents(scope.seed, scope.level))
        else:
            expected = list(planned_incidents(scope.plan))
        self.faults.drawn += expected
        incidents = Incidents(
            scope.seed,
            self.kernel,
            self.stores.control,
            self.gateway,
            self.post,
            lambda name: self._break(28, -1, f"a forged callback of {name} was accepted"),
        )
        for incident in expected:
            operator = Invocation("operator", -1, self._luck_of(-1))
            self.kernel.spawn(incident.amount, operator, partial(incidents.happen, incident))

    def _recover(self) -> None:
        """Everything works again, and what was put beside is put back."""
        self.faults.stop()
        for queue in self.queues.values():
            queue.redrive()
        self.sweeper.expect(self.kernel.now())

    def _judge(self) -> None:
        """What has to hold now that all has come to rest."""
        if not self.kernel.is_idle:
            self._break(34, -1, "something is still going on after days")
        now = self.kernel.now()
        for payment in self.stores.payments.items.values():
            self._report(self.examiner.at_rest(payment, now))
        for number, payment_id, refund_id in self.shop.refunds:
            if self.stores.payments.items[payment_id].instruction(refund_id) is None:
                self._break(25, number, f"{refund_id} was accepted, and is gone")
        self._report(self.examiner.books(self.gateway.calls))
        for name, queue in self.queues.items():
            dead = queue.dead_letters
            if dead or queue.waiting:
                text = f"{len(dead)} dead and {queue.waiting} waiting messages in {name}"
                self._break(34, -1, text)

    def _changed(self, before: Payment | None, after: Payment) -> None:
        """After each commit: check it, and tell the stream."""
        number = self.number(after.id)
        self.trace.append((self.kernel.now_ms, number, "payment", after.status.value))
        self._report(committed(before, after))
        if before is not None and len(after.attempts) > len(before.attempts):
            self._report(self.examiner.begun_anew(after, self.kernel.now()))
        self.stream.add(before, after)
        if after.due_at is not None:
            self.sweeper.expect(after.due_at)

    def _booked(self, payment_id: str) -> None:
        self.trace.append((self.kernel.now_ms, self.number(payment_id), "booked", ""))

    def _report(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self._break(problem.invariant, self.number(problem.subject), str(problem))

    def _break(self, invariant: int, subject: int, text: str) -> None:
        self.violations.append(Violation(invariant, subject, self.kernel.now_ms, text))

    def _luck_of(self, subject: int) -> Random:
        known = self._luck.get(subject)
        if known is None:
            known = self._luck[subject] = luck(self._scope.seed, subject)
        return known

    def _subject_of(self, body: str) -> int:
        """The payment that a message is about."""
        try:
            document: dict[str, Any] = loads(body)
        except JSONDecodeError:
            return -1
        callback = document.get("callback", document)
        return self.number(str(callback.get("payment_id", "")))

    def _trace_hash(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        digest.update("\n".join(map(repr, self.trace)).encode())
        return digest.hexdigest()
