"""One provider call: each operation reaches the provider as itself, and what is gone is told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from payflow.domain.money import Money
from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.provider import Faults, Market, ProviderConfig
from payflow.domain.provider_call import (
    ProviderCall,
    call_from_document,
    call_to_document,
    result_from_document,
)
from payflow.services.call_provider import OPERATIONS, CallProvider
from tests.support.builders import a_card, a_market, a_result
from tests.support.fakes import FixedMarket


@dataclass
class RecordingProvider:
    """Approves everything and remembers what it was asked."""

    asked: list[tuple[str, ProviderCall]] = field(default_factory=list)

    def authorize(self, call: ProviderCall) -> ProviderResult:
        return self._approved("authorize", call)

    def capture(self, call: ProviderCall) -> ProviderResult:
        return self._approved("capture", call)

    def void(self, call: ProviderCall) -> ProviderResult:
        return self._approved("void", call)

    def refund(self, call: ProviderCall) -> ProviderResult:
        return self._approved("refund", call)

    def inquire(self, call: ProviderCall) -> ProviderResult:
        return self._approved("inquire", call)

    def _approved(self, method: str, call: ProviderCall) -> ProviderResult:
        self.asked.append((method, call))
        return a_result(Outcome.APPROVED)


def a_call(operation: Operation) -> ProviderCall:
    """A part of an authorisation, as attempt 3."""
    return ProviderCall(
        payment_id="pay_1",
        attempt_number=3,
        operation=operation,
        provider="mockCardA",
        key="pk_3",
        authorization_key="pk_1",
        method=a_card(),
        amount=Money(500, "INR"),
        capture=False,
        final=True,
    )


def calling(provider: RecordingProvider, market: Market) -> CallProvider:
    """The use case with one provider behind every configuration."""

    def create(_config: ProviderConfig, _faults: Faults) -> RecordingProvider:
        return provider

    return CallProvider(FixedMarket(market), create)


def test_every_operation_has_its_call() -> None:
    assert set(OPERATIONS) == set(Operation)


@pytest.mark.parametrize("operation", Operation)
def test_each_operation_reaches_the_provider_as_itself(operation: Operation) -> None:
    provider, call = RecordingProvider(), a_call(operation)

    answer = calling(provider, a_market("mockCardA"))(call_to_document(call))

    assert provider.asked == [(operation.value, call)]
    assert answer["attempt_number"] == 3
    assert result_from_document(answer) == a_result(Outcome.APPROVED)


@pytest.mark.parametrize("operation", Operation)
def test_a_call_survives_the_workflow(operation: Operation) -> None:
    call = a_call(operation)

    assert call_from_document(call_to_document(call)) == call


@pytest.mark.parametrize(
    "operation", [Operation.AUTHORIZE, Operation.CAPTURE, Operation.VOID, Operation.REFUND]
)
def test_nothing_is_sent_to_a_provider_that_was_removed(operation: Operation) -> None:
    provider = RecordingProvider()

    answer = calling(provider, a_market("mockCardB"))(call_to_document(a_call(operation)))

    result = result_from_document(answer)
    assert provider.asked == []
    assert (result.outcome, result.category) == (Outcome.ERROR, Category.PROVIDER_TECHNICAL)
    assert result.code == "provider_not_configured"


def test_what_a_removed_provider_did_before_stays_unknown() -> None:
    answer = calling(RecordingProvider(), a_market("mockCardB"))(
        call_to_document(a_call(Operation.INQUIRE))
    )

    assert result_from_document(answer).outcome is Outcome.UNKNOWN
