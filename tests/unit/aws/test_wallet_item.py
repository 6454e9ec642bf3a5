"""Wallets and their operations survive storage exactly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from payflow.aws.wallet_item import (
    is_operation,
    operation_from_item,
    operation_to_item,
    wallet_from_item,
    wallet_to_item,
)
from payflow.domain.booking import top_up_transaction
from payflow.domain.money import Money
from payflow.domain.wallet import Hold, Use, Wallet, WalletAction, WalletOperation
from tests.support.builders import NOON, later

words = st.text(st.characters(codec="utf-8", exclude_characters="#"), min_size=1, max_size=20)
amounts = st.integers(0, 10**13)
times = st.integers(0, 10**6).map(later)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
holds = st.builds(Hold, words, words, amounts, times)
wallets = st.builds(
    Wallet,
    id=words,
    merchant_id=words,
    customer_id=words,
    currency=st.just("INR"),
    request_hash=hashes,
    created_at=times,
    updated_at=times,
    balance_minor=amounts,
    holds=st.lists(holds, max_size=4).map(tuple),
    version=st.integers(1, 10**6),
)
operations = st.builds(
    WalletOperation,
    wallet_id=words,
    merchant_id=words,
    key=words,
    action=st.sampled_from(WalletAction),
    amount=st.builds(Money, amounts, st.sampled_from(["INR", "JPY"])),
    at=times,
    payment_id=st.none() | words,
    authorization_key=st.none() | words,
    final=st.booleans(),
    request_hash=st.none() | hashes,
    refusal=st.none() | words,
    balance_change_minor=st.integers(-(10**12), 10**12),
    held_change_minor=st.integers(-(10**12), 10**12),
    use=st.builds(Use, amounts, amounts, st.booleans()),
    answer=st.none() | words,
)


@given(wallets)
def test_a_wallet_comes_back_as_it_was(wallet: Wallet) -> None:
    item = wallet_to_item(wallet)

    assert wallet_from_item(item) == wallet
    assert not is_operation(item)


@given(operations)
def test_an_operation_comes_back_as_it_was(operation: WalletOperation) -> None:
    item = operation_to_item(operation)

    assert operation_from_item(item) == operation
    assert is_operation(item)


def test_a_top_up_carries_its_journal_transaction_for_whoever_reads_the_stream() -> None:
    amount = Money(500, "INR")
    booking = top_up_transaction(
        operation_id="wal_1#top_1", wallet_id="wal_1", amount=amount, posted_at=NOON
    )
    operation = WalletOperation(
        wallet_id="wal_1",
        merchant_id="mer_1",
        key="top_1",
        action=WalletAction.TOP_UP,
        amount=amount,
        at=NOON,
        postings=(booking,),
    )

    item = operation_to_item(operation)

    assert operation_from_item(item).postings == (booking,)
    assert {"id", "merchant_id", "currency", "postings"} <= set(item)
