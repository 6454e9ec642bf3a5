"""Opening and topping up wallets: once per key, and the same bytes again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from payflow.domain.errors import IdempotencyKeyReused, InvalidRequest, NotFound
from payflow.domain.merchant import Caller, Principal
from payflow.domain.wallet import BALANCE_MINOR_MAX
from payflow.services.manage_wallets import ManageWallets, WalletClaim
from simulation.ports.wallets import InMemoryWallets
from tests.support.fakes import FakeClock

CLAIM = WalletClaim(
    merchant_id="mer_1", path="/api/v1/wallets", idempotency_key="k", canonical_body=b"{}"
)
OPERATOR = Caller(Principal.OPERATOR, "key_1")


@pytest.fixture
def manage() -> ManageWallets:
    clock = FakeClock()
    return ManageWallets(InMemoryWallets(clock), clock)


def opened(manage: ManageWallets) -> str:
    wallet_id: str = json.loads(manage.create(CLAIM, "cus_1", "INR").body)["id"]
    return wallet_id


def to_pay_in(wallet_id: str, key: str = "t", body: bytes = b"{}") -> WalletClaim:
    path = f"/api/v1/wallets/{wallet_id}/topup"
    return replace(CLAIM, path=path, idempotency_key=key, canonical_body=body)


def test_a_new_wallet_is_empty(manage: ManageWallets) -> None:
    wallet = json.loads(manage.create(CLAIM, "cus_1", "INR").body)

    assert (wallet["balance"], wallet["available"], wallet["holds"]) == (0, 0, [])
    assert (wallet["merchant_id"], wallet["customer_id"]) == ("mer_1", "cus_1")


def test_a_repeated_creation_gives_its_first_answer_whatever_happened_since(
    manage: ManageWallets,
) -> None:
    first = manage.create(CLAIM, "cus_1", "INR")
    manage.top_up(to_pay_in(json.loads(first.body)["id"]), json.loads(first.body)["id"], 500)

    again = manage.create(CLAIM, "cus_1", "INR")

    assert (first.replayed, again.replayed) == (False, True)
    assert again.body == first.body


def test_a_repeated_top_up_pays_in_once_and_gives_its_first_answer(
    manage: ManageWallets,
) -> None:
    wallet_id = opened(manage)

    first = manage.top_up(to_pay_in(wallet_id), wallet_id, 500)
    manage.top_up(to_pay_in(wallet_id, "other"), wallet_id, 70)
    again = manage.top_up(to_pay_in(wallet_id), wallet_id, 500)

    assert (first.replayed, again.replayed) == (False, True)
    assert again.body == first.body
    assert manage.get(wallet_id, OPERATOR).balance_minor == 570


@pytest.mark.parametrize("what", ["create", "top_up"])
def test_a_key_with_another_body_is_refused(manage: ManageWallets, what: str) -> None:
    wallet_id = opened(manage)
    manage.top_up(to_pay_in(wallet_id), wallet_id, 500)

    with pytest.raises(IdempotencyKeyReused):
        if what == "create":
            manage.create(replace(CLAIM, canonical_body=b"[]"), "cus_2", "INR")
        else:
            manage.top_up(to_pay_in(wallet_id, body=b"[]"), wallet_id, 501)

    assert manage.get(wallet_id, OPERATOR).balance_minor == 500


def test_keys_of_two_merchants_never_meet(manage: ManageWallets) -> None:
    other = manage.create(replace(CLAIM, merchant_id="mer_2"), "cus_1", "INR")

    assert not other.replayed
    assert json.loads(other.body)["id"] != opened(manage)


def test_a_top_up_beyond_the_limit_consumes_no_key(manage: ManageWallets) -> None:
    wallet_id = opened(manage)
    manage.top_up(to_pay_in(wallet_id, "full"), wallet_id, BALANCE_MINOR_MAX)

    with pytest.raises(InvalidRequest) as refusal:
        manage.top_up(to_pay_in(wallet_id), wallet_id, 1)

    assert refusal.value.code == "wallet_limit_exceeded"
    assert isinstance(manage.wallets, InMemoryWallets)
    assert len(manage.wallets.operations) == 1


def test_another_merchants_wallet_looks_like_none(manage: ManageWallets) -> None:
    wallet_id = opened(manage)
    stranger = Caller(Principal.MERCHANT, "key_2", "mer_2")

    with pytest.raises(NotFound):
        manage.get(wallet_id, stranger)
    with pytest.raises(NotFound):
        manage.top_up(replace(to_pay_in(wallet_id), merchant_id="mer_2"), wallet_id, 1)

    assert manage.get(wallet_id, OPERATOR).balance_minor == 0
