"""The limits of capture, void and refund at every registered provider, tried on it alone.

The provider is the check on PayFlow: it never lets more be taken or given back than it has.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from payflow.domain.outcomes import Operation, Outcome, ProviderResult
from payflow.domain.provider import LatencyModel, ProviderConfig
from payflow.providers.simulated.store import BookStore
from tests.contract.operations import (
    CAPTURE,
    PROVIDERS,
    REFUND,
    VOID,
    WHOLE,
    each_operation,
    offering,
    original,
    refused,
)
from tests.contract.sandbox import Sandbox, flawless, following, simulated_providers
from tests.support.fakes import FakeClock


@pytest.mark.parametrize(
    ("config", "operation"),
    [
        pytest.param(config, operation, id=f"{config.id}-{operation}")
        for config in PROVIDERS
        for operation in (CAPTURE, VOID, REFUND)
    ],
)
def test_what_is_not_offered_is_refused(config: ProviderConfig, operation: Operation) -> None:
    sandbox = Sandbox()
    unable = replace(flawless(config), capabilities=config.capabilities - {operation.value})
    call = following(original(sandbox, config, operation), operation)

    assert refused(sandbox.perform(unable, call), "operation_not_supported")


@each_operation()
def test_an_authorisation_that_the_provider_does_not_have_is_refused(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox()
    call = following(sandbox.call(config), operation)

    result = sandbox.perform(flawless(config), call)
    inquiry = sandbox.inquire(flawless(config), call)

    assert refused(result, "authorization_not_found")
    assert (inquiry.outcome, inquiry.code) == (Outcome.DECLINED, "authorization_not_found")


@each_operation()
def test_nothing_follows_what_was_not_approved(
    config: ProviderConfig, operation: Operation
) -> None:
    sandbox = Sandbox()
    failing = replace(config, failure_rate=1.0, lost_response_rate=0.0)
    call = sandbox.call(config, capture=operation is REFUND)
    sandbox.authorize(failing, call)

    result = sandbox.perform(flawless(config), following(call, operation))

    assert refused(result, "authorization_not_approved")


@each_operation()
def test_an_operation_is_no_authorisation(config: ProviderConfig, operation: Operation) -> None:
    sandbox = Sandbox()
    first = following(original(sandbox, config, operation), operation)
    sandbox.perform(flawless(config), first)

    second = replace(following(first, operation, attempt=3), authorization_key=first.key)

    assert refused(sandbox.perform(flawless(config), second), "authorization_not_found")


@offering("capture", "partialCapture")
def test_captures_add_up_to_what_was_authorised(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, capture=False)
    parts = [(50_000, True), (75_001, False), (75_000, True), (1, False)]

    for attempt, (amount_minor, fits) in enumerate(parts, start=2):
        part = following(call, CAPTURE, amount_minor, attempt=attempt)
        result = sandbox.perform(flawless(config), part)
        assert (result.outcome is Outcome.APPROVED) == fits
        assert fits or refused(result, "amount_not_available")


@offering("capture", "partialCapture")
def test_a_final_capture_releases_the_rest(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, capture=False)
    sandbox.perform(flawless(config), following(call, CAPTURE, 1_000, final=True))

    more = sandbox.perform(flawless(config), following(call, CAPTURE, 1, attempt=3))
    rest = sandbox.perform(flawless(config), following(call, VOID, WHOLE - 1_000, attempt=4))

    assert refused(more, "authorization_released")
    assert refused(rest, "authorization_released")


@offering("capture")
def test_a_part_is_captured_only_where_parts_are_offered(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    whole_only = replace(flawless(config), capabilities=config.capabilities - {"partialCapture"})
    call = sandbox.approved(config, capture=False)

    part = sandbox.perform(whole_only, following(call, CAPTURE, WHOLE - 1, final=True))
    whole = sandbox.perform(whole_only, following(call, CAPTURE, attempt=3))

    assert refused(part, "operation_not_supported")
    assert whole.outcome is Outcome.APPROVED


@offering("capture")
def test_a_sale_is_captured_already(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, capture=True)

    result = sandbox.perform(flawless(config), following(call, CAPTURE))

    assert refused(result, "already_captured")


@offering("void")
def test_what_is_captured_cannot_be_voided(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, capture=True)

    assert refused(sandbox.perform(flawless(config), following(call, VOID)), "already_captured")


@offering("capture", "void")
def test_a_void_ends_the_authorisation(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, capture=False)
    sandbox.perform(flawless(config), following(call, VOID))

    capture = sandbox.perform(flawless(config), following(call, CAPTURE, attempt=3))
    again = sandbox.perform(flawless(config), following(call, VOID, attempt=4))
    refund = sandbox.perform(flawless(config), following(call, REFUND, attempt=5))

    assert refused(capture, "authorization_released")
    assert refused(again, "authorization_released")
    assert refused(refund, "amount_not_available")


@offering("capture", "partialCapture", "void")
def test_a_void_is_of_all_that_was_not_captured(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.approved(config, capture=False)
    sandbox.perform(flawless(config), following(call, CAPTURE, 25_000))

    unaware = sandbox.perform(flawless(config), following(call, VOID, WHOLE, attempt=3))
    aware = sandbox.perform(flawless(config), following(call, VOID, 100_000, attempt=4))
    more = sandbox.perform(flawless(config), following(call, CAPTURE, 1, attempt=5))

    assert refused(unaware, "amount_not_available")
    assert aware.outcome is Outcome.APPROVED
    assert refused(more, "authorization_released")


@offering("refund")
@pytest.mark.parametrize("sale", [True, False])
def test_refunds_add_up_to_what_was_captured(config: ProviderConfig, sale: bool) -> None:
    sandbox = Sandbox()
    able = replace(
        flawless(config),
        capabilities=config.capabilities | {"capture", "partialCapture", "partialRefund"},
    )
    call = sandbox.approved(config, capture=sale)
    captured = WHOLE
    if not sale:
        captured = 40_000
        sandbox.perform(able, following(call, CAPTURE, captured))
    parts = [(10_000, True), (captured - 9_999, False), (captured - 10_000, True), (1, False)]

    for attempt, (amount_minor, fits) in enumerate(parts, start=3):
        part = following(call, REFUND, amount_minor, attempt=attempt)
        result = sandbox.perform(able, part)
        assert (result.outcome is Outcome.APPROVED) == fits
        assert fits or refused(result, "amount_not_available")


@offering("refund")
def test_a_part_is_refunded_only_where_parts_are_offered(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    whole_only = replace(flawless(config), capabilities=config.capabilities - {"partialRefund"})
    call = sandbox.approved(config, capture=True)

    part = sandbox.perform(whole_only, following(call, REFUND, WHOLE - 1))
    whole = sandbox.perform(whole_only, following(call, REFUND, attempt=3))

    assert refused(part, "operation_not_supported")
    assert whole.outcome is Outcome.APPROVED


@each_operation()
def test_another_currency_is_refused(config: ProviderConfig, operation: Operation) -> None:
    sandbox = Sandbox()
    call = following(original(sandbox, config, operation), operation)

    result = sandbox.perform(
        flawless(config), replace(call, amount=replace(call.amount, currency="USD"))
    )

    assert refused(result, "amount_not_available")


@pytest.mark.parametrize("operation", [CAPTURE, REFUND])
def test_of_20_simultaneous_parts_of_a_tenth_ten_fit(
    store: BookStore, operation: Operation
) -> None:
    config = flawless(
        next(c for c in PROVIDERS if {"partialCapture", "partialRefund"} <= c.capabilities)
    )
    sandbox = Sandbox(store=store)
    call = original(sandbox, config, operation)
    callers = 20
    together = Barrier(callers)

    def part(attempt: int) -> ProviderResult:
        other = replace(sandbox, seed=attempt, clock=FakeClock(sandbox.clock.now()))
        wanted = following(call, operation, WHOLE // 10, attempt=attempt)
        together.wait()
        return other.perform(config, wanted)

    with ThreadPoolExecutor(callers) as pool:
        results = list(pool.map(part, range(2, 2 + callers)))

    assert sum(result.outcome is Outcome.APPROVED for result in results) == 10
    assert sum(refused(result, "amount_not_available") for result in results) == 10


def test_duplicates_among_simultaneous_refunds_count_once(store: BookStore) -> None:
    config = flawless(next(c for c in PROVIDERS if "partialRefund" in c.capabilities))
    sandbox = Sandbox(store=store)
    call = sandbox.approved(config, capture=True)
    callers = 16
    together = Barrier(callers)

    def refund(number: int) -> ProviderResult:
        other = replace(sandbox, seed=number, clock=FakeClock(sandbox.clock.now()))
        together.wait()
        return other.perform(config, following(call, REFUND, WHOLE // 4, attempt=2 + number % 4))

    with ThreadPoolExecutor(callers) as pool:
        results = list(pool.map(refund, range(callers)))

    assert {result.outcome for result in results} == {Outcome.APPROVED}
    assert len({result.provider_reference for result in results}) == 4


@pytest.mark.parametrize("config", simulated_providers(), ids=lambda config: config.id)
def test_a_sale_that_is_still_being_worked_on_has_nothing_to_refund(
    config: ProviderConfig,
) -> None:
    sandbox = Sandbox()
    slow = replace(flawless(config), latency=LatencyModel(60_000, 60_000))
    call = sandbox.call(config)
    sandbox.authorize(slow, call)

    early = sandbox.perform(flawless(config), following(call, REFUND))
    sandbox.clock.time += timedelta(seconds=60)
    late = sandbox.perform(flawless(config), following(call, REFUND, attempt=3))

    assert refused(early, "authorization_not_approved")
    assert late.outcome is Outcome.APPROVED
