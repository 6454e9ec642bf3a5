"""What test instruments fix beyond their authorisation: captures, voids and refunds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from payflow.domain.method import MethodType
from payflow.domain.outcomes import Category, Operation, Outcome
from payflow.domain.provider import ProviderConfig
from tests.contract.sandbox import Sandbox, following, simulated_providers

CAPTURE, VOID, REFUND = Operation.CAPTURE, Operation.VOID, Operation.REFUND
CAPTURE_FAILS_ONCE = "4000000000000077"
REFUND_COMES_BACK = "4000000000005126"
WHOLE = 125_000

PROVIDERS = simulated_providers()
CARD_PROVIDERS = tuple(config for config in PROVIDERS if config.type is MethodType.CARD)
every_card_provider = pytest.mark.parametrize("config", CARD_PROVIDERS, ids=lambda c: c.id)

OTHERS = {
    MethodType.CARD: ("4242424242424242", "4000000000003238", "4000000000000259"),
    MethodType.UPI: ("success@upi",),
    MethodType.WALLET: ("test_approved",),
}


def unlucky(config: ProviderConfig) -> ProviderConfig:
    """A provider whose own model would never answer well: fixed outcomes must win over it."""
    return replace(config, failure_rate=1.0, lost_response_rate=1.0, visibility_ms=60_000)


def others() -> Iterator[object]:
    """Every other instrument with every operation that its providers offer."""
    for config in PROVIDERS:
        for instrument in OTHERS[config.type]:
            for operation in (CAPTURE, VOID, REFUND):
                if operation.value in config.capabilities:
                    name = f"{config.id}-{instrument}-{operation}"
                    yield pytest.param(config, instrument, operation, id=name)


@pytest.mark.parametrize(("config", "instrument", "operation"), list(others()))
def test_all_others_succeed_at_once(
    config: ProviderConfig, instrument: str, operation: Operation
) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, instrument, capture=operation is REFUND)
    wanted = following(call, operation)

    result = sandbox.perform(unlucky(config), wanted)
    inquiry = sandbox.inquire(unlucky(config), wanted)

    assert (result.outcome, inquiry.outcome) == (Outcome.APPROVED, Outcome.APPROVED)


@every_card_provider
def test_a_capture_fails_once_and_then_works(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, CAPTURE_FAILS_ONCE, capture=False)
    first, second = following(call, CAPTURE), following(call, CAPTURE, attempt=3)

    failure = sandbox.perform(unlucky(config), first)
    repeated = sandbox.perform(unlucky(config), first)
    inquiry = sandbox.inquire(unlucky(config), first)
    retry = sandbox.perform(unlucky(config), second)

    assert (failure.outcome, failure.category) == (Outcome.ERROR, Category.PROVIDER_TECHNICAL)
    assert (failure.code, repeated) == ("processing_error", failure)
    assert (inquiry.outcome, inquiry.code) == (Outcome.DECLINED, "processing_error")
    assert retry.outcome is Outcome.APPROVED


@every_card_provider
def test_a_capture_beyond_the_limit_is_not_the_one_that_fails(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, CAPTURE_FAILS_ONCE, capture=False)

    beyond = sandbox.perform(config, following(call, CAPTURE, WHOLE + 1))
    first = sandbox.perform(config, following(call, CAPTURE, attempt=3))

    assert beyond.code == "amount_not_available"
    assert first.code == "processing_error"


@every_card_provider
def test_a_void_does_not_fail_with_the_capture(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, CAPTURE_FAILS_ONCE, capture=False)

    assert sandbox.perform(unlucky(config), following(call, VOID)).outcome is Outcome.APPROVED


@every_card_provider
def test_a_refund_is_accepted_and_fails_3_s_later(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, REFUND_COMES_BACK, capture=True)
    refund = following(call, REFUND)
    asked_at = sandbox.clock.now()

    answer = sandbox.perform(unlucky(config), refund)
    early = sandbox.inquire(unlucky(config), refund)
    sandbox.clock.time = asked_at + timedelta(seconds=3)
    late = sandbox.inquire(unlucky(config), refund)
    again = sandbox.perform(unlucky(config), refund)

    assert (answer.outcome, answer.next_action) == (Outcome.PENDING, None)
    assert (answer.amount_minor, answer.currency) == (WHOLE, "INR")
    assert early.outcome is Outcome.PENDING
    assert (late.outcome, late.code) == (Outcome.DECLINED, "account_closed")
    assert late.category is Category.CUSTOMER
    assert again.outcome is Outcome.PENDING


@every_card_provider
def test_a_refund_holds_its_amount_until_it_comes_back(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, REFUND_COMES_BACK, capture=True)
    asked_at = sandbox.clock.now()
    sandbox.perform(config, following(call, REFUND, 100_000))

    meanwhile = sandbox.perform(config, following(call, REFUND, 25_001, attempt=3))
    rest = sandbox.perform(config, following(call, REFUND, 25_000, attempt=4))
    sandbox.clock.time = asked_at + timedelta(seconds=3)
    too_much = sandbox.perform(config, following(call, REFUND, 100_001, attempt=5))
    again = sandbox.perform(config, following(call, REFUND, 100_000, attempt=6))

    assert meanwhile.code == "amount_not_available"
    assert rest.outcome is Outcome.PENDING
    assert too_much.code == "amount_not_available"
    assert again.outcome is Outcome.PENDING


@every_card_provider
def test_a_refund_that_comes_back_needs_no_inquiry_to_release_its_amount_once(
    config: ProviderConfig,
) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, REFUND_COMES_BACK, capture=True)

    for attempt in range(2, 7):
        assert (
            sandbox.perform(config, following(call, REFUND, attempt=attempt)).outcome
            is Outcome.PENDING
        )
        beyond = sandbox.perform(config, following(call, REFUND, 1, attempt=10 + attempt))
        assert beyond.code == "amount_not_available"
        sandbox.wait(3_000)
