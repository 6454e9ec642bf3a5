"""The ledger through both kinds of API."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest

from payflow import wiring
from payflow.domain.booking import capture_transaction
from payflow.domain.money import Money
from payflow.domain.timestamps import rfc3339
from tests.integration.conftest import NewShop, Shop
from tests.integration.test_payments_api import fits, stored
from tests.support.api_client import ApiClient

LEDGER = "/api/v1/ledger"


def capture(shop: Shop, minor: int, number: int = 1) -> None:
    """A captured payment in the table, at 2 % and 1 %."""
    payment = stored(shop.id, number, amount_minor=minor)
    posting = capture_transaction(
        payment_id=payment.id,
        merchant_id=shop.id,
        provider="mockCardA",
        amount=Money(minor, "INR"),
        provider_fee_minor=minor // 50,
        platform_fee_minor=minor // 100,
        sequence=1,
        posted_at=wiring.clock().now(),
    )
    wiring.payments().save(replace(payment, version=2, postings=(posting,)))


def account_path(shop: Shop, tail: str = "") -> str:
    return f"{LEDGER}/accounts/{quote(f'merchant_payable:{shop.id}:INR', safe='')}{tail}"


def test_a_merchant_sees_its_own_accounts(shop: Shop, new_shop: NewShop) -> None:
    capture(shop, 125_000)
    capture(new_shop(), 9_999)

    listed = shop.api.get(f"{LEDGER}/accounts").document
    one = shop.api.get(account_path(shop)).document

    assert fits(listed, "AccountList")
    assert listed["data"] == [one]
    assert one == {
        "id": f"merchant_payable:{shop.id}:INR",
        "kind": "merchant_payable",
        "currency": "INR",
        "debits": 0,
        "credits": 123_750,
        "balance": 123_750,
        "pending_debits": 0,
        "pending_credits": 0,
    }


@pytest.mark.parametrize("encoded", [True, False])
def test_an_accounts_id_may_be_encoded_or_not(shop: Shop, encoded: bool) -> None:
    account_id = f"merchant_payable:{shop.id}:INR"

    answer = shop.api.get(
        f"{LEDGER}/accounts/{quote(account_id, safe='') if encoded else account_id}"
    )

    assert answer.status == 200
    assert answer.document["id"] == account_id


def test_another_merchants_account_looks_like_none(shop: Shop, new_shop: NewShop) -> None:
    other = new_shop()
    capture(other, 9_999)

    for tail in ("", "/entries"):
        foreign = shop.api.get(account_path(other, tail))
        none = shop.api.get(f"{LEDGER}/accounts/nothing{tail}")
        assert foreign.refusal == none.refusal == (404, "account_not_found", None)


def test_entries_come_page_by_page(shop: Shop) -> None:
    for number in range(3):
        capture(shop, 1000 * (number + 1), number)
    amounts: list[int] = []
    query = "?limit=2"

    while query:
        page = shop.api.get(account_path(shop, f"/entries{query}")).document
        assert fits(page, "EntryPage")
        amounts += [entry["amount"] for entry in page["data"]]
        query = page["next_cursor"] and f"?limit=2&cursor={page['next_cursor']}"

    assert sorted(amounts) == [990, 1980, 2970]
    assert sum(amounts) == shop.api.get(account_path(shop)).document["balance"]


def test_a_cursor_of_another_account_is_refused(shop: Shop, new_shop: NewShop) -> None:
    other = new_shop()
    for number in range(2):
        capture(shop, 1000, number)
        capture(other, 1000, number)
    cursor = other.api.get(account_path(other, "/entries?limit=1")).document["next_cursor"]

    answer = shop.api.get(account_path(shop, f"/entries?limit=1&cursor={cursor}"))

    assert answer.refusal == (422, "invalid_cursor", "cursor")


def test_the_operators_trial_balance_balances(
    shop: Shop, new_shop: NewShop, operator: ApiClient
) -> None:
    capture(shop, 125_000)
    capture(new_shop(), 9_999)

    trial = operator.get(f"{LEDGER}/trial-balance").document

    assert fits(trial, "TrialBalance")
    assert trial["currencies"] == [
        {"currency": "INR", "debits": 134_999, "credits": 134_999, "balanced": True}
    ]
    assert len(trial["accounts"]) == 5


def test_a_merchants_trial_balance_claims_nothing(shop: Shop) -> None:
    capture(shop, 125_000)

    trial = shop.api.get(f"{LEDGER}/trial-balance").document

    assert [one["balanced"] for one in trial["currencies"]] == [None]
    assert [one["kind"] for one in trial["accounts"]] == ["merchant_payable"]


def test_the_balance_is_what_is_owed(shop: Shop) -> None:
    capture(shop, 125_000)

    balance = shop.api.get("/api/v1/balance").document

    assert fits(balance, "Balance")
    assert balance == {
        "data": [{"currency": "INR", "payable": 123_750, "reserve": 0, "pending": 0}]
    }


def test_sums_can_be_asked_for_as_of_a_time(shop: Shop, operator: ApiClient) -> None:
    before = rfc3339(wiring.clock().now())
    wiring.clock().sleep_ms(2)
    capture(shop, 125_000)
    after = rfc3339(wiring.clock().now())

    then = shop.api.get(account_path(shop, f"?at={before}")).document
    now = shop.api.get(account_path(shop, f"?at={after}")).document
    trial = operator.get(f"{LEDGER}/trial-balance?at={before}").document

    assert (then["balance"], now["balance"]) == (0, 123_750)
    assert (trial["as_of"], trial["accounts"]) == (before, [])
    refused = shop.api.get(account_path(shop, "?at=yesterday"))
    assert refused.refusal == (422, "invalid_format", "at")
