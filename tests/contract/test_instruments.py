"""The fixed outcomes of test instruments, at every simulated provider of their method.

The tables repeat the published ones on purpose: they are the specification, not the code's data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from payflow.domain.card import TEST_NUMBERS
from payflow.domain.method import CardMethod, MethodType, UpiFlow, UpiMethod
from payflow.domain.outcomes import Category, NextActionType, Outcome
from payflow.domain.provider import Faults, LatencyModel, ProviderConfig
from payflow.providers.simulated.instruments import CARDS
from tests.contract.sandbox import Sandbox, simulated_providers

PROVIDERS = simulated_providers()
CARD_PROVIDERS = tuple(p for p in PROVIDERS if p.type is MethodType.CARD)

APPROVED = {
    MethodType.CARD: (
        "4242424242424242",
        "4111111111111111",
        "5555555555554444",
        "378282246310005",
        "6011111111111117",
        "6521110000000003",
        "4000000000003238",
        "4000000000000077",
        "4000000000005126",
        "4000000000000259",
        "4000000000000036",
        "4000000000000044",
    ),
    MethodType.UPI: ("success@upi",),
    MethodType.WALLET: ("test_approved",),
}

REFUSED = {
    MethodType.CARD: {
        "4000000000000002": ("do_not_honor", Category.CUSTOMER),
        "4000000000009995": ("insufficient_funds", Category.CUSTOMER),
        "4000000000009987": ("lost_card", Category.CUSTOMER),
        "4000000000009979": ("stolen_card", Category.CUSTOMER),
        "4000000000000069": ("expired_card", Category.CUSTOMER),
        "4000000000000127": ("incorrect_cvc", Category.CUSTOMER),
        "4000000000000119": ("processing_error", Category.PROVIDER_TECHNICAL),
        "4100000000000019": ("suspected_fraud", Category.FRAUD),
    },
    MethodType.UPI: {
        "failure@upi": ("do_not_honor", Category.CUSTOMER),
        "invalid@upi": ("invalid_vpa", Category.CUSTOMER),
    },
    MethodType.WALLET: {
        "test_declined": ("do_not_honor", Category.CUSTOMER),
        "test_insufficient": ("insufficient_funds", Category.CUSTOMER),
    },
}

LOST_BUT_CHARGED = {
    MethodType.CARD: ("4000000000006975",),
    MethodType.UPI: ("timeout@upi",),
    MethodType.WALLET: ("test_timeout",),
}

every_card_provider = pytest.mark.parametrize("config", CARD_PROVIDERS, ids=lambda c: c.id)
every_upi_provider = pytest.mark.parametrize(
    "config", [p for p in PROVIDERS if p.type is MethodType.UPI], ids=lambda c: c.id
)


def unlucky(config: ProviderConfig) -> ProviderConfig:
    """A provider whose own model would never answer well: fixed outcomes must win over it."""
    return replace(config, failure_rate=1.0, lost_response_rate=1.0, visibility_ms=60_000)


@dataclass(frozen=True)
class Case:
    config: ProviderConfig
    instrument: str

    def __str__(self) -> str:
        return f"{self.config.id}-{self.instrument}"


def cases(instruments: Mapping[MethodType, tuple[str, ...]]) -> list[Case]:
    return [Case(config, name) for config in PROVIDERS for name in instruments[config.type]]


def test_every_published_test_card_has_a_fixed_outcome() -> None:
    assert set(CARDS) == TEST_NUMBERS


@pytest.mark.parametrize("case", cases(APPROVED), ids=str)
def test_approved_everywhere(case: Case) -> None:
    sandbox = Sandbox()
    call = sandbox.call(case.config, case.instrument)

    result = sandbox.authorize(unlucky(case.config), call)
    inquiry = sandbox.inquire(unlucky(case.config), call)

    assert (result.outcome, inquiry.outcome) == (Outcome.APPROVED, Outcome.APPROVED)
    assert inquiry.provider_reference == result.provider_reference


@pytest.mark.parametrize("case", cases(APPROVED), ids=str)
def test_a_fixed_outcome_is_in_time_at_a_slow_provider_too(case: Case) -> None:
    sandbox = Sandbox()
    slow = replace(case.config, latency=LatencyModel(60_000, 60_000))

    result = sandbox.authorize(slow, sandbox.call(slow, case.instrument))

    assert result.outcome is Outcome.APPROVED


@pytest.mark.parametrize(
    "case", cases({kind: tuple(table) for kind, table in REFUSED.items()}), ids=str
)
def test_refused_everywhere_with_its_code(case: Case) -> None:
    sandbox = Sandbox()
    code, category = REFUSED[case.config.type][case.instrument]

    for attempt in (1, 2, 3):
        call = sandbox.call(case.config, case.instrument, attempt=attempt)
        result = sandbox.authorize(unlucky(case.config), call)

        assert (result.code, result.category) == (code, category)
        technical = category is Category.PROVIDER_TECHNICAL
        assert result.outcome is (Outcome.ERROR if technical else Outcome.DECLINED)


@pytest.mark.parametrize("case", cases(LOST_BUT_CHARGED), ids=str)
def test_a_lost_response_times_out_and_an_inquiry_says_approved(case: Case) -> None:
    sandbox = Sandbox()
    call = sandbox.call(case.config, case.instrument)

    result = sandbox.authorize(unlucky(case.config), call)
    again = sandbox.authorize(unlucky(case.config), call)
    inquiry = sandbox.inquire(unlucky(case.config), call)

    assert result.outcome is Outcome.UNKNOWN
    assert result.latency_ms == case.config.timeout_ms
    assert again == result
    assert inquiry.outcome is Outcome.APPROVED


@pytest.mark.parametrize(
    "case",
    cases({k: (*APPROVED[k], *REFUSED[k], *LOST_BUT_CHARGED[k]) for k in MethodType}),
    ids=str,
)
def test_an_injected_outage_wins(case: Case) -> None:
    sandbox = Sandbox()

    result = sandbox.authorize(
        case.config, sandbox.call(case.config, case.instrument), Faults(outage=True)
    )

    assert (result.outcome, result.code) == (Outcome.ERROR, "provider_unavailable")


@every_card_provider
def test_the_failover_card_fails_at_the_first_provider_only(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    first = sandbox.call(config, "4000000000000341", attempt=1)
    retry = sandbox.call(config, "4000000000000341", attempt=2)
    elsewhere = sandbox.call(config, "4000000000000341", attempt=3)

    failures = [sandbox.authorize(unlucky(config), call) for call in (first, retry, first)]
    others = [
        sandbox.authorize(unlucky(other), replace(elsewhere, provider=other.id))
        for other in CARD_PROVIDERS
        if other != config
    ]

    assert {result.outcome for result in failures} == {Outcome.ERROR}
    assert {result.category for result in failures} == {Category.PROVIDER_TECHNICAL}
    assert {result.outcome for result in others} == {Outcome.APPROVED}


@every_card_provider
def test_the_failover_card_remembers_per_payment(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    other = next(p for p in CARD_PROVIDERS if p != config)
    sandbox.authorize(config, sandbox.call(config, "4000000000000341"))

    result = sandbox.authorize(other, sandbox.call(other, "4000000000000341", payment_id="pay_2"))

    assert result.outcome is Outcome.ERROR


@every_card_provider
def test_the_retry_card_fails_once_at_each_provider(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    other = next(p for p in CARD_PROVIDERS if p != config)
    first = sandbox.call(config, "4000000000000267", attempt=1)
    retry = sandbox.call(config, "4000000000000267", attempt=2)
    elsewhere = sandbox.call(other, "4000000000000267", attempt=3)

    outcomes = [
        sandbox.authorize(unlucky(config), first).outcome,
        sandbox.authorize(unlucky(config), retry).outcome,
        sandbox.authorize(unlucky(config), first).outcome,
        sandbox.authorize(unlucky(config), retry).outcome,
        sandbox.authorize(unlucky(other), elsewhere).outcome,
    ]

    error, approved = Outcome.ERROR, Outcome.APPROVED
    assert outcomes == [error, approved, error, approved, error]


@every_card_provider
def test_a_lost_request_was_never_charged(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    other = next(p for p in CARD_PROVIDERS if p != config)
    first = sandbox.call(config, "4000000000006983", attempt=1)

    lost = [sandbox.authorize(unlucky(config), first) for _ in range(2)]
    sandbox.wait(config.visibility_ms)
    inquiry = sandbox.inquire(unlucky(config), first)
    later = sandbox.authorize(unlucky(other), sandbox.call(other, "4000000000006983", attempt=3))

    assert {result.outcome for result in lost} == {Outcome.UNKNOWN}
    assert inquiry.outcome is Outcome.NOT_FOUND
    assert later.outcome is Outcome.APPROVED


@every_card_provider
def test_three_inquiries_are_lost_and_the_fourth_says_approved(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config, "4000000000006991")

    answer = sandbox.authorize(unlucky(config), call)
    inquiries = [sandbox.inquire(unlucky(config), call) for _ in range(5)]

    unknown, approved = Outcome.UNKNOWN, Outcome.APPROVED
    assert answer.outcome is unknown
    assert [i.outcome for i in inquiries] == [unknown, unknown, unknown, approved, approved]
    assert {i.latency_ms for i in inquiries[:3]} == {config.timeout_ms}


@every_card_provider
def test_the_slow_card_is_approved_after_8_s(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    called_at = sandbox.clock.now()
    call = sandbox.call(config, "4000000000001000")

    answer = sandbox.authorize(unlucky(config), call)
    meanwhile = sandbox.inquire(config, call)
    sandbox.clock.time = called_at + timedelta(seconds=8)
    afterwards = sandbox.inquire(config, call)

    assert answer.outcome is Outcome.UNKNOWN
    assert meanwhile.outcome is Outcome.PENDING
    assert afterwards.outcome is Outcome.APPROVED


@every_card_provider
def test_a_challenge_asks_for_a_redirect_until_it_expires(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config, "4000000000003220")

    answer = sandbox.authorize(unlucky(config), call)
    inquiry = sandbox.inquire(unlucky(config), call)
    sandbox.wait(config.approval_timeout_ms)
    expired = sandbox.inquire(unlucky(config), call)

    for result in (answer, inquiry):
        assert result.outcome is Outcome.PENDING
        assert result.next_action is NextActionType.THREE_DS_REDIRECT
    assert (expired.outcome, expired.code) == (Outcome.DECLINED, "customer_timeout")
    assert expired.next_action is None


@every_card_provider
def test_a_card_past_its_expiry_is_refused(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    call = sandbox.call(config, "4242424242424242")
    assert isinstance(call.method, CardMethod)
    sandbox.clock.time = sandbox.clock.time.replace(year=2031, month=1)

    result = sandbox.authorize(config, call)

    assert (result.outcome, result.code) == (Outcome.DECLINED, "expired_card")


@every_upi_provider
@pytest.mark.parametrize(
    ("flow", "action"),
    [
        (UpiFlow.COLLECT, NextActionType.UPI_APPROVE),
        (UpiFlow.INTENT, NextActionType.UPI_INTENT),
    ],
)
def test_a_pending_collect_waits_for_the_payer(
    config: ProviderConfig, flow: UpiFlow, action: NextActionType
) -> None:
    sandbox = Sandbox()
    call = replace(sandbox.call(config), method=UpiMethod("Pending@UPI", flow))

    answer = sandbox.authorize(unlucky(config), call)
    inquiry = sandbox.inquire(unlucky(config), call)
    sandbox.wait(config.approval_timeout_ms)
    expired = sandbox.inquire(unlucky(config), call)

    for result in (answer, inquiry):
        assert (result.outcome, result.next_action) == (Outcome.PENDING, action)
    assert (expired.outcome, expired.code) == (Outcome.DECLINED, "customer_timeout")


@every_upi_provider
def test_a_delayed_collect_is_approved_3_s_after_the_call(config: ProviderConfig) -> None:
    sandbox = Sandbox()
    called_at = sandbox.clock.now()
    call = sandbox.call(config, "delayed@upi")

    answer = sandbox.authorize(unlucky(config), call)
    early = sandbox.inquire(unlucky(config), call)
    sandbox.clock.time = called_at + timedelta(seconds=3)
    late = sandbox.inquire(unlucky(config), call)
    again = sandbox.authorize(unlucky(config), call)

    assert (answer.outcome, answer.next_action) == (Outcome.PENDING, None)
    assert early.outcome is Outcome.PENDING
    assert late.outcome is Outcome.APPROVED
    assert again.outcome is Outcome.PENDING
