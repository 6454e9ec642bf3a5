"""A merchant's client and its customer: one order, asked for as an impatient program asks.

It repeats what was not answered, with the same key, and sometimes gives up; it asks at once and
twice; its customers decide late or never. What it was once answered it holds the gateway to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final

from payflow.aws.http import Request
from payflow.domain.errors import IdempotencyInProgress, PayFlowError, Unavailable
from payflow.domain.merchant import Caller, Principal
from payflow.domain.payment import Payment, Status
from simulation.faults import Faults, Kind
from simulation.kernel import UNEXPECTED, Crashed, Invocation, Kernel
from simulation.stores import MERCHANTS, merchant_of
from tools.traffic.orders import Order, Round, Step

ANSWERS: Final = {Kind.DEAF: 1}
"""An answer may get lost on its way to the client."""

TRIES_MAX: Final = 6
FIRST_PAUSE_MS: Final = 500
GIVES_UP: Final = 0.05
"""The share of clients that ask once and never again, whatever they hear."""
ASKS_TWICE: Final = 0.15
"""The share of requests that are sent twice at once: a double click, a proxy that repeats."""
WAITS: Final = 0.3
"""The share of requests that ask to wait for the outcome."""
REPEATS_ALL: Final = 0.15
"""The share of clients that in the end ask for everything once more that they were granted."""
OTHER_BODY: Final = 0.03
"""The share of clients that use a key a second time for something else."""
LOOKS_AFTER_MS: Final = (500, 1_500, 4_000, 12_000, 30_000, 60_000, 120_000, 300_000)
"""When a client looks what has become of its payment, after each look before."""

DISPUTED_AFTER_MS: Final = 20_000
"""When a merchant looks whether a payment is disputed of which it has a feeling that it will be."""

Route = Callable[[Request], Any]


def order_key(number: int) -> str:
    """The idempotency key of that order: merchants number theirs, so they all use the same ones."""
    return f"order-{number // len(MERCHANTS)}"


@dataclass(slots=True)
class Reply:
    """What a client heard: a status with a body, an error's code, or nothing (status 0)."""

    status: int
    body: str = ""
    code: str = ""
    retryable: bool = True


@dataclass(slots=True)
class Shop:
    """The clients of all merchants.

    `broken` is told (invariant, payment number, text) when a promise to a client is not kept.
    `machine` makes the invocation of the function that serves a request. Of the order with a number
    `merchant_of` and `key_of` give merchant and idempotency key. `wait_before` says for how many ms
    a client waits before it asks for a round of steps; None: it never does. `refunds` are those
    that a client was told of: (payment number, payment id, refund id).
    """

    kernel: Kernel
    faults: Faults
    routes: Mapping[str, Route]
    machine: Callable[[str, int, int], Invocation]
    look: Callable[[str], Payment | None]
    broken: Callable[[int, int, str], None]
    merchant_of: Callable[[int], str] = merchant_of
    key_of: Callable[[int], str] = order_key
    wait_before: Callable[[Round, Random], int | None] = lambda steps, luck: 0
    refunds: list[tuple[int, str, str]] = field(default_factory=list)
    _answers: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def work_on(self, number: int, order: Order, luck: Random) -> None:
        """Make the payment of order `number` and ask of it what the order says."""
        client = _Client(self, number, self.merchant_of(number), self.key_of(number), luck)
        wallet_id = None
        if order.wallet_minor is not None:
            wallet_id = client.opened_wallet(order)
            if wallet_id is None:
                return
        body = order.body(client.key, wallet_id)
        payment_id = client.created(body, order.times)
        if payment_id is None:
            return
        if luck.random() < OTHER_BODY:
            client.misuse_key({**body, "amount": body["amount"] + 1}, payment_id)
        payment = client.settled(payment_id)
        if payment is not None and payment.status is Status.REQUIRES_ACTION:
            client.decide(payment_id, order.decision)
            client.settled(payment_id)
        if not self._all_asked(client, payment_id, order, luck):
            return
        if order.scenario.startswith("disputed"):
            self.kernel.sleep(DISPUTED_AFTER_MS)
            client.answer_dispute(payment_id)
        if luck.random() < REPEATS_ALL:
            client.repeat_all()

    def _all_asked(self, client: _Client, payment_id: str, order: Order, luck: Random) -> bool:
        """Ask for the order's rounds of steps; False if the client never comes to it."""
        for position, steps in enumerate(order.rounds):
            wait_ms = self.wait_before(steps, luck)
            if wait_ms is None:
                return False
            if wait_ms:
                self.kernel.sleep(wait_ms)
            client.ask(payment_id, position, steps, order.amount_minor)
            client.settled(payment_id)
        return True

    def call(self, name: str, request: Request, subject: int, timeout_s: int) -> Reply:
        """One request to the API, and what the client hears of it."""
        function = self.machine(f"api.{name}", subject, timeout_s * 1000)
        try:
            response = self.kernel.within(function, lambda: self.routes[name](request))
        except Crashed:
            return Reply(0)
        except Unavailable as error:
            return Reply(503, code=error.code)
        except IdempotencyInProgress as error:
            return Reply(409, code=error.code)
        except PayFlowError as error:
            return Reply(422, code=error.code, retryable=False)
        except Exception as error:
            self.broken(UNEXPECTED, subject, f"{name} raised {error!r}")
            return Reply(500)
        if self.faults.at(subject, "client.hears", ANSWERS) is not None:
            return Reply(0)
        return Reply(response.status, response.body, retryable=False)

    def compare(self, number: int, request: Request, reply: Reply) -> None:
        """Invariant 19: whatever was answered once is answered again, byte for byte."""
        key = request.headers.get("idempotency-key", "")
        merchant_id = request.caller.merchant_id or ""
        known = self._answers.setdefault((merchant_id, request.path, key), reply.body)
        if known != reply.body:
            self.broken(19, number, f"{request.path} was answered {known!r}, then {reply.body!r}")


@dataclass(slots=True)
class _Client:
    """One order's client."""

    shop: Shop
    number: int
    merchant_id: str
    key: str
    luck: Random
    _granted: list[tuple[str, Request]] = field(default_factory=list)

    def created(self, body: dict[str, Any], times: int) -> str | None:
        """The payment's id; None if the client never learnt it."""
        replies = self._together(
            [
                lambda: self._post("create", "/api/v1/payments", body, self.key, 29)
                for _ in range(times)
            ]
        )
        made = next((reply for reply in replies if reply.status == 201), None)
        if made is None:
            return None
        payment_id = str(json.loads(made.body)["id"])
        return payment_id

    def repeat_all(self) -> None:
        """Invariant 19 holds for as long as there is anything to answer."""
        for name, request in self._granted:
            reply = self._once(name, request, 15)
            if reply.status in (200, 201):
                self.shop.compare(self.number, request, reply)

    def misuse_key(self, body: dict[str, Any], payment_id: str) -> None:
        """Invariant 20: another body under the same key is refused, and changes nothing."""
        before = self.shop.look(payment_id)
        reply = self._once("create", self._request("/api/v1/payments", body, self.key), 29)
        if reply.status in (200, 201):
            self.shop.broken(20, self.number, "another body under a used key was accepted")
        after = self.shop.look(payment_id)
        if before is not None and after is not None and before.amount != after.amount:
            self.shop.broken(20, self.number, "another body under a used key changed the payment")

    def settled(self, payment_id: str) -> Payment | None:
        """The payment when the client is done with looking at it."""
        for pause_ms in LOOKS_AFTER_MS:
            payment = self.shop.look(payment_id)
            if payment is not None and payment.is_settled and not payment.pending():
                return payment
            self.shop.kernel.sleep(pause_ms)
        return self.shop.look(payment_id)

    def decide(self, payment_id: str, decision: str) -> None:
        """The customer's answer, on some days after the time for it."""
        if self.luck.random() < 0.1:
            self.shop.kernel.sleep(self.luck.randrange(400_000))
        path = f"/api/v1/payments/{payment_id}/confirm"
        self._post("confirm", path, {"result": decision}, f"{self.key}-confirm", 15, payment_id)

    def ask(
        self, payment_id: str, position: int, steps: tuple[Step, ...], amount_minor: int
    ) -> None:
        """Capture, cancel or refund, all of one round at once."""

        def asked(step: Step, key: str) -> Callable[[], Reply]:
            path = f"/api/v1/payments/{payment_id}/{step.action}"
            body = step.body(amount_minor)
            return lambda: self._instruct(step.action, path, body, key, payment_id)

        self._together([asked(step, f"{self.key}-{position}-{n}") for n, step in enumerate(steps)])

    def _instruct(
        self, action: str, path: str, body: Mapping[str, Any], key: str, payment_id: str
    ) -> Reply:
        reply = self._post(action, path, body, key, 15, payment_id)
        if reply.status == 201:
            refund_id = str(json.loads(reply.body)["id"])
            self.shop.refunds.append((self.number, payment_id, refund_id))
        return reply

    def answer_dispute(self, payment_id: str) -> None:
        """Evidence for half of what is disputed."""
        payment = self.shop.look(payment_id)
        for dispute in payment.disputes if payment is not None else ():
            draw = self.luck.random()
            if dispute.is_open and draw < 0.5:
                text = "losing_evidence" if draw < 0.25 else "a signed receipt"
                path = f"/api/v1/disputes/{dispute.id}/evidence"
                self._post("evidence", path, {"text": text}, "", 15, dispute.id)

    def opened_wallet(self, order: Order) -> str | None:
        """A new wallet with what the order wants in it; None if the client has not got one."""
        body: dict[str, Any] = {"customer_id": f"cus_{self.number}", "currency": order.currency}
        opened = self._post("create_wallet", "/api/v1/wallets", body, self.key, 15)
        if opened.status != 201:
            return None
        wallet_id = str(json.loads(opened.body)["id"])
        path, amount = f"/api/v1/wallets/{wallet_id}/topup", {"amount": order.wallet_minor}
        topped_up = self._post("top_up", path, amount, self.key, 15, wallet_id)
        return wallet_id if topped_up.status == 201 else None

    def _post(
        self,
        name: str,
        path: str,
        body: Mapping[str, Any],
        key: str,
        timeout_s: int,
        object_id: str = "",
    ) -> Reply:
        """Ask until it is answered, the same bytes with the same key each time; some ask twice."""
        request = self._request(path, body, key, object_id)

        def ask() -> Reply:
            return self._answered(name, request, timeout_s)

        if self.luck.random() >= ASKS_TWICE:
            return ask()
        replies = self._together([ask, ask])
        return next((reply for reply in replies if not reply.retryable), replies[0])

    def _answered(self, name: str, request: Request, timeout_s: int) -> Reply:
        tries = 1 if self.luck.random() < GIVES_UP else TRIES_MAX
        reply = Reply(0)
        for repetition in range(tries):
            reply = self._once(name, request, timeout_s)
            if not reply.retryable:
                if reply.code == "idempotency_key_reused":
                    text = f"{request.path}: {self.key} is another's key"
                    self.shop.broken(23, self.number, text)
                if reply.status in (200, 201) and name not in ("confirm", "evidence"):
                    self.shop.compare(self.number, request, reply)
                    self._granted.append((name, request))
                break
            self.shop.kernel.sleep(int(FIRST_PAUSE_MS * 2**repetition * (1 + self.luck.random())))
        return reply

    def _once(self, name: str, request: Request, timeout_s: int) -> Reply:
        return self.shop.call(name, request, self.number, timeout_s)

    def _request(
        self, path: str, body: Mapping[str, Any], key: str, object_id: str = ""
    ) -> Request:
        headers = {"content-type": "application/json"}
        if key:
            headers["idempotency-key"] = key
        if self.luck.random() < WAITS:
            headers["prefer"] = f"wait={self.luck.randint(1, 20)}"
        return Request(
            method="POST",
            route="",
            path=path,
            request_id="req_1",
            path_params={"id": object_id},
            headers=headers,
            body=json.dumps(body).encode(),
            sender=Caller(Principal.MERCHANT, "key_1", self.merchant_id),
        )

    def _together(self, requests: list[Callable[[], Reply]]) -> list[Reply]:
        """What each of several requests at once was answered."""
        replies: list[Reply | None] = [None] * len(requests)
        kernel, own = self.shop.kernel, self.shop.kernel.current

        def ask(position: int) -> None:
            replies[position] = requests[position]()

        for position in range(1, len(requests)):
            another = Invocation(own.name, own.subject, own.random)
            kernel.spawn(0, another, partial(ask, position))
        with kernel.crowded(self.number) if len(requests) > 1 else nullcontext():
            ask(0)
            while any(reply is None for reply in replies):
                kernel.sleep(200)
        return [reply for reply in replies if reply is not None]
