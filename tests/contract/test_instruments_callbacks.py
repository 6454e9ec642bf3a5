"""What each test instrument makes a provider tell by itself, at every registered provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payflow.domain.approval import CustomerDecision, Verdict
from payflow.domain.method import MethodType
from payflow.domain.outcomes import NextActionType, Operation, Outcome
from payflow.domain.provider import ProviderConfig
from payflow.domain.provider_callback import CallbackType
from payflow.domain.provider_ports import CustomerDesk
from tests.contract.sandbox import Sandbox, flawless, following, registered_providers
from tests.support.fakes import a_page

PROVIDERS = registered_providers()
APPROVE, REJECT = CustomerDecision.APPROVE, CustomerDecision.REJECT
ASKS = {MethodType.CARD: "4000000000003220", MethodType.UPI: "pending@upi"}
BEFORE_THE_ANSWER, UNTIDY, RETURNED = "4000000000000036", "4000000000000044", "4000000000005126"


def of_type(*kinds: MethodType) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "config", [p for p in PROVIDERS if p.type in kinds], ids=lambda config: config.id
    )


def told(sandbox: Sandbox) -> list[tuple[CallbackType, Outcome | None, int]]:
    return [(one.type, one.outcome, delay_ms) for one, delay_ms in sandbox.callbacks.sent]


def desk(sandbox: Sandbox, config: ProviderConfig) -> CustomerDesk:
    """The provider, as somebody sees it who stands in for a customer."""
    provider = sandbox._provider(config, None)
    assert isinstance(provider, CustomerDesk)
    return provider


@of_type(MethodType.CARD)
def test_news_that_overtakes_the_answer_leaves_first_and_is_true(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config, BEFORE_THE_ANSWER)

    result = sandbox.authorize(config, call)

    assert result.outcome is Outcome.APPROVED
    assert result.latency_ms >= 500, "time for a callback to arrive before it"
    assert told(sandbox) == [(CallbackType.PAYMENT_UPDATED, Outcome.APPROVED, 0)]


@of_type(MethodType.CARD)
def test_duplicates_and_older_news_follow_an_approval(config: ProviderConfig) -> None:
    sandbox = Sandbox()

    sandbox.authorize(config, sandbox.call(config, UNTIDY))

    outcomes = [outcome for _, outcome, _ in told(sandbox)]
    assert outcomes == [Outcome.APPROVED, Outcome.APPROVED, Outcome.PENDING]
    ids = [callback.id for callback, _ in sandbox.callbacks.sent]
    assert ids[0] == ids[1] != ids[2]


@of_type(MethodType.UPI)
def test_a_delayed_collect_is_told_about_after_3_s(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config, "delayed@upi")

    sandbox.authorize(config, call)

    ((callback, delay_ms),) = sandbox.callbacks.sent
    assert (callback.outcome, delay_ms) == (Outcome.APPROVED, 3_000)
    assert (callback.payment_id, callback.key) == (call.payment_id, call.key)


@of_type(MethodType.CARD)
def test_a_refund_that_comes_back_is_told_about(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    sale = sandbox.approved(config, RETURNED, capture=True)
    sandbox.wait(1_000)

    refund = following(sale, Operation.REFUND)
    sandbox.perform(flawless(config), refund)

    ((callback, delay_ms),) = sandbox.callbacks.sent
    assert (callback.type, callback.key) == (CallbackType.REFUND_UPDATED, refund.key)
    assert (callback.outcome, delay_ms) == (Outcome.DECLINED, 3_000)


@of_type(*MethodType)
def test_what_was_answered_at_once_is_not_told_again(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    number = {MethodType.UPI: "success@upi", MethodType.WALLET: "test_approved"}

    sandbox.authorize(config, sandbox.call(config, number.get(config.type, "4242424242424242")))

    assert sandbox.callbacks.sent == []


@of_type(MethodType.CARD)
def test_only_a_challenge_sends_the_customer_to_a_page(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config, ASKS[MethodType.CARD])

    answer, inquiry = sandbox.authorize(config, call), sandbox.inquire(config, call)

    for result in (answer, inquiry):
        assert result.next_action is NextActionType.THREE_DS_REDIRECT
        assert result.next_action_url == a_page(call.payment_id)


@of_type(MethodType.CARD, MethodType.UPI)
@pytest.mark.parametrize(
    ("decision", "outcome", "code"),
    [(APPROVE, Outcome.APPROVED, None), (REJECT, Outcome.DECLINED, "customer_rejected")],
)
def test_a_customers_decision_is_what_an_inquiry_says(
    config: ProviderConfig, decision: CustomerDecision, outcome: Outcome, code: str | None
) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config, ASKS[config.type])
    sandbox.authorize(config, call)
    sandbox.wait(5_000)

    verdict = desk(sandbox, config).decide(call.key, decision, "customer")

    assert verdict is Verdict.TAKEN
    result = sandbox.inquire(config, call)
    assert (result.outcome, result.code, result.next_action) == (outcome, code, None)
    callback, delay_ms = sandbox.callbacks.sent[-1]
    assert (callback.outcome, delay_ms) == (outcome, config.callback.delay_ms)


@of_type(MethodType.CARD, MethodType.UPI)
def test_a_decision_after_the_approval_time_out_changes_nothing(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config, ASKS[config.type])
    sandbox.authorize(config, call)
    sandbox.clock.time += timedelta(milliseconds=config.approval_timeout_ms)

    assert desk(sandbox, config).decide(call.key, APPROVE, "customer") is Verdict.EXPIRED
    assert sandbox.inquire(config, call).code == "customer_timeout"


@of_type(MethodType.CARD)
def test_an_approved_challenge_is_captured_and_refunded_as_any_other(
    config: ProviderConfig,
) -> None:
    sandbox, config = Sandbox(), replace(flawless(config))
    call = sandbox.call(config, ASKS[config.type], capture=False)
    sandbox.authorize(config, call)
    desk(sandbox, config).decide(call.key, APPROVE, "customer")
    sandbox.wait(1_000)

    captured = sandbox.perform(config, following(call, Operation.CAPTURE))
    sandbox.wait(1_000)
    refunded = sandbox.perform(config, following(call, Operation.REFUND, attempt=3))

    assert (captured.outcome, refunded.outcome) == (Outcome.APPROVED, Outcome.APPROVED)
