"""Capture, void and refund at every registered provider: what its capabilities say, no more.

The provider is the check on PayFlow, so every limit is tried against the provider alone.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.provider import Faults, LatencyModel, ProviderConfig
from payflow.domain.provider_call import ProviderCall
from payflow.providers.simulated.store import BookStore
from tests.contract.sandbox import Sandbox, flawless, following, registered_providers
from tests.support.fakes import FakeClock

CAPTURE, VOID, REFUND = Operation.CAPTURE, Operation.VOID, Operation.REFUND
WHOLE = 125_000
PROVIDERS = registered_providers()


def offering(*capabilities: str) -> pytest.MarkDecorator:
    """Every provider that offers all of these."""
    able = [config for config in PROVIDERS if config.capabilities.issuperset(capabilities)]
    return pytest.mark.parametrize("config", able, ids=lambda config: config.id)


def each_operation() -> pytest.MarkDecorator:
    """Every provider with each operation that it offers."""
    pairs = [
        pytest.param(config, operation, id=f"{config.id}-{operation}")
        for config in PROVIDERS
        for operation in (CAPTURE, VOID, REFUND)
        if operation.value in config.capabilities
    ]
    return pytest.mark.parametrize(("config", "operation"), pairs)


def original(sandbox: Sandbox, config: ProviderConfig, operation: Operation) -> ProviderCall:
    """An approved authorisation that the whole `operation` is possible on."""
    return sandbox.approved(config, capture=operation is REFUND)


def refused(result: ProviderResult, code: str) -> bool:
    """The provider refuses for good and says why."""
    return (result.outcome, result.category, result.code) == (
        Outcome.ERROR,
        Category.CONFIGURATION,
        code,
    )


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

    answers = {sandbox.perform(busy, call) for _ in range(5)}

    assert len(answers) == 1
    assert len(sandbox.book.items) == 2


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
        other = Sandbox(seed=seed, store=sandbox.store, clock=FakeClock(sandbox.clock.now()))
        together.wait()
        return other.perform(busy, call)

    with ThreadPoolExecutor(callers) as pool:
        results = list(pool.map(duplicate, range(callers)))

    assert len({replace(result, latency_ms=0) for result in results}) == 1
    assert len(sandbox.book.items) == 2


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
    assert len(sandbox.book.items) == 2


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


@each_operation()
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
        other = Sandbox(seed=attempt, store=store, clock=FakeClock(sandbox.clock.now()))
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
        other = Sandbox(seed=number, store=store, clock=FakeClock(sandbox.clock.now()))
        together.wait()
        return other.perform(config, following(call, REFUND, WHOLE // 4, attempt=2 + number % 4))

    with ThreadPoolExecutor(callers) as pool:
        results = list(pool.map(refund, range(callers)))

    assert {result.outcome for result in results} == {Outcome.APPROVED}
    assert len({result.provider_reference for result in results}) == 4


@offering("refund")
def test_operations_agree_on_time(config: ProviderConfig) -> None:
    """A sale that is still being worked on has nothing to refund yet."""
    sandbox = Sandbox()
    slow = replace(flawless(config), latency=LatencyModel(60_000, 60_000))
    call = sandbox.call(config)
    sandbox.authorize(slow, call)

    early = sandbox.perform(flawless(config), following(call, REFUND))
    sandbox.clock.time += timedelta(seconds=60)
    late = sandbox.perform(flawless(config), following(call, REFUND, attempt=3))

    assert refused(early, "authorization_not_approved")
    assert late.outcome is Outcome.APPROVED
