"""The examination of stored tables: what is read, joined, looked at again and told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.doctor.conftest import Examined, FakeTable, change, first


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
