"""A history: when its customers come, and what its shops, providers and books are left with."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from payflow.domain.instruction import InstructionKind
from payflow.domain.ledger import Side
from payflow.domain.outcomes import Operation
from payflow.domain.payment import Status
from simulation.checks import Examiner
from simulation.history.calendar import drawn_moments
from simulation.history.outages import drawn_outages
from simulation.history.plan import HistoryScope, parts_of
from simulation.history.shops import DISPUTED, SHOPS, USUAL, drawn_order, merchant_of_shop
from simulation.history.world import HistoryWorld, Lived
from tools.traffic.mix import SCENARIOS
from tools.traffic.orders import AMOUNT_MINOR_MAX, AMOUNT_MINOR_MIN

UNTIL = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
START = UNTIL - timedelta(days=28)


def a_scope(*, payments: int = 120, days: int = 12, seed: int = 3) -> HistoryScope:
    merchants = tuple(merchant_of_shop(shop, UNTIL) for shop in SHOPS)
    return HistoryScope(seed=seed, payments=payments, days=days, until=UNTIL, merchants=merchants)


class TestCalendar:
    def moments(self, *, weekend: float = 1.0, zone_h: int = 0) -> list[datetime]:
        zone = timedelta(hours=zone_h)
        return drawn_moments(4_000, START, UNTIL, Random(1), zone=zone, weekend=weekend)

    def test_customers_come_within_the_time_in_order(self) -> None:
        moments = self.moments()

        assert len(moments) == 4_000
        assert moments == sorted(moments)
        assert moments[0] >= START
        assert moments[-1] < UNTIL

    def test_evenings_are_busy_and_nights_are_not(self) -> None:
        hours = Counter(moment.hour for moment in self.moments())

        assert hours[20] > 8 * hours[3]

    def test_the_hours_are_those_of_the_customers(self) -> None:
        hours = Counter((moment.hour + 5) % 24 for moment in self.moments(zone_h=5))

        assert hours[20] > 8 * hours[3]

    def test_a_shop_that_is_for_working_days_has_a_quiet_weekend(self) -> None:
        days = Counter(moment.weekday() for moment in self.moments(weekend=0.25))

        assert days[5] + days[6] < (days[0] + days[1]) / 2

    def test_business_grows(self) -> None:
        middle = START + (UNTIL - START) / 2
        moments = self.moments()

        assert sum(moment >= middle for moment in moments) > len(moments) / 2

    def test_less_than_an_hour_is_enough(self) -> None:
        end = START + timedelta(minutes=7)

        moments = drawn_moments(50, START, end, Random(1), zone=timedelta(), weekend=1.0)

        assert all(START <= moment < end for moment in moments)


class TestShops:
    def test_every_kind_of_order_has_its_frequency(self) -> None:
        assert set(USUAL) == {scenario.name for scenario in (*SCENARIOS, DISPUTED)}

    @pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.name)
    def test_an_order_is_within_what_can_be_paid(self, shop: object) -> None:
        chance = Random(5)
        known = next(one for one in SHOPS if one is shop)

        orders = [drawn_order(known, chance) for _ in range(300)]

        assert all(AMOUNT_MINOR_MIN <= one.amount_minor <= AMOUNT_MINOR_MAX for one in orders)

    def test_shops_differ_in_how_they_are_paid(self) -> None:
        by_name = {shop.name: shop for shop in SHOPS}

        def cards(name: str) -> int:
            chance = Random(5)
            orders = [drawn_order(by_name[name], chance) for _ in range(400)]
            return sum(order.method["type"] == "card" for order in orders)

        assert cards("Northwind Software") > 2 * cards("Kirana Express")


class TestPlan:
    def test_a_scope_is_one_history(self) -> None:
        assert list(parts_of(a_scope())) == list(parts_of(a_scope()))

    def test_another_seed_is_another_one(self) -> None:
        one, other = (list(parts_of(a_scope(seed=seed))) for seed in (3, 4))

        assert one[0].arrivals != other[0].arrivals
        assert a_scope(seed=3).key_of(0) != a_scope(seed=4).key_of(0)

    def test_parts_follow_one_another_and_are_all_of_it(self) -> None:
        parts = list(parts_of(a_scope(payments=600)))
        arrivals = [arrival for part in parts for arrival in part.arrivals]

        assert len(parts) == 3
        assert [arrival.number for arrival in arrivals] == list(range(600))
        assert [arrival.at for arrival in arrivals] == sorted(one.at for one in arrivals)

    def test_nobody_comes_in_the_quiet_before_the_end(self) -> None:
        scope = a_scope(payments=500, days=1)

        assert max(one.at for part in parts_of(scope) for one in part.arrivals) < scope.quiet_from


def test_outages_end_before_the_end_and_do_not_overlap() -> None:
    outages = list(drawn_outages(["one", "other"], START, UNTIL, Random(1)))

    assert {outage.provider for outage in outages} == {"one", "other"}
    for provider in ("one", "other"):
        ended = START
        for outage in (one for one in outages if one.provider == provider):
            assert outage.faults.until is not None
            assert ended <= outage.at < outage.faults.until < UNTIL
            ended = outage.faults.until


@pytest.fixture(scope="module")
def world() -> HistoryWorld:
    (part,) = parts_of(a_scope())
    return HistoryWorld(part)


@pytest.fixture(scope="module")
def lived(world: HistoryWorld) -> Lived:
    return world.live()


class TestWorld:
    def test_all_payments_are_made_within_the_days(self, lived: Lived) -> None:
        assert len(lived.payments) == 120
        for payment in lived.payments:
            assert UNTIL - timedelta(days=12) <= payment.created_at <= payment.updated_at <= UNTIL

    def test_every_promise_is_kept(self, lived: Lived) -> None:
        assert lived.broken == []

    def test_what_has_not_ended_waits_for_what_is_to_come(self, lived: Lived) -> None:
        for payment in lived.payments:
            assert payment.open_attempt is None
            assert payment.is_terminal or (payment.due_at is not None and payment.due_at > UNTIL)

    def test_most_succeed_and_some_do_not(self, lived: Lived) -> None:
        statuses = Counter(payment.status for payment in lived.payments)

        assert statuses[Status.SUCCEEDED] > 0.75 * len(lived.payments)
        assert statuses[Status.FAILED] > 0

    def test_refunds_come_days_later(self, lived: Lived) -> None:
        waits = [
            one.created_at - payment.created_at
            for payment in lived.payments
            for one in payment.instructions
            if one.kind is InstructionKind.REFUND
        ]

        assert max(waits) > timedelta(days=1)

    def test_providers_and_payments_agree(self, world: HistoryWorld, lived: Lived) -> None:
        examiner = Examiner(world.stores)

        problems = [
            str(problem)
            for payment in lived.payments
            for problem in examiner.at_rest(payment, UNTIL)
        ]

        assert problems == []

    def test_the_books_balance(self, lived: Lived) -> None:
        sums: Counter[str] = Counter()
        for _, postings in lived.postings:
            for entry in (entry for posting in postings for entry in posting.entries):
                sign = 1 if entry.side is Side.DEBIT else -1
                sums[entry.account.currency] += sign * entry.amount_minor

        assert sums
        assert set(sums.values()) == {0}

    def test_no_cvc_outlives_its_authorisation(self, lived: Lived) -> None:
        assert lived.cards
        assert all(stored.card.cvc is None for stored in lived.cards.values())

    def test_every_call_was_claimed_when_it_was_made(self, lived: Lived) -> None:
        claimed = {(payment_id, number): at for payment_id, number, at in lived.calls}

        for payment in lived.payments:
            for attempt in payment.attempts:
                if attempt.operation is Operation.INQUIRE:
                    continue
                assert attempt.started_at <= claimed[payment.id, attempt.number] <= UNTIL

    def test_it_is_the_same_each_time(self, world: HistoryWorld, lived: Lived) -> None:
        scope = a_scope()
        (part,) = parts_of(scope)
        short = replace(part, arrivals=part.arrivals[:15])

        once, again = (HistoryWorld(short).live() for _ in range(2))

        assert once.payments == again.payments
        assert once.books == again.books

    def test_the_fingerprint_is_the_deployments(self) -> None:
        (part,) = parts_of(a_scope(payments=10))

        worlds = [HistoryWorld(part, fingerprint) for fingerprint in (lambda _: "f" * 64, None)]
        one, other = (world.live() for world in worlds)

        assert [payment.id for payment in one.payments] == [pay.id for pay in other.payments]
        assert one.payments[0].claim.request_hash != other.payments[0].claim.request_hash
