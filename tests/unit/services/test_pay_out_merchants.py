"""Payouts: what is settled, once a day, nothing twice; what is owed the other way is carried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payflow.domain.booking import capture_transaction, refund_transaction
from payflow.domain.dispute_booking import LOST, OPENED, WON, dispute_transaction
from payflow.domain.errors import NotFound, Unavailable
from payflow.domain.ledger import Account, AccountKind, JournalTransaction, folded
from payflow.domain.merchant import Merchant
from payflow.domain.money import FeeTerms, Money
from payflow.domain.payout import Earned, Payout, payout_id
from payflow.domain.provider import Market
from payflow.services.earnings import FoldedEarnings
from payflow.services.pay_out_merchants import PayOutMerchants
from simulation.ports.merchants import InMemoryMerchants
from tests.support.builders import NOON, a_provider
from tests.support.fakes import FakeClock, FixedMarket
from tests.support.ports import RacedPayouts

DAY = timedelta(days=1)
TODAY = NOON.date()


def a_merchant(merchant_id: str = "mer_a", minimum_minor: int | None = 0) -> Merchant:
    return Merchant(
        id=merchant_id,
        name="Shop",
        settlement_currency="INR",
        platform_fee=FeeTerms(),
        created_at=NOON,
        updated_at=NOON,
        payout_minimum_minor=minimum_minor,
    )


@dataclass
class Journal:
    """What was booked for each merchant's payments."""

    booked: dict[str, list[JournalTransaction]]

    def postings(self, merchant_id: str) -> Sequence[JournalTransaction]:
        return self.booked.get(merchant_id, [])

    def posted_since(
        self, since: Mapping[str, datetime]
    ) -> Mapping[str, Iterator[Sequence[JournalTransaction]]]:
        return {merchant_id: iter([self.postings(merchant_id)]) for merchant_id in since}


class Bank:
    """The use case; provider A settles after a day, B after three, C at once."""

    def __init__(self, *merchants: Merchant) -> None:
        self.clock, self.journal, self.payouts = FakeClock(), Journal({}), RacedPayouts()
        self.merchants = InMemoryMerchants(merchants or (a_merchant(),))
        lags = {"A": 1, "B": 3, "C": 0}
        market = FixedMarket(
            Market(tuple(a_provider(name, settlement_lag_days=lag) for name, lag in lags.items()))
        )
        self.earnings = FoldedEarnings(self.journal, market, self.clock)
        self.pay = PayOutMerchants(
            self.payouts, self.merchants, self.earnings, self.clock, Random(1)
        )

    def capture(
        self, minor: int, provider: str = "A", currency: str = "INR", merchant_id: str = "mer_a"
    ) -> None:
        self._book(
            merchant_id,
            capture_transaction(
                **self._fact(merchant_id, minor, currency),
                provider=provider,
                provider_fee_minor=0,
                platform_fee_minor=0,
            ),
        )

    def refund(self, minor: int, merchant_id: str = "mer_a") -> None:
        self._book(
            merchant_id, refund_transaction(**self._fact(merchant_id, minor, "INR"), provider="A")
        )

    def dispute(self, minor: int, operation: str = OPENED) -> None:
        fact = self._fact("mer_a", minor, "INR")
        funding = Account(AccountKind.PROVIDER_RECEIVABLE, "INR", "A")
        held = Money(minor, "INR")
        self._book("mer_a", dispute_transaction(operation, **fact, funding=funding, held=held))

    def run(self, day: date | None = None) -> list[int]:
        """The amounts that a run pays, or has paid that day."""
        return [one.amount.minor for one in self.pay(day=day)]

    def next_day(self) -> None:
        self.clock.time += DAY

    def balances(self, merchant_id: str = "mer_a") -> dict[AccountKind, int]:
        journal = [*self.journal.postings(merchant_id), *self._paid(merchant_id)]
        return {account.kind: one.amount for account, one in folded({}, journal).items()}

    def _paid(self, merchant_id: str) -> list[JournalTransaction]:
        payouts = self.payouts.items.values()
        return [one.posting for one in payouts if one.merchant_id == merchant_id]

    def _book(self, merchant_id: str, posting: JournalTransaction) -> None:
        self.journal.booked.setdefault(merchant_id, []).append(posting)

    def _fact(self, merchant_id: str, minor: int, currency: str) -> dict[str, Any]:
        number = len(self.journal.postings(merchant_id)) + 1
        return {
            "payment_id": f"pay_{number}",
            "merchant_id": merchant_id,
            "amount": Money(minor, currency),
            "sequence": 1,
            "posted_at": self.clock.now(),
        }


class TestWhatIsAvailable:
    def test_is_what_the_provider_has_settled(self) -> None:
        bank = Bank()
        bank.capture(500, "A")
        bank.capture(70, "B")
        bank.capture(3, "C")

        paid = []
        for _ in range(5):
            paid.append(bank.run())
            bank.next_day()

        assert paid == [[3], [500], [], [70], []]
        assert bank.balances()[AccountKind.MERCHANT_PAYABLE] == 0
        assert bank.balances()[AccountKind.BANK] == -573

    def test_is_less_by_every_refund_at_once(self) -> None:
        bank = Bank()
        bank.capture(500)
        bank.next_day()
        bank.refund(120)

        assert bank.run() == [380]

    def test_what_is_disputed_waits_for_the_outcome(self) -> None:
        bank = Bank()
        bank.capture(500, "C")
        bank.dispute(200)
        bank.capture(50, "C")
        bank.dispute(30)

        assert bank.run() == [550 - 230]
        bank.dispute(200, WON)
        bank.dispute(30, LOST)
        bank.next_day()
        assert bank.run() == [200]

    def test_of_a_provider_that_is_gone_waits_as_is_usual(self) -> None:
        bank = Bank()
        bank.capture(500, "gone")

        assert bank.run() == []
        bank.next_day()
        assert bank.run() == [500]

    def test_is_paid_currency_by_currency(self) -> None:
        bank = Bank()
        bank.capture(500, "C")
        bank.capture(20_000, "C", "USD")

        payouts = bank.pay()

        assert [one.amount for one in payouts] == [Money(500, "INR"), Money(20_000, "USD")]


class TestAMinimum:
    @pytest.mark.parametrize(
        ("currency", "minor"), [("INR", 10_000), ("USD", 10_000), ("JPY", 100), ("KWD", 100_000)]
    )
    def test_is_a_hundred_of_the_currency_unless_the_terms_say_otherwise(
        self, currency: str, minor: int
    ) -> None:
        bank = Bank(a_merchant(minimum_minor=None))
        bank.capture(minor - 1, "C", currency)

        assert bank.run() == []
        bank.capture(1, "C", currency)
        assert bank.run() == [minor]

    def test_of_the_merchants_own_is_in_its_settlement_currency(self) -> None:
        bank = Bank(a_merchant(minimum_minor=5))
        bank.capture(4, "C")
        bank.capture(5, "C", "USD")

        assert bank.run() == []
        bank.capture(1, "C")
        assert bank.run() == [5]

    def test_carries_what_is_below_it_until_there_is_more(self) -> None:
        bank = Bank(a_merchant(minimum_minor=100))
        paid = []
        for _ in range(3):
            bank.capture(40, "C")
            paid.append(bank.run())
            bank.next_day()

        assert paid == [[], [], [120]]


class TestCarrying:
    def test_a_negative_balance_is_made_good_by_later_captures(self) -> None:
        bank = Bank()
        bank.capture(500, "C")
        bank.run()
        bank.refund(300)
        bank.next_day()

        assert bank.run() == []
        bank.capture(450, "C")
        assert bank.run() == [150]

    def test_a_refund_while_it_is_paid_turns_the_balance_negative_and_is_carried(self) -> None:
        bank = Bank()
        bank.capture(500, "C")
        bank.payouts.before_add = lambda: bank.refund(500)

        assert bank.run() == [500]
        assert bank.balances()[AccountKind.MERCHANT_PAYABLE] == -500
        bank.payouts.before_add = lambda: None
        bank.next_day()
        bank.capture(600, "C")
        assert bank.run() == [100]

    def test_a_payout_says_what_is_still_to_come(self) -> None:
        bank = Bank()
        bank.capture(500, "C")
        bank.capture(90, "A")

        (payout,) = bank.pay()

        assert (payout.amount.minor, payout.carried_minor) == (500, 90)


class TestOnce:
    def test_a_second_run_of_the_day_pays_nothing_more_and_tells_of_the_first(self) -> None:
        bank = Bank()
        bank.capture(500, "C")
        first = bank.pay()
        bank.capture(100, "C")

        assert bank.pay() == first
        assert len(bank.payouts.items) == 1

    def test_a_run_at_the_same_time_pays_the_same_payout(self) -> None:
        bank = Bank()
        bank.capture(500, "C")
        others: list[Sequence[Payout]] = []

        def another_run() -> None:
            bank.payouts.before_add = lambda: None
            others.append(bank.pay())

        bank.payouts.before_add = another_run

        assert [bank.pay()] == others

    def test_a_run_for_another_day_at_the_same_time_cannot_pay_the_same_money(self) -> None:
        bank = Bank()
        bank.capture(500, "C")

        def another_run() -> None:
            bank.payouts.before_add = lambda: None
            bank.pay(day=TODAY - DAY)

        bank.payouts.before_add = another_run

        assert bank.pay() == []
        assert bank.balances()[AccountKind.BANK] == -500

    def test_a_missed_day_is_made_up_for(self) -> None:
        bank = Bank()
        bank.capture(500, "C")

        (payout,) = bank.pay(day=TODAY - DAY)

        assert payout.id == payout_id("mer_a", "INR", TODAY - DAY)
        assert bank.run() == []


class TestWhoIsPaid:
    def test_everybody_or_one(self) -> None:
        bank = Bank(a_merchant("mer_a"), a_merchant("mer_b"))
        for merchant_id in ("mer_a", "mer_b"):
            bank.capture(500, "C", merchant_id=merchant_id)

        (one,) = bank.pay(merchant_id="mer_b")

        assert one.merchant_id == "mer_b"
        assert [payout.merchant_id for payout in bank.pay()] == ["mer_a", "mer_b"]

    def test_nobody_who_does_not_exist(self) -> None:
        with pytest.raises(NotFound):
            Bank().pay(merchant_id="mer_none")

    def test_a_merchant_that_cannot_be_paid_now_holds_up_no_other(self) -> None:
        bank = Bank(a_merchant("mer_a"), a_merchant("mer_b"))
        bank.capture(500, "C", merchant_id="mer_b")

        @dataclass
        class Failing:
            def of(self, merchant_id: str) -> Mapping[str, Earned]:
                if merchant_id == "mer_a":
                    raise Unavailable("temporarily_unavailable", "no answer")
                return bank.earnings.of(merchant_id)

        with pytest.raises(Unavailable):
            replace(bank.pay, earnings=Failing())()

        assert [one.merchant_id for one in bank.payouts.items.values()] == ["mer_b"]


facts = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C", "refund", OPENED, WON, LOST, "run", "yesterday", "night"]),
        st.integers(1, 1_000),
    ),
    max_size=40,
)


@given(facts, st.sampled_from([0, 1, 400]))
@settings(deadline=None)
def test_whatever_happens_nothing_is_paid_twice_and_every_unit_is_somewhere(
    history: list[tuple[str, int]], minimum_minor: int
) -> None:
    bank = Bank(a_merchant(minimum_minor=minimum_minor))
    earned_minor = reserve_minor = 0

    for what, minor in history:
        known = set(bank.payouts.items)
        match what:
            case "night":
                bank.next_day()
            case "run" | "yesterday":
                bank.run(bank.clock.now().date() - (DAY if what == "yesterday" else 0 * DAY))
            case "refund":
                bank.refund(minor)
                earned_minor -= minor
            case "A" | "B" | "C":
                bank.capture(minor, what)
                earned_minor += minor
            case _ if what == OPENED:
                bank.dispute(minor)
                earned_minor, reserve_minor = earned_minor - minor, reserve_minor + minor
            case _ if reserve_minor >= minor:
                bank.dispute(minor, what)
                reserve_minor -= minor
                earned_minor += minor if what == WON else 0

        payouts = bank.payouts.items.values()
        paid_minor = sum(one.amount.minor for one in payouts)
        balances = bank.balances()
        payable_minor = balances.get(AccountKind.MERCHANT_PAYABLE, 0)
        assert payable_minor == earned_minor - paid_minor
        assert balances.get(AccountKind.MERCHANT_RESERVE, 0) == reserve_minor
        assert balances.get(AccountKind.BANK, 0) == -paid_minor
        for payout in payouts:
            if payout.id not in known:
                assert payout.amount.minor >= max(1, minimum_minor)
                assert payable_minor == payout.carried_minor >= 0
