"""What operations do to a wallet: never below zero, and everything sums up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from payflow.domain.errors import InvalidRequest, NotFound
from payflow.domain.ledger import folded
from payflow.domain.money import Money
from payflow.domain.wallet import (
    BALANCE_MINOR_MAX,
    HOLDS_MAX,
    Performed,
    Wallet,
    WalletAction,
    WalletOperation,
    WalletRequest,
)
from payflow.domain.wallet_document import wallet_document
from payflow.domain.wallet_rules import decided
from simulation.ports.wallets import InMemoryWallets
from tests.support.builders import NOON
from tests.support.fakes import FakeClock
from tests.support.ports import fund

WALLET, MERCHANT = "wal_1", "mer_1"
TOP_UP, HOLD, DEBIT = WalletAction.TOP_UP, WalletAction.HOLD, WalletAction.DEBIT
CAPTURE, RELEASE, CREDIT = WalletAction.CAPTURE, WalletAction.RELEASE, WalletAction.CREDIT


def asking(action: WalletAction, minor: int, key: str = "k", **more: Any) -> WalletRequest:
    request = WalletRequest(
        wallet_id=WALLET,
        merchant_id=MERCHANT,
        key=key,
        action=action,
        amount=Money(minor, "INR"),
        payment_id="pay_1",
    )
    return replace(request, **more)


class Bank:
    """One wallet with money in it; every question has a new key."""

    def __init__(self, balance: int = 1_000) -> None:
        self.wallets = InMemoryWallets(FakeClock())
        fund(self.wallets, WALLET, balance, merchant_id=MERCHANT)
        self.keys = 0

    @property
    def wallet(self) -> Wallet:
        return self.wallets.wallets[WALLET]

    @property
    def sums(self) -> tuple[int, int]:
        """Balance and what is available."""
        return self.wallet.balance_minor, self.wallet.available_minor

    def ask(self, action: WalletAction, minor: int, **more: Any) -> WalletOperation:
        self.keys += 1
        return self.perform(asking(action, minor, f"key-{self.keys}", **more)).operation

    def perform(self, request: WalletRequest) -> Performed:
        return self.wallets.perform(request)


class TestAHold:
    def test_takes_from_what_is_available_and_leaves_the_balance(self) -> None:
        bank = Bank()

        bank.ask(HOLD, 600)

        assert bank.sums == (1_000, 400)
        (hold,) = bank.wallet.holds
        assert (hold.key, hold.payment_id, hold.amount_minor) == ("key-1", "pay_1", 600)

    def test_is_captured_in_parts_and_the_last_releases_the_rest(self) -> None:
        bank = Bank()
        key = bank.ask(HOLD, 600).key

        bank.ask(CAPTURE, 250, authorization_key=key)
        partly = bank.sums
        bank.ask(CAPTURE, 100, authorization_key=key, final=True)

        assert partly == (750, 400)
        assert bank.sums == (650, 650)
        assert bank.wallet.holds == ()

    def test_is_gone_when_all_of_it_is_captured(self) -> None:
        bank = Bank()
        key = bank.ask(HOLD, 600).key

        bank.ask(CAPTURE, 600, authorization_key=key)

        assert (bank.sums, bank.wallet.holds) == ((400, 400), ())

    def test_is_released_whole(self) -> None:
        bank = Bank()
        key = bank.ask(HOLD, 600).key
        bank.ask(CAPTURE, 100, authorization_key=key)

        unaware = bank.ask(RELEASE, 600, authorization_key=key)
        aware = bank.ask(RELEASE, 500, authorization_key=key)

        assert unaware.refusal == "amount_not_available"
        assert aware.refusal is None
        assert bank.sums == (900, 900)

    def test_is_one_of_so_many_at_most(self) -> None:
        bank = Bank()
        for _ in range(HOLDS_MAX):
            assert bank.ask(HOLD, 1).refusal is None

        assert bank.ask(HOLD, 1).refusal == "frequency_limit_exceeded"
        assert bank.ask(DEBIT, 1).refusal is None


class TestADebit:
    def test_takes_the_money_and_a_credit_gives_it_back_once(self) -> None:
        bank = Bank()
        key = bank.ask(DEBIT, 700).key

        first = bank.ask(CREDIT, 500, authorization_key=key)
        beyond = bank.ask(CREDIT, 201, authorization_key=key)
        rest = bank.ask(CREDIT, 200, authorization_key=key)

        refusals = (first.refusal, beyond.refusal, rest.refusal)
        assert refusals == (None, "amount_not_available", None)
        assert bank.sums == (1_000, 1_000)

    @pytest.mark.parametrize("action", [HOLD, DEBIT])
    def test_and_a_hold_need_the_money(self, action: WalletAction) -> None:
        bank = Bank()
        bank.ask(HOLD, 600)

        assert bank.ask(action, 401).refusal == "insufficient_funds"
        assert bank.ask(action, 400).refusal is None

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"amount": Money(1, "USD")}, "currency_mismatch"),
            ({"merchant_id": "mer_2"}, "wallet_not_found"),
            ({"wallet_id": "wal_2"}, "wallet_not_found"),
        ],
    )
    def test_is_refused_for_another_currency_merchant_or_wallet(
        self, changes: dict[str, Any], code: str
    ) -> None:
        bank = Bank()

        operation = bank.ask(DEBIT, 1, **changes)

        assert operation.refusal == code
        assert bank.sums == (1_000, 1_000)


class TestATopUp:
    def test_is_booked_from_the_bank_to_the_wallet(self) -> None:
        bank = Bank()

        operation = bank.ask(TOP_UP, 250)

        sums = {account.id: one.amount for account, one in folded({}, operation.postings).items()}
        assert sums == {"bank:INR": 250, f"customer_wallet:{WALLET}:INR": 250}

    def test_is_answered_with_the_wallet_as_it_is_then(self) -> None:
        bank = Bank()

        operation = bank.ask(TOP_UP, 250)

        assert '"balance":1250' in (operation.answer or "")
        assert wallet_document(bank.wallet)["available"] == 1_250

    def test_has_a_limit_that_a_credit_does_not_have(self) -> None:
        bank = Bank(BALANCE_MINOR_MAX)
        key = bank.ask(DEBIT, 700).key
        bank.ask(TOP_UP, 700)

        with pytest.raises(InvalidRequest) as refusal:
            bank.ask(TOP_UP, 1)
        bank.ask(CREDIT, 700, authorization_key=key)

        assert (refusal.value.code, refusal.value.param) == ("wallet_limit_exceeded", "amount")
        assert bank.wallet.balance_minor == BALANCE_MINOR_MAX + 700

    def test_of_another_merchants_wallet_finds_none(self) -> None:
        wallet = Bank().wallet

        with pytest.raises(NotFound):
            decided(asking(TOP_UP, 1, merchant_id="mer_2"), wallet, None, NOON)


class TestAKey:
    def test_does_one_thing_once(self) -> None:
        bank = Bank()

        first = bank.perform(asking(DEBIT, 300))
        again = bank.perform(asking(DEBIT, 300))

        assert (first.is_new, again.is_new) == (True, False)
        assert again.operation == first.operation
        assert bank.sums == (700, 700)

    def test_that_was_refused_stays_refused(self) -> None:
        bank = Bank()
        bank.perform(asking(DEBIT, 1_001))
        bank.ask(TOP_UP, 1)

        assert bank.perform(asking(DEBIT, 1_001)).operation.refusal == "insufficient_funds"

    def test_is_told_apart_by_what_it_was_asked_for(self) -> None:
        operation = Bank().perform(asking(DEBIT, 300)).operation

        assert operation.answers(asking(DEBIT, 300))
        assert not operation.answers(asking(HOLD, 300))
        assert not operation.answers(asking(DEBIT, 301))
        assert not operation.answers(asking(DEBIT, 300, merchant_id="mer_2"))


class WalletLife(RuleBasedStateMachine):
    """A wallet under any operations in any order, repetitions among them."""

    @initialize(balance=st.integers(1, 1_000))
    def open(self, balance: int) -> None:
        self.bank = Bank(balance)
        self.asked: list[tuple[WalletRequest, WalletOperation]] = []

    @rule(
        action=st.sampled_from(list(WalletAction)),
        minor=st.integers(1, 600),
        named=st.integers(0, 20),
        final=st.booleans(),
        whole_only=st.booleans(),
    )
    def ask(
        self, action: WalletAction, minor: int, named: int, final: bool, whole_only: bool
    ) -> None:
        request = asking(
            action,
            minor,
            f"key-{len(self.asked)}",
            authorization_key=f"key-{named}" if action in (CAPTURE, RELEASE, CREDIT) else None,
            final=final and action is CAPTURE,
            whole_only=whole_only,
        )
        self.asked.append((request, self.bank.perform(request).operation))

    @rule(data=st.data())
    def release_or_refund_exactly_what_is_left(self, data: st.DataObject) -> None:
        done = [one for one in self.operations if one.action in (HOLD, DEBIT) and not one.refusal]
        if not done:
            return
        held = data.draw(st.sampled_from(done))
        left = held.amount.minor - held.captured_minor or held.captured_minor
        action = data.draw(st.sampled_from([RELEASE, CREDIT]))
        request = asking(action, left, f"key-{len(self.asked)}", authorization_key=held.key)
        self.asked.append((request, self.bank.perform(request).operation))

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.asked:
            request, first = data.draw(st.sampled_from(self.asked))
            before = self.bank.wallet
            again = self.bank.perform(request).operation

            assert self.bank.wallet == before
            assert replace(again, use=first.use) == first

    @property
    def operations(self) -> list[WalletOperation]:
        return list(self.bank.wallets.operations.values())

    @invariant()
    def nothing_is_below_zero(self) -> None:
        wallet = self.bank.wallet

        assert 0 <= wallet.available_minor <= wallet.balance_minor
        assert all(hold.amount_minor > 0 for hold in wallet.holds)

    @invariant()
    def operations_sum_up_to_the_wallet(self) -> None:
        wallet = self.bank.wallet

        assert sum(o.balance_change_minor for o in self.operations) == wallet.balance_minor
        assert sum(o.held_change_minor for o in self.operations) == wallet.held_minor
        for refused in (o for o in self.operations if o.refusal is not None):
            assert refused.balance_change_minor == refused.held_change_minor == 0

    @invariant()
    def no_more_is_captured_than_authorised_nor_refunded_than_captured(self) -> None:
        for one in self.operations:
            if one.action in (HOLD, DEBIT):
                assert 0 <= one.use.refunded_minor <= one.captured_minor <= one.amount.minor


TestWalletLife = WalletLife.TestCase


@given(st.lists(st.integers(1, 300), min_size=1, max_size=30))
def test_debits_succeed_exactly_while_the_money_lasts(parts: list[int]) -> None:
    bank, left = Bank(1_000), 1_000

    for part in parts:
        operation = bank.ask(DEBIT, part)
        assert (operation.refusal is None) == (part <= left)
        left -= part if operation.refusal is None else 0

    assert bank.sums == (left, left)
