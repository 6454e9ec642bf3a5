"""A share of the sequences that every test run plays, and what they have found, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from payflow.aws.vault import UNUSED_CARD_AGE_MAX
from payflow.domain.health import HealthBook, ProviderRecord, Window
from payflow.domain.listing import PaymentFilter
from payflow.domain.merchant import ApiKey, Principal
from payflow.domain.method import CardData
from payflow.domain.payout import PaidOut, PayoutFilter
from simulation.ports.claims import InMemoryCallClaims
from tests.differential.books import Claims
from tests.differential.control import Control
from tests.differential.driver import Difference
from tests.differential.merchants import Merchants
from tests.differential.payments import Payments, a_merchant, small_limits
from tests.differential.payouts import Payouts
from tests.differential.reference import Reference, moto
from tests.differential.sequences import WEIGHTS, play
from tests.differential.vault import Vault
from tests.support.builders import NOON, a_payment, later

PARTS = 4
SEQUENCES = 2 * sum(WEIGHTS.values())
"""In each part; parts may be played at once."""
OWN = "999999"


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    with moto() as (one,), small_limits():
        yield one


@pytest.mark.parametrize("part", range(PARTS))
def test_every_answer_and_every_error_is_the_same(reference: Reference, part: int) -> None:
    numbers = range(part * SEQUENCES, (part + 1) * SEQUENCES)

    operations = sum(play(reference, number) for number in numbers)

    assert operations > 3 * SEQUENCES


def test_a_port_that_says_something_else_is_found(reference: Reference) -> None:
    class Forgetful(InMemoryCallClaims):
        def claim(self, payment_id: str, attempt_number: int) -> bool:
            super().claim(payment_id, attempt_number)
            return True

    claims = Claims(reference, Random(1), OWN)
    claims.memory = Forgetful()

    with pytest.raises(Difference, match=r"(?s)claim.*adapter: .*False.*memory:  .*True"):
        for _ in range(10):
            claims.claim()
    reference.forget(claims.TABLE, claims.written())


def test_a_sequence_leaves_nothing_behind(reference: Reference) -> None:
    for number in range(sum(WEIGHTS.values())):
        play(reference, number)

    left = [
        item
        for table in reference.tables.values()
        for item in reference.dynamodb.scan(TableName=table)["Items"]
    ]
    assert left == []


class TestWhatWasFound:
    def test_the_weights_of_a_health_book_are_rounded(self, reference: Reference) -> None:
        control = Control(reference, Random(1), OWN)
        learned = HealthBook({"mockCardA": ProviderRecord(NOON, Window(calls=1.23456))})

        control.ask("save_health", learned, 0)

        stored = control.ask("load").health.content
        assert stored.records["mockCardA"].window.calls == 1.235
        reference.forget(control.TABLE, control.written())

    def test_keys_of_one_moment_are_in_the_order_of_their_hashes(
        self, reference: Reference
    ) -> None:
        merchants = Merchants(reference, Random(1), OWN)
        key = ApiKey(
            id="key_1",
            key_hash="b",
            owner=merchants.ids[0],
            principal=Principal.MERCHANT,
            hint="sk",
            created_at=NOON,
        )

        merchants.ask("create", a_merchant(merchants.ids[0]), [key, replace(key, key_hash="a")])

        found = merchants.ask("keys_of", merchants.ids[0])
        assert [one.key_hash for one in found] == ["a", "b"]
        reference.forget(merchants.TABLE, merchants.written())

    def test_a_payment_that_is_not_there_has_no_version_to_replace(
        self, reference: Reference
    ) -> None:
        payments = Payments(reference, Random(1), OWN)

        assert payments.ask("save", a_payment(version=2)) is None
        assert payments.memory.items == {}

    def test_who_waits_longest_is_due_first_whoever_was_there_first(
        self, reference: Reference
    ) -> None:
        payments = Payments(reference, Random(1), OWN)
        for name, seconds in (("c", 2), ("b", 1), ("a", 1)):
            payments.ask("create", a_payment(id=f"pay_{name}", due_at=later(seconds)))

        assert payments.ask("due", later(2), 2, view=list) == ["pay_a", "pay_b"]
        reference.forget(payments.TABLE, payments.written())

    def test_a_page_that_is_full_says_whether_there_is_another(self, reference: Reference) -> None:
        payments = Payments(reference, Random(1), OWN)
        owner = payments.merchants[0]
        for name in ("a", "b"):
            payments.ask("create", a_payment(id=f"pay_{name}", merchant_id=owner))

        first = payments.ask("list", PaymentFilter(merchant_id=owner, limit=1))
        last = payments.ask(
            "list", PaymentFilter(merchant_id=owner, limit=1, after=first.next_after)
        )

        assert [one.id for one in (*first.payments, *last.payments)] == ["pay_b", "pay_a"]
        assert last.next_after is None
        reference.forget(payments.TABLE, payments.written())

    def test_payouts_go_on_behind_the_page_before(self, reference: Reference) -> None:
        payouts = Payouts(reference, Random(3), OWN)
        while len(payouts.memory.items) < 3:
            payouts.add()

        first = payouts.ask("list", PayoutFilter(merchant_id=None, limit=2))
        rest = payouts.ask("list", PayoutFilter(merchant_id=None, limit=2, after=first.next_after))

        assert {one.id for one in (*first.payouts, *rest.payouts)} == set(payouts.memory.items)
        reference.forget(payouts.TABLE, payouts.written())

    def test_a_sum_is_known_by_its_version(self, reference: Reference) -> None:
        payouts = Payouts(reference, Random(1), OWN)
        payout = payouts.a_payout()
        wrong = PaidOut(payout.merchant_id, payout.amount.currency, total_minor=7, version=0)

        payouts.ask("add", payout, wrong)

        paid = payouts.ask("paid_out", payout.merchant_id, payout.amount.currency)
        assert paid.total_minor == 7 + payout.amount.minor
        reference.forget(payouts.TABLE, payouts.written())

    def test_a_card_that_is_kept_has_no_cvc_and_one_that_is_not_is_gone_in_a_day(
        self, reference: Reference
    ) -> None:
        vault = Vault(reference, Random(1), OWN)
        card = CardData("4242424242424242", 12, 2030, "123")
        kept, unused = vault.tokens[0], vault.tokens[2]
        vault.ask("store", kept, "mer_1", card, keep=True)
        vault.ask("store", unused, "mer_1", card, keep=False)

        assert vault.ask("reveal", kept).cvc is None
        assert vault.ask("reveal", unused).cvc == "123"
        vault.clock.time += UNUSED_CARD_AGE_MAX
        assert vault.ask("reveal", unused) is None
        reference.forget(vault.TABLE, vault.written())
