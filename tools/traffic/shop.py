"""A merchant's side of the API: makes one order's payment and asks of it what the order says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import httpx

from tools.api import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Json
from tools.traffic.orders import Order, Step
from tools.traffic.tally import Tally

SETTLED: Final = frozenset({"succeeded", "failed", "canceled", "authorized", "requires_action"})
ASKED: Final = "requires_action"
WAIT_S: Final = 15
SETTLES_WITHIN_S: Final = 90
"""How long an order waits for its payment before it goes on to count it as it is."""
POLL_S: Final = 0.5

NO_ANSWER: Final = "no_answer"
UNREADABLE: Final = "unreadable_answer"
STILL_OPEN: Final = "still_open"
NOT_MADE: Final = "not_made"


class Shop:
    """Works on orders; everything that comes of it goes into the tally."""

    def __init__(self, client: httpx.AsyncClient, tally: Tally, run: str) -> None:
        """`run` tells the idempotency keys of this load from those of any other."""
        self._client = client
        self._tally = tally
        self._run = run

    async def work_on(self, number: int, order: Order) -> None:
        """Make the payment of the load's order `number`, ask what is to be asked, and count."""
        key = f"{self._run}-{number}"
        wallet_id = await self._wallet(key, order)
        if order.wallet_minor is not None and wallet_id is None:
            self._count(order, NOT_MADE, None)
            return
        body = order.body(key, wallet_id)
        create = (self._post("create", "/api/v1/payments", body, key) for _ in range(order.times))
        answers = [answer for answer in await asyncio.gather(*create) if answer is not None]
        if not answers:
            self._count(order, NOT_MADE, None)
            return
        payment = await self._settled(answers[0], SETTLED)
        if payment["status"] == ASKED:
            payment = await self._decided(key, order, payment)
        for position, steps in enumerate(order.rounds):
            path = f"/api/v1/payments/{payment['id']}"
            asked = (
                self._post(step.action, f"{path}/{step.action}", step.body(order.amount_minor), own)
                for own, step in _with_keys(f"{key}-{position}", steps)
            )
            await asyncio.gather(*asked)
        if order.rounds:
            payment = await self._get(f"/api/v1/payments/{payment['id']}") or payment
        self._count(order, payment["status"], payment.get("failure"))

    def _count(self, order: Order, status: str, failure: Mapping[str, str] | None) -> None:
        self._tally.outcomes[order.scenario, status] += 1
        if failure:
            self._tally.failures[failure["code"]] += 1

    async def _wallet(self, key: str, order: Order) -> str | None:
        """A new wallet with what the order wants in it; None if it wants none, or has got none."""
        if order.wallet_minor is None:
            return None
        opening = {"customer_id": f"cus_{key}", "currency": order.currency}
        wallet = await self._post("open wallet", "/api/v1/wallets", opening, key)
        if wallet is None:
            return None
        path, amount = f"/api/v1/wallets/{wallet['id']}/topup", {"amount": order.wallet_minor}
        topped_up = await self._post("top up", path, amount, key)
        return None if topped_up is None else str(wallet["id"])

    async def _decided(self, key: str, order: Order, payment: Json) -> Json:
        """The payment once its customer has decided and the provider has told."""
        path = f"/api/v1/payments/{payment['id']}/confirm"
        await self._post("confirm", path, {"result": order.decision}, key)
        return await self._settled(payment, SETTLED - {ASKED})

    async def _settled(self, payment: Json, statuses: frozenset[str]) -> Json:
        """The payment once it has one of `statuses`, or as it is when it takes too long."""
        deadline = time.monotonic() + SETTLES_WITHIN_S
        while payment["status"] not in statuses:
            if time.monotonic() > deadline:
                return payment | {"status": STILL_OPEN}
            await asyncio.sleep(POLL_S)
            payment = await self._get(f"/api/v1/payments/{payment['id']}") or payment
        return payment

    async def _get(self, path: str) -> Json | None:
        return await self._answer("read", "GET", path, None, {})

    async def _post(self, asked: str, path: str, body: Json, key: str) -> Json | None:
        headers = {"Idempotency-Key": key, "Prefer": f"wait={WAIT_S}"}
        return await self._answer(asked, "POST", path, body, headers)

    async def _answer(
        self, asked: str, method: str, path: str, body: Json | None, headers: dict[str, str]
    ) -> Json | None:
        """The answer's document if it is a success; else None, and the error is counted."""
        started = time.monotonic()
        try:
            answer = await self._client.request(method, path, json=body, headers=headers)
        except httpx.TransportError:
            self._tally.errors[NO_ANSWER] += 1
            return None
        self._tally.measured(asked, round((time.monotonic() - started) * 1000))
        try:
            document: Json = answer.json()
        except ValueError:
            self._tally.errors[UNREADABLE] += 1
            return None
        if answer.is_success:
            return document
        # Not every error is PayFlow's: a gateway in between has shapes of its own.
        error = document.get("error")
        code = error.get("code") if isinstance(error, dict) else UNREADABLE
        self._tally.errors[f"{answer.status_code} {code}"] += 1
        return None


def open_client(api_url: str, key: str, connections_max: int) -> httpx.AsyncClient:
    """HTTP with the merchant's key, with time-outs and a bound on connections."""
    return httpx.AsyncClient(
        base_url=api_url,
        headers={"Authorization": f"Bearer {key}"},
        # A connection may have to be waited for as long as an answer.
        timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        limits=httpx.Limits(max_connections=connections_max),
    )


def _with_keys(key: str, steps: tuple[Step, ...]) -> list[tuple[str, Step]]:
    return [(f"{key}-{position}", step) for position, step in enumerate(steps)]
