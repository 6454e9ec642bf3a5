"""The examination of stored tables: what is read, joined, looked at again and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from payflow.aws.attributes import Item
from payflow.aws.payment_item import payment_to_item
from payflow.aws.posting_item import postings_to_attributes
from payflow.aws.wallet_item import operation_to_item, wallet_to_item
from payflow.domain.instruction import InstructionKind
from payflow.domain.money import Money
from payflow.domain.payment import CaptureMethod, Payment
from payflow.domain.payout import payout_id, payout_transaction
from tests.support.builders import NOON
from tests.support.in_process import MERCHANT, InProcess
from tests.tools.doctor.world import AFTERWARDS, FAILS_AT_THE_FIRST, TERMS, book_items, claims
from tools.doctor.examination import Examination
from tools.doctor.findings import Check, Findings
from tools.doctor.money import Sums
from tools.doctor.secrecy import Secrets

WALLET = "wal_1"
KEPT = f"paid#{MERCHANT.id}#INR"
ACCOUNT = f"customer_wallet:{WALLET}:INR"
ItemChange = Callable[[Item], Item]


@dataclass
class FakeTable:
    """Items in memory; after `heals_after` single reads the `healthy` ones take their place."""

    key: str
    stored: dict[str, Item] = field(default_factory=dict)
    healthy: dict[str, Item] = field(default_factory=dict)
    heals_after: int = 10**6

    def items(self, *_: str) -> Iterator[Item]:
        yield from self.stored.values()

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
    gateway.wallets.fund(WALLET, 5_000, merchant_id=MERCHANT.id)
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
    for module in ("examination", "wallet_examination", "payouts"):
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


def test_a_healthy_deployment_has_no_problem(examined: Examined) -> None:
    checks = examined()

    assert [check for check in checks.values() if not check.ok] == []
    assert "7 payments" in checks[1].detail
    assert "6 book entries" in checks[1].detail
    assert "1 wallets, 5 wallet operations" in checks[17].detail
    assert " claims" in checks[34].detail


def test_a_tampered_journal_line_is_told_with_its_payment(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    payment_id = first(tables["Payments"])
    postings = tables["Payments"].stored[payment_id]["postings"]
    postings["L"][0]["M"]["e"]["L"][0]["L"][0]["N"] = "1"

    checks = examined()

    assert not checks[11].ok
    assert payment_id in checks[11].detail
    assert not checks[13].ok


def test_a_tampered_book_entry_is_told_with_its_payment(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    entry_id = first(tables["ProviderBooks"])
    change(tables["ProviderBooks"], entry_id, standing={"S": "declined"})

    checks = examined()

    assert not checks[1].ok
    assert first(tables["Payments"]) in checks[1].detail


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


def test_what_is_well_at_the_second_look_was_only_on_its_way(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    books = tables["ProviderBooks"]
    change(books, first(books), standing={"S": "declined"})
    books.heals_after = 1

    assert [check for check in examined().values() if not check.ok] == []


@pytest.mark.parametrize(
    ("table", "attributes", "invariant"),
    [
        ("Payments", {"status": {"S": "lost"}}, 18),
        ("Payments", {"postings": {"L": [{"M": {}}]}}, 11),
        ("ProviderBooks", {"booked_at": {"S": "noon"}}, 1),
    ],
)
def test_what_cannot_be_read_is_told(
    tables: dict[str, FakeTable],
    examined: Examined,
    table: str,
    attributes: dict[str, Any],
    invariant: int,
) -> None:
    change(tables[table], first(tables[table]), **attributes)

    check = examined()[invariant]

    assert "cannot be read" in check.detail
    assert not check.ok


def test_entries_and_claims_of_no_payment_are_told(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    payment_id = first(tables["Payments"])
    del tables["Payments"].stored[payment_id]

    checks = examined()

    assert f"{payment_id}: a provider's book names this payment" in checks[4].detail
    assert f"claims a call for {payment_id}" in checks[34].detail


def test_a_cvc_that_outlives_its_authorisation_is_told(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    sealed = {"B": b"\x91" * 40}
    change(
        tables["Vault"],
        first(tables["Vault"]),
        cvc=sealed,
        cvc_key=sealed,
        expires_at={"N": "1"},
    )

    assert "still holds its CVC" in examined()[32].detail


def test_a_secret_in_any_table_is_told_with_its_place(
    tables: dict[str, FakeTable], examined: Examined
) -> None:
    change(tables["Merchants"], "mer_1", name={"S": "call 4111111111111111"})

    assert "Merchants mer_1: shows a card number ending in 1111" in examined()[32].detail
