"""The examination of stored tables: what is read, joined, looked at again and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from payflow.aws.attributes import Item
from payflow.aws.payment_item import payment_to_item
from payflow.domain.payment import CaptureMethod
from tests.support.in_process import InProcess
from tests.tools.doctor.world import AFTERWARDS, FAILS_AT_THE_FIRST, TERMS, book_items, claims
from tools.doctor.examination import Examination
from tools.doctor.findings import Check, Findings
from tools.doctor.secrecy import Secrets

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
    gateway.run()
    payments = [payment_to_item(payment) for payment in gateway.payments.items.values()]
    calls = [{"id": {"S": f"{payment}#{number}"}} for payment, number in claims(gateway)]
    cards = [{"token": {"S": token}} for token in gateway.vault.cards]
    return {
        "Payments": _table("id", payments),
        "ProviderBooks": _table("id", [*book_items(gateway), {"id": {"S": "instrument#x"}}]),
        "ProviderCalls": _table("id", calls),
        "Vault": _table("token", cards),
        "Merchants": _table("id", [{"id": {"S": "mer_1"}, "name": {"S": "Shop"}}]),
    }


def _table(key: str, items: list[Any]) -> FakeTable:
    stored = {item[key]["S"]: item for item in items}
    return FakeTable(key, stored, dict(stored))


@pytest.fixture
def examined(
    tables: dict[str, FakeTable], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], dict[int, Check]]:
    """Run the examination: the checks by number."""
    monkeypatch.setattr("tools.doctor.examination.time.sleep", lambda _: None)

    def run() -> dict[int, Check]:
        gateway, findings = InProcess(), Findings()
        gateway.clock.time += AFTERWARDS
        Examination(
            tables=tables,  # type: ignore[arg-type]
            secrets=Secrets(["sk_test_8d12b26c32dac6dc6ec0ff590f3db454a07df89d"]),
            terms=TERMS,
            clock=gateway.clock,
            findings=findings,
            report=lambda doing, done, total: None,
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
    assert "4 payments" in checks[1].detail
    assert "6 book entries" in checks[1].detail
    assert "6 claims" in checks[34].detail


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
