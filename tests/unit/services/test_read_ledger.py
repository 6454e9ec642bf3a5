"""What merchants and operators see of the ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payflow.domain.booking import capture_transaction
from payflow.domain.errors import InvalidRequest, NotFound
from payflow.domain.merchant import Caller, Merchant, Principal
from payflow.domain.money import FeeTerms, Money
from payflow.domain.statement import CurrencyTotal, MerchantBalance
from payflow.services.read_ledger import ReadLedger
from simulation.ports.journal import InMemoryJournal
from simulation.ports.merchants import InMemoryMerchants
from tests.support.builders import NOON, a_payment, later
from tests.support.fakes import FakeClock
from tests.support.ports import CountedPayments

MINE = Caller(Principal.MERCHANT, "key_1", "mer_a")
THEIRS = Caller(Principal.MERCHANT, "key_2", "mer_b")
OPERATOR = Caller(Principal.OPERATOR, "key_3")


def a_ledger(*captures: tuple[str, int, str]) -> ReadLedger:
    """A ledger of captures (merchant, minor units, currency) at 2 % and 1 %, a second apart."""
    payments, merchants = CountedPayments(), InMemoryMerchants()
    for merchant_id in ("mer_a", "mer_b"):
        merchants.items[merchant_id] = Merchant(
            id=merchant_id,
            name="A",
            settlement_currency="INR",
            platform_fee=FeeTerms(100),
            created_at=NOON,
            updated_at=NOON,
        )
    for number, (merchant_id, minor, currency) in enumerate(captures):
        payment = a_payment(
            id=f"pay_{number}", merchant_id=merchant_id, amount=Money(minor, currency)
        )
        posting = capture_transaction(
            payment_id=payment.id,
            merchant_id=merchant_id,
            provider="mockCardA",
            amount=payment.amount,
            provider_fee_minor=minor // 50,
            platform_fee_minor=minor // 100,
            sequence=1,
            posted_at=later(number),
        )
        payments.create(replace(payment, postings=(posting,)))
    return ReadLedger(InMemoryJournal(), (payments,), merchants, FakeClock())


BUSY = (("mer_a", 10_000, "INR"), ("mer_b", 50_000, "INR"), ("mer_a", 2_000, "USD"))


class TestAMerchant:
    def test_sees_its_own_accounts_and_no_other(self) -> None:
        accounts = a_ledger(*BUSY).accounts(MINE)

        assert [(one.account.id, one.amount) for one in accounts] == [
            ("merchant_payable:mer_a:INR", 9_900),
            ("merchant_payable:mer_a:USD", 1_980),
        ]

    @pytest.mark.parametrize(
        "account_id",
        [
            "merchant_payable:mer_b:INR",
            "provider_receivable:mockCardA:INR",
            "fees_revenue:INR",
            "merchant_payable:mer_a:XXX",
            "merchant_payable:mer_a",
            "bank:mer_a:INR",
            "nonsense",
        ],
    )
    def test_cannot_tell_anothers_account_from_none(self, account_id: str) -> None:
        ledger = a_ledger(*BUSY)

        for ask in (
            lambda: ledger.account(account_id, MINE),
            lambda: ledger.entries(account_id, MINE, limit=1, after=None),
        ):
            with pytest.raises(NotFound) as caught:
                ask()
            assert caught.value.code == "account_not_found"

    def test_has_an_empty_account_before_its_first_payment(self) -> None:
        balance = a_ledger().account("merchant_payable:mer_a:INR", MINE)

        assert (balance.debits, balance.credits, balance.amount) == (0, 0, 0)

    def test_gets_a_trial_balance_that_claims_nothing(self) -> None:
        trial = a_ledger(*BUSY).trial_balance(MINE)

        assert trial.totals == [
            CurrencyTotal("INR", 0, 9_900, None),
            CurrencyTotal("USD", 0, 1_980, None),
        ]

    def test_sees_what_it_is_owed_in_its_settlement_currency_at_least(self) -> None:
        assert a_ledger().balance(MINE) == [MerchantBalance("INR", 0, 0)]
        assert a_ledger(*BUSY).balance(MINE) == [
            MerchantBalance("INR", 9_900, 0),
            MerchantBalance("USD", 1_980, 0),
        ]


class TestAnOperator:
    def test_sees_every_account_and_that_the_books_balance(self) -> None:
        trial = a_ledger(*BUSY).trial_balance(OPERATOR)

        assert trial.totals == [
            CurrencyTotal("INR", 60_000, 60_000, True),
            CurrencyTotal("USD", 2_000, 2_000, True),
        ]
        assert [one.account.id for one in trial.accounts] == [
            "fees_revenue:INR",
            "fees_revenue:USD",
            "merchant_payable:mer_a:INR",
            "merchant_payable:mer_a:USD",
            "merchant_payable:mer_b:INR",
            "provider_fees:INR",
            "provider_fees:USD",
            "provider_receivable:mockCardA:INR",
            "provider_receivable:mockCardA:USD",
        ]

    def test_sees_accounts_that_merchants_share(self) -> None:
        receivable = a_ledger(*BUSY).account("provider_receivable:mockCardA:INR", OPERATOR)

        assert receivable.amount == 9_800 + 49_000

    def test_sees_what_all_merchants_are_owed(self) -> None:
        assert a_ledger(*BUSY).balance(OPERATOR) == [
            MerchantBalance("INR", 9_900 + 49_500, 0),
            MerchantBalance("USD", 1_980, 0),
        ]


class TestEntries:
    ACCOUNT = "merchant_payable:mer_a:INR"

    def test_come_newest_first_and_add_up_to_the_balance(self) -> None:
        ledger = a_ledger(*[("mer_a", 1_000 * n, "INR") for n in range(1, 6)])

        page = ledger.entries(self.ACCOUNT, MINE, limit=100, after=None)

        amounts = [line.entry.amount_minor for line in page.lines]
        assert amounts == [4_950, 3_960, 2_970, 1_980, 990]
        assert sum(amounts) == ledger.account(self.ACCOUNT, MINE).amount
        assert page.next_after is None

    def test_pages_cover_all_once(self) -> None:
        ledger = a_ledger(*[("mer_a", 1_000 * n, "INR") for n in range(1, 6)])
        seen: list[str] = []
        after: str | None = None

        for _ in range(3):
            page = ledger.entries(self.ACCOUNT, MINE, limit=2, after=after)
            seen += [line.id for line in page.lines]
            after = page.next_after

        assert len(seen) == len(set(seen)) == 5
        assert after is None

    def test_a_position_that_is_none_is_refused(self) -> None:
        with pytest.raises(InvalidRequest):
            a_ledger(*BUSY).entries(self.ACCOUNT, MINE, limit=2, after="ent_elsewhere")
