"""Wallets, payouts and the journal's pages: tampered with, and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from payflow.aws.journal import page_to_item
from payflow.domain.journal import Head, head_after, next_page
from payflow.domain.money import Money
from payflow.domain.payout import payout_transaction
from tests.support.builders import NOON
from tests.support.in_process import MERCHANT
from tests.tools.doctor.conftest import WALLET, Examined, FakeTable, change, first, page_from_item


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"balance": {"N": "3999"}}, "balance 3999, its operations sum up to 4000"),
        ({"balance": {"N": "3999"}}, "has 3999, its ledger account 4000"),
        ({"holds": {"L": []}}, "holds 0, its operations sum up to 300"),
        ({"balance": {"N": "10"}}, "has 10, of which 300 are held"),
    ],
)
def test_a_tampered_wallet_is_told(
    tables: dict[str, FakeTable], examined: Examined, attributes: dict[str, Any], told: str
) -> None:
    change(tables["Wallets"], WALLET, **attributes)

    assert told in examined()[17].detail


def test_a_tampered_wallet_operation_is_told_by_wallet_payment_and_ledger(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    debit = next(
        item_id
        for item_id, item in tables["Wallets"].stored.items()
        if item.get("action") == {"S": "debit"} and "refusal" not in item
    )
    change(tables["Wallets"], debit, amount={"N": "1"}, balance={"N": "-2"})

    checks = examined()

    assert "debit moved -2, should be -1" in checks[17].detail
    assert "its operations sum up to 5198" in checks[17].detail
    assert "is of 1, the payment of 1200" in checks[1].detail


def test_a_top_up_that_is_not_booked_is_told(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    top_up = next(
        item_id
        for item_id, item in tables["Wallets"].stored.items()
        if item.get("action") == {"S": "topup"}
    )
    change(tables["Wallets"], top_up, postings={"L": []})

    assert "[] is booked for a topup of [5000]" in examined()[13].detail


@pytest.mark.parametrize(
    ("attributes", "invariant", "told"),
    [
        ({"amount": {"N": "501"}}, 13, "[(500, 500)] is booked for a payout of 501"),
        ({"day": {"S": "2026-01-09"}}, 12, "is not the payout of"),
        ({"amount": {"N": "501"}}, 17, "2 payouts of 801 in all, kept is 2 of 800"),
        ({"amount": {"N": "9999"}}, 17, "10299 was paid out of"),
        ({"amount": {"S": "much"}}, 18, "cannot be read"),
    ],
)
def test_a_tampered_payout_is_told(
    tables: dict[str, FakeTable],
    examined: Examined,
    attributes: dict[str, Any],
    invariant: int,
    told: str,
) -> None:
    change(tables["Payouts"], first(tables["Payouts"]), **attributes)

    assert told in examined()[invariant].detail


def test_a_page_that_was_tampered_with_breaks_its_chain(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    ledger = tables["Ledger"].stored
    forged = replace(page_from_item(ledger["1"]), watermark=NOON)
    ledger["1"] = {**ledger["1"], "text": page_to_item(forged)["text"]}

    detail = examined()[12].detail

    assert "page 1 of shard 03: does not have the hash that is kept beside it" in detail
    assert "page 2 of shard 03: does not name the hash of the page before" in detail


def test_a_page_that_is_gone_is_missed_by_chain_sums_and_facts(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    del tables["Ledger"].stored["1"]

    checks = examined()

    assert "page 2 of shard 03: follows page 0" in checks[12].detail
    assert "page 2 of shard 03: has " in checks[17].detail
    assert "was posted, and is not in the journal's pages as it was" in checks[17].detail


def test_a_page_too_many_is_told_by_what_it_repeats(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    ledger = tables["Ledger"].stored
    first, second = (page_from_item(ledger[number]) for number in ("1", "2"))
    head = head_after(head_after(Head(3), first), second)
    repeated = next_page(head, first.transactions[:1])
    ledger["3"] = page_to_item(repeated)

    assert "is in the journal's pages more than once" in examined()[12].detail


def test_a_transaction_that_nobody_posted_is_told(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    ledger = tables["Ledger"].stored
    first, second = (page_from_item(ledger[number]) for number in ("1", "2"))
    head = head_after(head_after(Head(3), first), second)
    invented = payout_transaction("po_x", MERCHANT.id, Money(1, "INR"), NOON)
    ledger["3"] = page_to_item(next_page(head, [invented]))

    assert "was not posted like that" in examined()[17].detail


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"text": {"B": b"no deflated text"}}, "page 1 of shard 03: cannot be read"),
        ({"page": {"N": "7"}}, "page 7 of shard 03: is filed as another page than it says"),
    ],
)
def test_a_page_that_is_none_is_told(
    tables: dict[str, FakeTable], examined: Examined, attributes: dict[str, Any], told: str
) -> None:
    change(tables["Ledger"], "1", **attributes)

    assert told in examined()[12].detail
