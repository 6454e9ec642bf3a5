"""A load: what is drawn, when it arrives, how it is worked on, and what is counted."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from itertools import pairwise
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.card import passes_luhn
from payflow.providers.simulated.instruments import CARDS
from tests.tools.conftest import FakeApi, RunPayflow
from tools.traffic.load import LoadOptions, arrivals, run_load
from tools.traffic.mix import SCENARIOS, drawn_order
from tools.traffic.orders import Order, Step, any_card_number, drawn_amount
from tools.traffic.shop import NOT_MADE, Shop
from tools.traffic.tally import Latencies, Tally

Json = dict[str, Any]
CARD: Json = {"type": "card", "card": {"number": "4242424242424242"}}


def options(**changes: Any) -> LoadOptions:
    fields: dict[str, Any] = {
        "rate": 1000.0,
        "duration_s": 5.0,
        "payments_max": 20,
        "concurrency": 4,
        "seed": 1,
    }
    return LoadOptions(**(fields | changes))


def an_order(**changes: Any) -> Order:
    fields: dict[str, Any] = {
        "scenario": "test",
        "method": CARD,
        "amount_minor": 1000,
        "currency": "INR",
    }
    return Order(**(fields | changes))


class FakeShop:
    """The API in memory: answers in turn, remembers what was asked."""

    def __init__(self, *answers: tuple[int, Json]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, str | None, Json]] = []
        self.tally = Tally()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content or b"{}")
        key = request.headers.get("Idempotency-Key")
        self.asked.append((request.method, request.url.path, key, body))
        status, document = self.answers.pop(0) if self.answers else (500, {"error": {"code": "x"}})
        return httpx.Response(status, json=document)

    def work_on(self, order: Order) -> Tally:
        async def work() -> None:
            transport = httpx.MockTransport(self)
            async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
                await Shop(client, self.tally, "run").work_on(3, order)

        asyncio.run(work())
        return self.tally


def payment(status: str, **more: Any) -> tuple[int, Json]:
    return 201, {"id": "pay_1", "status": status, "failure": None, **more}


class TestOrders:
    def test_a_seed_draws_the_same_orders_and_another_seed_others(self) -> None:
        def drawn(seed: int) -> list[Order]:
            random = Random(seed)
            return [drawn_order(random) for _ in range(50)]

        assert drawn(7) == drawn(7)
        assert drawn(7) != drawn(8)

    def test_the_mix_has_every_method_and_every_kind_of_request(self) -> None:
        orders = [scenario.order(Random(1)) for scenario in SCENARIOS]

        assert {order.method["type"] for order in orders} == {"card", "upi", "wallet"}
        steps = {step.action for order in orders for steps in order.rounds for step in steps}
        assert steps == {"capture", "cancel", "refund"}
        assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)

    @given(st.integers())
    def test_other_card_numbers_are_valid_and_no_test_instruments(self, seed: int) -> None:
        number = any_card_number(Random(seed))

        assert passes_luhn(number)
        assert number not in CARDS

    @given(st.integers())
    def test_amounts_are_within_what_all_providers_take(self, seed: int) -> None:
        assert 500 <= drawn_amount(Random(seed)) <= 450_000

    def test_a_part_is_never_nothing(self) -> None:
        assert Step("refund", 40).body(2) == {"amount": 1}
        assert Step("capture", 60, final=True).body(1000) == {"amount": 600, "final": True}
        assert Step("refund").body(1000) == {}


class TestArrivals:
    def test_they_come_at_the_rate_until_the_time_is_over(self) -> None:
        times = list(arrivals(options(rate=50.0, duration_s=100.0, payments_max=None), Random(1)))

        assert 4_700 < len(times) < 5_300
        assert all(earlier <= later for earlier, later in pairwise(times))
        assert times[-1] <= 100

    def test_no_more_come_than_were_asked_for(self) -> None:
        assert len(list(arrivals(options(payments_max=3), Random(1)))) == 3

    def test_no_more_are_worked_on_at_once_than_there_are_places(self) -> None:
        at_once: list[int] = []
        running = Counter[str]()

        class CountingShop(Shop):
            async def work_on(self, number: int, order: Order) -> None:
                running["now"] += 1
                at_once.append(running["now"])
                await asyncio.sleep(0.002)
                running["now"] -= 1

        tally = Tally()
        shop = CountingShop(httpx.AsyncClient(), tally, "run")
        asyncio.run(run_load(options(), shop, tally, lambda *_: None))

        assert max(at_once) == 4
        assert (tally.arrived, tally.ended, tally.running) == (20, 20, 0)

    def test_who_waits_until_the_end_is_turned_away(self) -> None:
        class SlowShop(Shop):
            async def work_on(self, number: int, order: Order) -> None:
                await asyncio.sleep(0.2)

        tally = Tally()
        shop = SlowShop(httpx.AsyncClient(), tally, "run")
        few = options(concurrency=1, duration_s=0.1, payments_max=5)
        asyncio.run(run_load(few, shop, tally, lambda *_: None))

        assert (tally.ended, tally.turned_away, tally.running) == (1, 4, 0)


class TestShop:
    def test_an_order_is_made_and_its_rounds_are_asked_for_in_order(self) -> None:
        api = FakeShop(
            payment("authorized"), payment("authorized"), payment("succeeded"), payment("succeeded")
        )
        rounds = ((Step("capture", 40),), (Step("capture"),))

        tally = api.work_on(an_order(manual=True, rounds=rounds))

        assert [(method, path) for method, path, _, _ in api.asked] == [
            ("POST", "/api/v1/payments"),
            ("POST", "/api/v1/payments/pay_1/capture"),
            ("POST", "/api/v1/payments/pay_1/capture"),
            ("GET", "/api/v1/payments/pay_1"),
        ]
        assert [body.get("amount") for _, _, _, body in api.asked] == [1000, 400, None, None]
        keys = [key for _, _, key, _ in api.asked if key]
        assert len(set(keys)) == 3
        assert tally.outcomes == {("test", "succeeded"): 1}

    def test_repeated_requests_share_their_key(self) -> None:
        api = FakeShop(*[payment("succeeded")] * 3)

        api.work_on(an_order(times=3))

        assert len({key for _, _, key, _ in api.asked}) == 1
        assert len(api.asked) == 3

    def test_a_payment_that_is_not_settled_is_asked_after(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tools.traffic.shop.POLL_S", 0)
        api = FakeShop(
            payment("processing"),
            payment("processing"),
            payment("failed", failure={"code": "lost_card"}),
        )

        tally = api.work_on(an_order())

        assert tally.outcomes == {("test", "failed"): 1}
        assert tally.failures == {"lost_card": 1}

    def test_refusals_are_counted_by_code_and_a_payment_not_made_is_told(self) -> None:
        tally = FakeShop((503, {"error": {"code": "temporarily_unavailable"}})).work_on(an_order())

        assert tally.errors == {"503 temporarily_unavailable": 1}
        assert tally.outcomes == {("test", NOT_MADE): 1}


class TestLatencies:
    @given(st.lists(st.integers(1, 100_000), min_size=1), st.floats(0.01, 1))
    def test_a_quantile_is_right_within_the_width_of_a_bucket(
        self, measured: list[int], share: float
    ) -> None:
        latencies = Latencies()
        for latency_ms in measured:
            latencies.add(latency_ms)
        exact = sorted(measured)[max(0, -int(-share * len(measured) // 1) - 1)]

        assert exact * 0.96 - 1 <= latencies.quantile_ms(share) <= exact * 1.04 + 1

    def test_nothing_measured_is_zero(self) -> None:
        assert Latencies().quantile_ms(0.5) == 0


def test_json_has_the_seed_and_the_counts_and_nothing_else_is_on_stdout(
    payflow: RunPayflow, deployed: Any, api: FakeApi
) -> None:
    body = {"id": "pay_1", "status": "succeeded", "failure": None}
    api.answers["POST", "/api/v1/payments"] = (201, body)
    api.answers["GET", "/api/v1/payments/pay_1"] = (200, body)
    for action in ("capture", "cancel", "refund"):
        api.answers["POST", f"/api/v1/payments/pay_1/{action}"] = (200, body)

    outcome = payflow(
        *("traffic", "--rate", "100", "--duration", "5", "--payments", "5", "--seed", "3"),
        *("--json", "--state-dir", str(deployed)),
    )

    told = json.loads(outcome.out)
    assert (outcome.code, told["seed"], told["payments"]) == (0, 3, 5)
    assert told["statuses"] == {"succeeded": 5}
    assert told["latency_ms"]["create"]["count"] >= 5


def test_a_load_of_which_nothing_got_through_exits_with_1(
    payflow: RunPayflow, deployed: Any
) -> None:
    outcome = payflow(
        *("traffic", "--rate", "100", "--duration", "5", "--payments", "2"),
        *("--state-dir", str(deployed)),
    )

    assert outcome.code == 1
    assert "none of 2 payments could be made" in outcome.err
