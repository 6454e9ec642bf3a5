"""What PayFlow's own wallets promise beyond the port: balance, owner, and inquiries that settle."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from payflow.domain.money import Money
from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.provider import STORED_WALLET_ADAPTER, Faults
from simulation.ports.wallets import InMemoryWallets
from tests.contract.operations import CAPTURE, PROVIDERS, REFUND, VOID
from tests.contract.sandbox import MERCHANT, ORDINARY, Sandbox, following
from tests.support.fakes import FakeClock
from tests.support.ports import fund

(CONFIG,) = (config for config in PROVIDERS if config.adapter == STORED_WALLET_ADAPTER)
WALLET = ORDINARY[CONFIG.type]
BALANCE = 100_000


@pytest.fixture
def sandbox() -> Sandbox:
    wallets = InMemoryWallets(FakeClock())
    fund(wallets, WALLET, BALANCE, merchant_id=MERCHANT)
    return Sandbox(wallets=wallets)


def sums(sandbox: Sandbox) -> tuple[int, int]:
    wallet = sandbox.wallets.wallets[WALLET]
    return wallet.balance_minor, wallet.available_minor


def declined(result: ProviderResult, code: str) -> bool:
    return (result.outcome, result.category, result.code) == (
        Outcome.DECLINED,
        Category.CUSTOMER,
        code,
    )


@pytest.mark.parametrize("capture", [True, False])
def test_more_than_there_is_is_declined_for_the_customers_own_reason(
    sandbox: Sandbox, capture: bool
) -> None:
    call = sandbox.call(CONFIG, amount_minor=BALANCE + 1, capture=capture)

    result = sandbox.authorize(CONFIG, call)

    assert declined(result, "insufficient_funds")
    assert sums(sandbox) == (BALANCE, BALANCE)


def test_a_wallet_of_nobody_another_merchant_or_another_currency_pays_nothing(
    sandbox: Sandbox,
) -> None:
    call = sandbox.call(CONFIG, amount_minor=1)
    nobodys = sandbox.call(CONFIG, "wal_2", attempt=2, amount_minor=1)
    strangers = replace(call, merchant_id="mer_2", key="pk_2")
    foreign = replace(call, amount=Money(1, "USD"), key="pk_3")

    assert declined(sandbox.authorize(CONFIG, nobodys), "wallet_not_found")
    assert declined(sandbox.authorize(CONFIG, strangers), "wallet_not_found")
    assert declined(sandbox.authorize(CONFIG, foreign), "currency_mismatch")
    assert sums(sandbox) == (BALANCE, BALANCE)


def test_another_merchant_can_neither_capture_nor_refund_what_was_authorised(
    sandbox: Sandbox,
) -> None:
    held = sandbox.call(CONFIG, amount_minor=100, capture=False)
    sandbox.authorize(CONFIG, held)

    for attempt, operation in enumerate((CAPTURE, VOID, REFUND), start=2):
        theirs = replace(following(held, operation, attempt=attempt), merchant_id="mer_2")
        assert declined(sandbox.perform(CONFIG, theirs), "wallet_not_found")
    assert sums(sandbox) == (BALANCE, BALANCE - 100)


@pytest.mark.parametrize("operation", [Operation.AUTHORIZE, CAPTURE, VOID, REFUND])
def test_what_an_inquiry_did_not_find_can_never_happen_any_more(
    sandbox: Sandbox, operation: Operation
) -> None:
    call = sandbox.call(CONFIG, amount_minor=100, capture=operation is REFUND)
    if operation is not Operation.AUTHORIZE:
        sandbox.authorize(CONFIG, call)
        call = following(call, operation)
    before = sums(sandbox)

    inquiry = sandbox.inquire(CONFIG, call)
    late = sandbox.perform(CONFIG, call)
    again = sandbox.inquire(CONFIG, call)

    assert CONFIG.visibility_ms == 0
    assert (inquiry.outcome, again.outcome) == (Outcome.NOT_FOUND, Outcome.NOT_FOUND)
    assert (late.outcome, late.code) == (Outcome.ERROR, "request_closed")
    assert sums(sandbox) == before


def test_an_inquiry_about_a_lost_answer_finds_the_money_gone_at_once(sandbox: Sandbox) -> None:
    call = sandbox.call(CONFIG, amount_minor=100)

    lost = sandbox.authorize(CONFIG, call, Faults(lost_response_rate=1.0))
    inquiry = sandbox.inquire(CONFIG, call)

    assert (lost.outcome, inquiry.outcome) == (Outcome.UNKNOWN, Outcome.APPROVED)
    assert sums(sandbox) == (BALANCE - 100, BALANCE - 100)


def test_of_20_simultaneous_payments_of_more_than_a_tenth_nine_are_approved(
    sandbox: Sandbox,
) -> None:
    callers, part = 20, BALANCE // 10 + 1
    together = Barrier(callers)

    def pay(attempt: int) -> ProviderResult:
        other = replace(sandbox, seed=attempt, clock=FakeClock())
        together.wait()
        call = other.call(CONFIG, attempt=attempt, amount_minor=part, capture=attempt % 2 == 0)
        return other.authorize(CONFIG, call)

    with ThreadPoolExecutor(callers) as pool:
        results = list(pool.map(pay, range(1, callers + 1)))

    assert sum(result.outcome is Outcome.APPROVED for result in results) == 9
    assert sum(declined(result, "insufficient_funds") for result in results) == 11
    assert sums(sandbox)[1] == BALANCE - 9 * part
