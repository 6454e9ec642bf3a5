"""The wallets table under simultaneous operations: real threads, one transaction each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from types_boto3_dynamodb import DynamoDBClient

from payflow.aws.system_clock import SystemClock
from payflow.aws.wallet_item import is_operation, operation_from_item
from payflow.aws.wallets import TRIES_MAX, DynamoWallets
from payflow.domain.errors import Unavailable
from payflow.domain.money import Money
from payflow.domain.wallet import Performed, Wallet, WalletAction, WalletRequest
from tests.support.builders import NOON
from tests.support.fakes import FakeClock

WALLET = "wal_00000000000000000000000001"
BALANCE = 1_000


def a_request(action: WalletAction, minor: int, key: str, **more: Any) -> WalletRequest:
    request = WalletRequest(
        wallet_id=WALLET,
        merchant_id="mer_1",
        key=key,
        action=action,
        amount=Money(minor, "INR"),
        payment_id="pay_1",
    )
    return replace(request, **more)


@pytest.fixture
def wallets(dynamodb: DynamoDBClient) -> DynamoWallets:
    """A wallet with money in it."""
    made = DynamoWallets(dynamodb, "wallets", SystemClock(), Random(1))
    born = Wallet(
        id=WALLET,
        merchant_id="mer_1",
        customer_id="cus_1",
        currency="INR",
        request_hash="00",
        created_at=NOON,
        updated_at=NOON,
    )
    assert made.create(born) is None
    made.perform(a_request(WalletAction.TOP_UP, BALANCE, "top_1", request_hash="00"))
    return made


def at_once(ask: Callable[[int], Performed], callers: int) -> list[Performed]:
    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(ask, range(callers)))


def assert_that_operations_sum_up(dynamodb: DynamoDBClient, wallet: Wallet | None) -> None:
    items = dynamodb.scan(TableName="wallets")["Items"]
    operations = [operation_from_item(item) for item in items if is_operation(item)]
    assert wallet is not None
    assert sum(one.balance_change_minor for one in operations) == wallet.balance_minor
    assert sum(one.held_change_minor for one in operations) == wallet.held_minor


def test_twelve_payments_at_once_of_more_than_a_fifth_leave_what_four_leave(
    wallets: DynamoWallets, dynamodb: DynamoDBClient
) -> None:
    actions = (WalletAction.HOLD, WalletAction.DEBIT)

    done = at_once(lambda n: wallets.perform(a_request(actions[n % 2], 201, f"pk_{n}")), 12)

    refusals = [one.operation.refusal for one in done]
    assert (refusals.count(None), refusals.count("insufficient_funds")) == (4, 8)
    wallet = wallets.get(WALLET)
    assert wallet is not None
    assert wallet.available_minor == BALANCE - 4 * 201
    assert_that_operations_sum_up(dynamodb, wallet)


def test_one_key_at_once_moves_money_once(wallets: DynamoWallets) -> None:
    done = at_once(lambda _: wallets.perform(a_request(WalletAction.DEBIT, 300, "pk_1")), 8)

    assert [one.is_new for one in done].count(True) == 1
    assert len({one.operation for one in done}) == 1
    wallet = wallets.get(WALLET)
    assert wallet is not None
    assert wallet.balance_minor == BALANCE - 300


def test_an_inquiry_and_its_operation_at_once_agree(wallets: DynamoWallets) -> None:
    request = a_request(WalletAction.DEBIT, 300, "pk_1")

    def ask(number: int) -> Performed:
        if number % 2:
            return Performed(wallets.refuse(request, "request_closed"), is_new=False)
        return wallets.perform(request)

    done = at_once(ask, 8)

    (operation,) = {one.operation for one in done}
    wallet = wallets.get(WALLET)
    assert wallet is not None
    assert wallet.balance_minor == BALANCE - (0 if operation.refusal else 300)


def test_a_hold_is_captured_and_refunded_within_its_own_limits(
    wallets: DynamoWallets, dynamodb: DynamoDBClient
) -> None:
    wallets.perform(a_request(WalletAction.HOLD, 600, "pk_1"))
    capture = a_request(WalletAction.CAPTURE, 150, "", authorization_key="pk_1")

    captured = at_once(lambda n: wallets.perform(replace(capture, key=f"cap_{n}")), 6)
    credit = replace(capture, action=WalletAction.CREDIT)
    refunded = at_once(lambda n: wallets.perform(replace(credit, key=f"ref_{n}")), 6)

    for done in (captured, refunded):
        refusals = [one.operation.refusal for one in done]
        assert (refusals.count(None), refusals.count("amount_not_available")) == (4, 2)
    wallet = wallets.get(WALLET)
    assert wallet is not None
    assert (wallet.balance_minor, wallet.holds) == (BALANCE, ())
    assert_that_operations_sum_up(dynamodb, wallet)


def test_a_transaction_that_meets_others_is_tried_again_but_not_for_ever(
    wallets: DynamoWallets, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[str] = []

    def conflict(**_: Any) -> None:
        met.append("conflict")
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
        answer: Any = {
            "Error": {"Code": "TransactionCanceledException"},
            "CancellationReasons": reasons,
        }
        raise ClientError(answer, "TransactWriteItems")

    monkeypatch.setattr(dynamodb, "transact_write_items", conflict)
    patient = DynamoWallets(dynamodb, "wallets", FakeClock(), Random(1))

    with pytest.raises(Unavailable):
        patient.perform(a_request(WalletAction.DEBIT, 1, "pk_1"))

    assert len(met) == TRIES_MAX
    wallet = wallets.get(WALLET)
    assert wallet is not None
    assert wallet.balance_minor == BALANCE


def test_an_operation_is_no_wallet(wallets: DynamoWallets) -> None:
    assert wallets.get(f"{WALLET}#top_1") is None
