"""Capture, void and refund at every registered provider: one effect and one answer, or none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.provider import Faults, LatencyModel, ProviderConfig
from tests.contract.operations import (
    CAPTURE,
    REFUND,
    VOID,
    WHOLE,
    each_operation,
    original,
    refused,
)
from tests.contract.sandbox import Sandbox, flawless, following, simulated_providers
from tests.support.fakes import FakeClock


@each_operation()
def test_an_approval_has_a_reference_of_its_own_and_echoes_the_money(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox()
    authorization = original(sandbox, config, operation)

    result = sandbox.perform(flawless(config), following(authorization, operation))
    inquiry = sandbox.inquire(flawless(config), authorization)

    assert result.outcome is Outcome.APPROVED
    assert result.provider_reference not in (None, inquiry.provider_reference)
    assert (result.amount_minor, result.currency) == (WHOLE, "INR")
    assert (result.code, result.category) == (None, None)


@each_operation()
def test_an_inquiry_by_its_key_tells_of_the_operation(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox()
    busy = replace(config, failure_rate=0.5, lost_response_rate=0.0)

    for number in range(10):
        call = sandbox.call(config, payment_id=f"pay_{number}", capture=operation is REFUND)
        sandbox.authorize(flawless(config), call)
        wanted = following(call, operation)
        answer = sandbox.perform(busy, wanted)
        sandbox.wait(config.timeout_ms + config.visibility_ms)
        inquiry = sandbox.inquire(busy, wanted)

        assert inquiry.provider_reference == answer.provider_reference
        assert (inquiry.code, inquiry.category) == (answer.code, answer.category)
        failed = answer.outcome is Outcome.ERROR
        assert inquiry.outcome is (Outcome.DECLINED if failed else Outcome.APPROVED)


@each_operation()
def test_the_same_key_has_one_effect_and_one_answer(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox(seed=5)
    busy = replace(config, failure_rate=0.5)
    authorization = original(sandbox, config, operation)
    call = following(authorization, operation)

    answers = {replace(sandbox.perform(busy, call), latency_ms=0) for _ in range(5)}

    assert len(answers) == 1
    assert len(sandbox.entries) == 2


@each_operation()
@pytest.mark.parametrize("failure_rate", [0.0, 0.5])
def test_simultaneous_duplicates_have_one_effect_and_one_answer(
    config: ProviderConfig, operation: Operation, failure_rate: float
) -> None:
    sandbox = Sandbox()
    busy = replace(config, failure_rate=failure_rate, lost_response_rate=0.0)
    call = following(original(sandbox, config, operation), operation)
    callers = 8
    together = Barrier(callers)

    def duplicate(seed: int) -> ProviderResult:
        other = replace(sandbox, seed=seed, clock=FakeClock(sandbox.clock.now()))
        together.wait()
        return other.perform(busy, call)

    with ThreadPoolExecutor(callers) as pool:
        results = list(pool.map(duplicate, range(callers)))

    assert len({replace(result, latency_ms=0) for result in results}) == 1
    assert len(sandbox.entries) == 2


@each_operation()
def test_the_same_key_for_something_else_is_refused(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox()
    authorization = original(sandbox, config, operation)
    call = following(authorization, operation)
    sandbox.perform(flawless(config), call)
    other = next(o for o in (CAPTURE, VOID, REFUND) if o is not operation)

    for changed in (
        replace(call, operation=other),
        replace(call, amount=replace(call.amount, minor=1)),
        replace(call, authorization_key="pk_other"),
        replace(call, key=authorization.key),
    ):
        assert refused(sandbox.perform(flawless(config), changed), "duplicate_transaction")
    assert len(sandbox.entries) == 2


@each_operation()
def test_a_failure_is_the_providers_own_and_moves_nothing(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox()
    failing = replace(config, failure_rate=1.0, lost_response_rate=0.0)
    call = original(sandbox, config, operation)

    for attempt in range(2, 12):
        failure = sandbox.perform(failing, following(call, operation, attempt=attempt))
        assert failure.outcome is Outcome.ERROR
        assert failure.category is Category.PROVIDER_TECHNICAL
    result = sandbox.perform(flawless(config), following(call, operation, attempt=12))

    assert result.outcome is Outcome.APPROVED


@each_operation()
def test_a_lost_response_is_unknown_and_an_inquiry_says_done(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox()
    silent = Faults(lost_response_rate=1.0)
    call = following(original(sandbox, config, operation), operation)

    result = sandbox.perform(flawless(config), call, silent)
    sandbox.wait(config.visibility_ms)
    inquiry = sandbox.inquire(flawless(config), call, silent)
    again = sandbox.perform(flawless(config), following(call, operation, attempt=3))

    assert (result.outcome, result.code) == (Outcome.UNKNOWN, "provider_timeout")
    assert result.latency_ms == config.timeout_ms
    assert inquiry.outcome is Outcome.APPROVED
    assert again.outcome is Outcome.ERROR


@each_operation()
def test_a_call_beyond_the_time_out_is_unknown_and_done_all_the_same(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox()
    too_long = config.timeout_ms + 1
    slow = replace(flawless(config), latency=LatencyModel(too_long, too_long))
    call = following(original(sandbox, config, operation), operation)

    result = sandbox.perform(slow, call)
    sandbox.wait(config.visibility_ms)

    assert (result.outcome, result.latency_ms) == (Outcome.UNKNOWN, config.timeout_ms)
    assert sandbox.inquire(flawless(config), call).outcome is Outcome.APPROVED


@each_operation(simulated_providers())
def test_an_early_inquiry_may_miss_it_but_a_late_one_never(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox(seed=5)
    hiding = replace(flawless(config), lost_response_rate=1.0, visibility_ms=5_000)
    early, late = set(), set()

    for number in range(30):
        call = sandbox.call(config, payment_id=f"pay_{number}", capture=operation is REFUND)
        sandbox.authorize(flawless(config), call)
        wanted = following(call, operation)
        sandbox.perform(hiding, wanted)
        early.add(sandbox.inquire(hiding, wanted).outcome)
        sandbox.wait(hiding.visibility_ms)
        late.add(sandbox.inquire(hiding, wanted).outcome)

    assert Outcome.NOT_FOUND in early
    assert late == {Outcome.APPROVED}


@each_operation()
def test_an_outage_refuses_at_once_and_moves_nothing(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox()
    call = following(original(sandbox, config, operation), operation)

    result = sandbox.perform(config, call, Faults(outage=True))
    afterwards = sandbox.perform(flawless(config), call)

    assert (result.outcome, result.code) == (Outcome.ERROR, "provider_unavailable")
    assert result.latency_ms == 0
    assert afterwards.outcome is Outcome.APPROVED
