"""Money is exact, and every booking balances (invariants 11, 12, 17, 18)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.booking import capture_transaction, refund_transaction
from payflow.domain.errors import CurrencyMismatch
from payflow.domain.ledger import (
    NORMAL_SIDE,
    Account,
    AccountKind,
    Balance,
    Entry,
    JournalTransaction,
    Phase,
    Side,
    folded,
    transaction_id,
)
from payflow.domain.money import AMOUNT_MINOR_MAX, FeeTerms, Money, major_units
from tests.support.builders import NOON

amounts = st.integers(1, AMOUNT_MINOR_MAX)
terms = st.builds(FeeTerms, st.integers(0, 10_000), st.integers(0, 10_000))


def a_capture(amount: int, provider_fee: int, platform_fee: int, n: int = 1) -> JournalTransaction:
    return capture_transaction(
        payment_id=f"pay_{n}",
        merchant_id="mer_1",
        provider="A",
        amount=Money(amount, "INR"),
        provider_fee_minor=provider_fee,
        platform_fee_minor=platform_fee,
        sequence=1,
        posted_at=NOON,
    )


def test_two_currencies_do_not_add() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "INR") + Money(1, "USD")


@pytest.mark.parametrize("minor", [1.0, True, "1"])
def test_minor_units_are_integers(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "INR")  # type: ignore[arg-type]


@given(amounts, terms)
def test_a_fee_is_between_nothing_and_the_amount(amount: int, fee: FeeTerms) -> None:
    assert 0 <= fee.on(amount) <= amount


@given(amounts, terms, terms)
def test_a_capture_balances_and_its_parts_sum_to_the_amount(
    amount: int, provider: FeeTerms, platform: FeeTerms
) -> None:
    booking = a_capture(amount, provider.on(amount), platform.on(amount))

    for side in Side:
        assert sum(e.amount_minor for e in booking.entries if e.side is side) == amount


@given(st.lists(amounts, min_size=1, max_size=20), st.data())
def test_folding_in_any_split_gives_the_same_balances(
    history: list[int], data: st.DataObject
) -> None:
    journal = [a_capture(a, a // 50, a // 100, n) for n, a in enumerate(history)]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(journal)), max_size=3)))

    balances: dict[Account, Balance] = {}
    for start, end in pairwise([0, *cuts, len(journal)]):
        balances = folded(balances, journal[start:end])

    assert balances == folded({}, journal)
    assert sum(b.debits for b in balances.values()) == sum(b.credits for b in balances.values())


@given(amounts, amounts)
def test_what_is_held_counts_in_no_balance_and_is_gone_when_released(a: int, b: int) -> None:
    hold = replace(a_capture(a + b, 0, 0), operation="authorize", phase=Phase.PENDING)
    part, rest = (
        replace(a_capture(minor, 0, 0, n), operation="release", phase=Phase.RELEASED)
        for n, minor in enumerate((a, b))
    )

    held = folded({}, [hold])
    partly = folded(held, [part])
    released = folded(partly, [rest])

    assert {(one.amount, one.is_blank) for one in held.values()} == {(0, False)}
    assert sum(one.pending_debits for one in partly.values()) == b
    assert sum(one.pending_credits for one in partly.values()) == b
    assert all(one.is_blank for one in released.values())


def test_an_unbalanced_booking_cannot_exist() -> None:
    bank = Account(AccountKind.BANK, "INR")

    with pytest.raises(ValueError, match="does not balance"):
        replace(a_capture(100, 0, 0), entries=(Entry(bank, Side.DEBIT, 1),))


def test_currencies_do_not_balance_each_other() -> None:
    entries = (
        Entry(Account(AccountKind.BANK, "INR"), Side.DEBIT, 5),
        Entry(Account(AccountKind.BANK, "USD"), Side.CREDIT, 5),
    )

    with pytest.raises(ValueError, match="does not balance"):
        replace(a_capture(100, 0, 0), entries=entries)


def test_a_booking_repeated_has_the_same_id() -> None:
    assert a_capture(100, 2, 1).id == transaction_id("pay_1", "capture", 1)


def test_a_liability_grows_by_credits() -> None:
    (payable,) = [
        b for b in folded({}, [a_capture(100, 2, 1)]).values() if b.account.owner == "mer_1"
    ]

    assert payable.account.id == "merchant_payable:mer_1:INR"
    assert payable.amount == 99


def test_every_kind_of_account_has_its_side() -> None:
    assert set(NORMAL_SIDE) == set(AccountKind)


@given(amounts)
def test_a_refund_reverses_the_principal_of_its_capture(amount: int) -> None:
    refund = refund_transaction(
        payment_id="pay_1",
        merchant_id="mer_1",
        provider="A",
        amount=Money(amount, "INR"),
        sequence=2,
        posted_at=NOON,
    )

    balances = folded({}, [a_capture(amount, 0, 0), refund]).values()

    assert {balance.amount for balance in balances} == {0}
    assert refund.id != transaction_id("pay_1", "refund", 1)


@given(amounts, terms)
def test_what_a_stored_wallet_pays_comes_from_it_and_goes_back_to_it(
    amount: int, platform: FeeTerms
) -> None:
    fact: dict[str, Any] = {
        "payment_id": "pay_1",
        "merchant_id": "mer_1",
        "provider": "payflowWallet",
        "amount": Money(amount, "INR"),
        "posted_at": NOON,
        "wallet_id": "wal_1",
    }
    fee = platform.on(amount)
    capture = capture_transaction(**fact, provider_fee_minor=0, platform_fee_minor=fee, sequence=1)
    refund = refund_transaction(**fact, sequence=2)

    paid, after = folded({}, [capture]), folded({}, [capture, refund])
    wallet = Account(AccountKind.CUSTOMER_WALLET, "INR", "wal_1")

    assert paid[wallet].amount == -amount
    assert after[wallet].amount == 0
    assert sum(one.amount for account, one in paid.items() if account != wallet) == amount
    assert AccountKind.PROVIDER_RECEIVABLE not in {account.kind for account in after}


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (125_000, "INR", "1250.00"),
        (5, "INR", "0.05"),
        (1250, "JPY", "1250"),
        (1, "KWD", "0.001"),
        (-150, "USD", "-1.50"),
        (0, "USD", "0.00"),
    ],
)
def test_amounts_are_told_in_major_units(minor: int, currency: str, text: str) -> None:
    assert major_units(Money(minor, currency)) == text
