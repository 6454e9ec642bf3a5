"""Whoever has seen a payment succeed finds it booked, however far behind the journal is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payflow.domain.ledger import JournalTransaction, folded
from payflow.domain.merchant import Caller, Merchant, Principal
from payflow.domain.money import FeeTerms
from payflow.services.read_ledger import UNFOLDED, ReadLedger
from simulation.ports.journal import InMemoryJournal
from simulation.ports.merchants import InMemoryMerchants
from tests.support.builders import NOON, a_payment, later
from tests.support.fakes import FakeClock
from tests.support.ports import CountedPayments
from tests.unit.ledger.test_journal import PAYABLE, a_posting, fold_into

MINE = Caller(Principal.MERCHANT, "key_1", "mer_a")
OPERATOR = Caller(Principal.OPERATOR, "key_2")
MERCHANTS = ("mer_a", "mer_b")


class World:
    """Payments of two merchants, the journal, and whoever reads both."""

    def __init__(self) -> None:
        self.payments, self.journal = CountedPayments(), InMemoryJournal()
        self.clock, merchants = FakeClock(), InMemoryMerchants()
        for merchant_id in MERCHANTS:
            merchants.items[merchant_id] = Merchant(
                id=merchant_id,
                name="A",
                settlement_currency="INR",
                platform_fee=FeeTerms(100),
                created_at=NOON,
                updated_at=NOON,
            )
        self.ledger = ReadLedger(self.journal, (self.payments,), merchants, self.clock)
        self.posted: list[JournalTransaction] = []

    def post(self, number: int, at_s: float, *, fold: bool, merchant_id: str = "mer_a") -> None:
        """One captured payment, taken into the journal or not."""
        posting = a_posting(number, at_s, 100 + number, merchant_id)
        payment = a_payment(id=f"pay_{number}", merchant_id=merchant_id)
        self.payments.create(replace(payment, postings=(posting,)))
        self.posted.append(posting)
        self.clock.time = max(self.clock.time, later(at_s))
        if fold:
            fold_into(self.journal)([(merchant_id, [posting])])


@pytest.fixture
def world() -> World:
    return World()


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 55), st.booleans(), st.sampled_from(MERCHANTS)), max_size=25),
    st.integers(0, 60),
)
def test_answers_are_the_same_whatever_is_folded_already(
    posted: list[tuple[int, bool, str]], at_s: int
) -> None:
    world = World()
    for number, (posted_s, fold, merchant_id) in enumerate(posted):
        world.post(number, posted_s, fold=fold, merchant_id=merchant_id)

    now, then = world.ledger.accounts(OPERATOR), world.ledger.accounts(OPERATOR, later(at_s))
    until = [one for one in world.posted if one.posted_at <= later(at_s)]

    assert {one.account: one for one in now} == folded({}, world.posted)
    assert {one.account: one for one in then} == folded({}, until)
    assert all(total.balanced for total in world.ledger.trial_balance(OPERATOR).totals)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 55), st.booleans()), max_size=25), st.integers(1, 4))
def test_entries_come_in_order_over_all_pages_while_the_fold_catches_up(
    posted: list[tuple[int, bool]], limit: int
) -> None:
    world = World()
    for number, (posted_s, fold) in enumerate(posted):
        world.post(number, posted_s, fold=fold)
    seen: list[tuple[str, int]] = []
    after: str | None = None

    for _ in range(len(posted) + 1):
        page = world.ledger.entries(PAYABLE.id, MINE, limit=limit, after=after)
        seen += [(line.transaction.payment_id, line.entry.amount_minor) for line in page.lines]
        fold_into(world.journal)([("mer_a", world.posted)])
        after = page.next_after
        if after is None:
            break

    newest = sorted(world.posted, key=lambda one: (one.posted_at, one.payment_id), reverse=True)
    assert [payment_id for payment_id, _ in seen] == [one.payment_id for one in newest]


def test_a_fold_that_stands_still_is_made_up_for_however_long(world: World) -> None:
    world.post(1, 0, fold=True)
    for number in range(2, 30):
        world.post(number, number * 100, fold=False)
    world.clock.time += timedelta(days=1)

    payable = world.ledger.account(PAYABLE.id, MINE)

    assert payable == folded({}, world.posted)[PAYABLE]


def test_of_what_is_folded_only_the_latest_is_looked_at(world: World) -> None:
    for number in range(200):
        world.post(number, number * 0.2, fold=True)

    world.ledger.account(PAYABLE.id, MINE)

    assert timedelta(seconds=200 * 0.2) < UNFOLDED
    assert world.payments.looked_at == [f"pay_{number}" for number in range(199, 149, -1)]


def test_everything_of_the_last_seconds_is_looked_at_since_it_may_be_out_of_order(
    world: World,
) -> None:
    for number in range(100):
        world.post(number, number * 0.04, fold=number != 3)

    payable = world.ledger.account(PAYABLE.id, MINE)

    assert payable == folded({}, world.posted)[PAYABLE]


def test_what_was_folded_long_ago_is_not_looked_at_at_all(world: World) -> None:
    world.post(1, 0, fold=True)
    world.post(2, 1_000, fold=True, merchant_id="mer_b")
    world.clock.time = later(2_000)

    world.ledger.trial_balance(OPERATOR)

    # The newest of a shard cannot be told from what was posted in the same millisecond.
    assert set(world.payments.looked_at) <= {"pay_1", "pay_2"}
    assert world.payments.looked_at.count("pay_1") <= 1
