"""What every registered provider promises, whatever its adapter: the `Provider` port, tried out."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from payflow.domain.method import MethodType
from payflow.domain.outcomes import Category, Outcome, ProviderResult
from payflow.domain.provider import Faults, LatencyModel, ProviderConfig
from tests.contract.sandbox import (
    CVC,
    ORDINARY,
    Sandbox,
    flawless,
    registered_providers,
    simulated_providers,
)
from tests.support.fakes import FakeClock

PROVIDERS = registered_providers()
every_provider = pytest.mark.parametrize("config", PROVIDERS, ids=lambda config: config.id)
every_simulated_provider = pytest.mark.parametrize(
    "config", simulated_providers(), ids=lambda config: config.id
)

FAILURE_CATEGORIES = {Category.PROVIDER_TECHNICAL, Category.ISSUER}


def without_latency(result: ProviderResult) -> ProviderResult:
    return replace(result, latency_ms=0)


@every_provider
def test_an_approval_carries_a_reference_and_echoes_the_money(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config, amount_minor=99_900)

    result = sandbox.authorize(flawless(config), call)

    assert result.outcome is Outcome.APPROVED
    assert result.provider_reference
    assert (result.amount_minor, result.currency) == (99_900, "INR")
    assert (result.code, result.category, result.next_action) == (None, None, None)


@every_provider
def test_latency_is_measured_by_the_clock_and_never_above_the_time_out(
    config: ProviderConfig,
) -> None:
    sandbox = Sandbox()

    for attempt in range(1, 30):
        before = sandbox.clock.now()
        result = sandbox.authorize(config, sandbox.call(config, attempt=attempt))
        passed_ms = (sandbox.clock.now() - before) / timedelta(milliseconds=1)
        assert result.latency_ms == passed_ms
        assert 0 < result.latency_ms <= config.timeout_ms


@every_provider
def test_the_same_key_has_one_effect_and_one_answer(config: ProviderConfig) -> None:
    sandbox = Sandbox(seed=7)
    busy = replace(config, failure_rate=0.5)

    for attempt in range(1, 30):
        call = sandbox.call(config, attempt=attempt)
        first = sandbox.authorize(busy, call)
        again = sandbox.authorize(busy, call)
        assert without_latency(again) == without_latency(first)
        assert len(sandbox.entries) == attempt


@every_provider
def test_simultaneous_duplicates_have_one_effect_and_one_answer(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config)
    busy = replace(config, failure_rate=0.5, lost_response_rate=0.0)
    callers = 8
    together = Barrier(callers)

    def duplicate(seed: int) -> ProviderResult:
        other = replace(sandbox, seed=seed, clock=FakeClock())
        together.wait()
        return other.authorize(busy, call)

    with ThreadPoolExecutor(callers) as pool:
        results = list(pool.map(duplicate, range(callers)))

    assert len(set(map(without_latency, results))) == 1
    assert len(sandbox.entries) == 1


@every_provider
def test_the_same_key_with_another_amount_is_refused(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    sandbox.authorize(flawless(config), sandbox.call(config, amount_minor=100))

    result = sandbox.authorize(flawless(config), sandbox.call(config, amount_minor=101))

    assert (result.outcome, result.category) == (Outcome.ERROR, Category.CONFIGURATION)
    assert len(sandbox.entries) == 1


@every_provider
def test_an_inquiry_agrees_with_the_answer_once_the_window_has_passed(
    config: ProviderConfig,
) -> None:
    sandbox = Sandbox(seed=3)
    busy = replace(config, failure_rate=0.4)

    for attempt in range(1, 30):
        call = sandbox.call(config, attempt=attempt)
        answer = sandbox.authorize(busy, call)
        sandbox.wait(config.timeout_ms + config.visibility_ms)
        inquiry = sandbox.inquire(busy, call)

        if answer.outcome is Outcome.APPROVED:
            assert without_latency(inquiry) == without_latency(answer)
        elif answer.outcome is not Outcome.UNKNOWN:
            assert inquiry.outcome is Outcome.DECLINED
            assert (inquiry.code, inquiry.category) == (answer.code, answer.category)


@every_provider
def test_an_inquiry_changes_nothing(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config)
    sandbox.authorize(flawless(config), call)
    before = repr(sandbox.entries)

    for _ in range(3):
        sandbox.inquire(config, call)

    assert repr(sandbox.entries) == before


@every_provider
def test_an_inquiry_about_an_unknown_key_finds_nothing(config: ProviderConfig) -> None:
    sandbox = Sandbox()

    result = sandbox.inquire(config, sandbox.call(config))

    assert result.outcome is Outcome.NOT_FOUND
    assert result.provider_reference is None


@every_simulated_provider
def test_an_early_inquiry_may_miss_a_charge_but_a_late_one_never(config: ProviderConfig) -> None:
    sandbox = Sandbox(seed=5)
    silent = replace(config, failure_rate=0.0, lost_response_rate=1.0, visibility_ms=5_000)
    early, late = set(), set()

    for attempt in range(1, 40):
        call = sandbox.call(config, attempt=attempt)
        sandbox.authorize(silent, call)
        early.add(sandbox.inquire(silent, call).outcome)
        sandbox.wait(silent.visibility_ms)
        late.add(sandbox.inquire(silent, call).outcome)

    assert Outcome.NOT_FOUND in early
    assert late == {Outcome.APPROVED}


@every_provider
def test_a_failure_is_an_answer_with_category_and_code(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    failing = replace(config, failure_rate=1.0, lost_response_rate=0.0)

    results = [
        sandbox.authorize(failing, sandbox.call(config, attempt=attempt))
        for attempt in range(1, 40)
    ]

    assert {result.category for result in results} == FAILURE_CATEGORIES
    for result in results:
        technical = result.category is Category.PROVIDER_TECHNICAL
        assert result.outcome is (Outcome.ERROR if technical else Outcome.DECLINED)
        assert result.code and result.provider_code and result.message


@every_provider
def test_a_call_beyond_the_time_out_is_unknown_and_booked_all_the_same(
    config: ProviderConfig,
) -> None:
    sandbox = Sandbox()
    slow = replace(
        flawless(config), latency=LatencyModel(config.timeout_ms + 1, config.timeout_ms + 1)
    )
    call = sandbox.call(config)

    result = sandbox.authorize(slow, call)
    sandbox.wait(config.visibility_ms)
    truth = sandbox.inquire(flawless(config), call)

    assert (result.outcome, result.category) == (Outcome.UNKNOWN, Category.UNKNOWN)
    assert result.latency_ms == config.timeout_ms
    assert result.provider_reference is None
    assert truth.outcome is Outcome.APPROVED


@every_simulated_provider
def test_an_answer_that_is_still_being_worked_on_is_pending(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    slow = replace(flawless(config), latency=LatencyModel(60_000, 60_000), visibility_ms=0)
    call = sandbox.call(config)
    sandbox.authorize(slow, call)

    assert sandbox.inquire(flawless(config), call).outcome is Outcome.PENDING
    sandbox.wait(60_000)
    assert sandbox.inquire(flawless(config), call).outcome is Outcome.APPROVED


@every_provider
def test_an_outage_refuses_at_once_and_nothing_is_booked(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config)

    result = sandbox.authorize(config, call, Faults(outage=True))

    assert (result.outcome, result.code) == (Outcome.ERROR, "provider_unavailable")
    assert result.category is Category.PROVIDER_TECHNICAL
    assert result.latency_ms == 0
    assert sandbox.entries == []


@every_provider
def test_an_inquiry_during_an_outage_tells_nothing(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config)
    sandbox.authorize(flawless(config), call)

    result = sandbox.inquire(config, call, Faults(outage=True))

    assert (result.outcome, result.category) == (Outcome.UNKNOWN, Category.UNKNOWN)


@every_provider
def test_a_fault_ends_at_its_time(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    until = sandbox.clock.now() + timedelta(seconds=30)
    broken = Faults(
        outage=True, failure_rate=1.0, lost_response_rate=1.0, latency_multiplier=99, until=until
    )
    sandbox.wait(30_000)

    result = sandbox.authorize(flawless(config), sandbox.call(config), broken)

    assert result.outcome is Outcome.APPROVED


@every_provider
def test_injected_failures_are_the_providers_own(config: ProviderConfig) -> None:
    sandbox = Sandbox()

    for attempt in range(1, 20):
        call = sandbox.call(config, attempt=attempt)
        result = sandbox.authorize(flawless(config), call, Faults(failure_rate=1.0))
        assert result.category is Category.PROVIDER_TECHNICAL


@every_provider
def test_injected_lost_responses_are_charged(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    faults = Faults(lost_response_rate=1.0)
    call = sandbox.call(config)

    result = sandbox.authorize(flawless(config), call, faults)
    sandbox.wait(config.visibility_ms)

    assert result.outcome is Outcome.UNKNOWN
    assert sandbox.inquire(flawless(config), call, faults).outcome is Outcome.APPROVED


@every_provider
def test_an_injected_latency_multiplies(config: ProviderConfig) -> None:
    steady = replace(flawless(config), latency=LatencyModel(40, 40))
    plain, slowed = Sandbox(), Sandbox()

    usual = plain.authorize(steady, plain.call(config))
    slow = slowed.authorize(steady, slowed.call(config), Faults(latency_multiplier=3))

    assert (usual.latency_ms, slow.latency_ms) == (40, 120)


@every_provider
def test_the_same_seed_gives_the_same_story(config: ProviderConfig) -> None:
    def story(seed: int) -> list[ProviderResult]:
        sandbox = Sandbox(seed=seed)
        busy = replace(config, failure_rate=0.3, lost_response_rate=0.1)
        return [
            sandbox.authorize(busy, sandbox.call(config, attempt=attempt))
            for attempt in range(1, 40)
        ]

    assert story(11) == story(11)
    assert story(11) != story(12)


@pytest.mark.parametrize(
    "config",
    [config for config in PROVIDERS if config.type is MethodType.CARD],
    ids=lambda config: config.id,
)
def test_no_card_number_or_cvc_is_kept_or_told(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    number = ORDINARY[MethodType.CARD]
    call = sandbox.call(config)

    result = sandbox.authorize(flawless(config), call)
    inquiry = sandbox.inquire(flawless(config), call)

    (entry,) = sandbox.book.items.values()
    assert entry["instrument"] == "510510******5100"
    for kept in (json.dumps(sandbox.book.items), repr(result), repr(inquiry), repr(call)):
        assert number not in kept
    assert CVC not in {str(value) for value in entry.values()}


@pytest.mark.parametrize(
    "config",
    [config for config in PROVIDERS if config.type is MethodType.CARD],
    ids=lambda config: config.id,
)
def test_a_card_that_left_the_vault_is_refused_unsent(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config)
    del sandbox.vault.cards[call.method.token]  # type: ignore[union-attr]  # a card

    result = sandbox.authorize(config, call)

    assert (result.outcome, result.category) == (Outcome.ERROR, Category.CONFIGURATION)
    assert sandbox.entries == []
