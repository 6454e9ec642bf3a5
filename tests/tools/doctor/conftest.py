"""Stored tables for the doctor to examine, and the examination of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from payflow.aws.attributes import Item
from payflow.aws.journal import page_to_item
from payflow.aws.payment_item import payment_to_item
from payflow.aws.posting_item import postings_from_item, postings_to_attributes
from payflow.aws.wallet_item import operation_to_item, wallet_to_item
from payflow.domain.instruction import InstructionKind
from payflow.domain.journal import Head, head_after, next_page
from payflow.domain.journal_page import Page, page_from_text
from payflow.domain.money import Money
from payflow.domain.payment import CaptureMethod, Payment
from payflow.domain.payout import payout_id, payout_transaction
from tests.support.builders import NOON
from tests.support.in_process import MERCHANT, InProcess
from tests.support.ports import fund
from tests.tools.doctor.world import AFTERWARDS, FAILS_AT_THE_FIRST, TERMS, book_items, claims
from tools.doctor.examination import Examination
from tools.doctor.findings import Check, Findings
from tools.doctor.money import Sums
from tools.doctor.pages import read_page
from tools.doctor.secrecy import Secrets

WALLET = "wal_1"
KEPT = f"paid#{MERCHANT.id}#INR"
ACCOUNT = f"customer_wallet:{WALLET}:INR"


@dataclass
class FakeTable:
    """Items in memory; after `heals_after` single reads the `healthy` ones take their place."""

    key: str
    stored: dict[str, Item] = field(default_factory=dict)
    healthy: dict[str, Item] = field(default_factory=dict)
    heals_after: int = 10**6

    def items(self, *_: str) -> Iterator[Item]:
        yield from self.stored.values()

    def range(self, partition: str, sort_key: str, first: int) -> Iterator[Item]:
        for item in self.stored.values():
            if item[self.key]["S"] == partition and int(item[sort_key]["N"]) >= first:
                yield item

    def get(self, item_id: str) -> Item | None:
        self.heals_after -= 1
        source = self.stored if self.heals_after >= 0 else self.healthy
        return source.get(item_id)

    def count(self) -> int:
        return len(self.stored)


@pytest.fixture
def tables() -> dict[str, FakeTable]:
    """What four payments have left behind."""
    gateway = InProcess()
    for number in ("4242424242424242", FAILS_AT_THE_FIRST, "4000000000009987"):
        gateway.pay(number)
    gateway.pay(capture=CaptureMethod.MANUAL)
    fund(gateway.wallets, WALLET, 5_000, merchant_id=MERCHANT.id)
    gateway.pay(wallet_id=WALLET, amount_minor=1_200)
    gateway.pay(wallet_id=WALLET, amount_minor=300, capture=CaptureMethod.MANUAL)
    gateway.pay(wallet_id=WALLET, amount_minor=9_000)
    gateway.run()
    gateway.ask(paid_by_wallet(gateway), InstructionKind.REFUND, 200, key="refund")
    gateway.run()
    payments = [payment_to_item(payment) for payment in gateway.payments.items.values()]
    calls = [{"id": {"S": f"{payment}#{number}"}} for payment, number in claims(gateway)]
    cards = [{"token": {"S": token}} for token in gateway.vault.cards]
    return {
        "Payments": _table("id", payments),
        "ProviderBooks": _table("id", [*book_items(gateway), {"id": {"S": "instrument#x"}}]),
        "ProviderCalls": _table("id", calls),
        "Vault": _table("token", cards),
        "Wallets": _table(
            "id",
            [
                *map(wallet_to_item, gateway.wallets.wallets.values()),
                *map(operation_to_item, gateway.wallets.operations.values()),
            ],
        ),
        "Payouts": _table("id", payouts()),
        "Ledger": FakeTable("shard", pages(gateway)),
        "Merchants": _table("id", [{"id": {"S": "mer_1"}, "name": {"S": "Shop"}}]),
    }


def payouts() -> list[Any]:
    """500 and then 300 paid out on two days."""
    items: list[Any] = []
    for day, minor in ((1, 500), (2, 300)):
        identifier = payout_id(MERCHANT.id, "INR", date(2026, 1, day))
        booking = payout_transaction(identifier, MERCHANT.id, Money(minor, "INR"), NOON)
        item = {
            "id": {"S": identifier},
            "merchant_id": {"S": MERCHANT.id},
            "currency": {"S": "INR"},
            "day": {"S": f"2026-01-0{day}"},
            "amount": {"N": str(minor)},
            **postings_to_attributes([booking], MERCHANT.id, "INR"),
        }
        items.append(item)
    kept = {"id": {"S": KEPT}, "total": {"N": "800"}, "version": {"N": "2"}}
    return [*items, kept]


def pages(gateway: InProcess) -> dict[str, Item]:
    """Everything posted, folded into two pages."""
    posted = [one for payment in gateway.payments.items.values() for one in payment.postings]
    posted += [one for done in gateway.wallets.operations.values() for one in done.postings]
    posted += [posting for item in payouts() for posting in postings_from_item(item)]
    first = next_page(Head(3), posted[:5])
    second = next_page(head_after(Head(3), first), posted[5:])
    return {str(page.number): page_to_item(page) for page in (first, second)}


def page_from_item(item: Item) -> Page:
    return page_from_text(read_page(item).text)


def paid_by_wallet(gateway: InProcess) -> Payment:
    return next(
        payment for payment in gateway.payments.items.values() if payment.amount.minor == 1_200
    )


def _table(key: str, items: list[Any]) -> FakeTable:
    stored = {item[key]["S"]: item for item in items}
    return FakeTable(key, stored, dict(stored))


@pytest.fixture
def examined(
    tables: dict[str, FakeTable], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], dict[int, Check]]:
    """Run the examination: the checks by number."""
    for module in ("examination", "wallet_examination", "page_examination", "payouts"):
        monkeypatch.setattr(f"tools.doctor.{module}.time.sleep", lambda _: None)
    terms = replace(TERMS, wallet_provider="W")

    def run() -> dict[int, Check]:
        gateway, findings = InProcess(), Findings()
        gateway.clock.time += AFTERWARDS
        Examination(
            tables=tables,  # type: ignore[arg-type]
            secrets=Secrets(["sk_test_8d12b26c32dac6dc6ec0ff590f3db454a07df89d"]),
            terms=terms,
            clock=gateway.clock,
            findings=findings,
            report=lambda doing, done, total: None,
            ledger=lambda: {ACCOUNT: Sums(debits=1_200, credits=5_200)},
        ).run()
        return {check.id: check for check in findings.checks()}

    return run


def change(table: FakeTable, item_id: str, **attributes: Any) -> None:
    table.stored[item_id] = {**table.stored[item_id], **attributes}


def first(table: FakeTable) -> str:
    return next(iter(table.stored))


Examined = Callable[[], dict[int, Check]]
