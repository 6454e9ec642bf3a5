"""One provider call: as itself, sent once, and what is not known is never guessed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from payflow.domain.errors import Unavailable
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
from simulation.ports.claims import InMemoryCallClaims
from tests.support.builders import a_card, a_market, a_result
from tests.support.fakes import FixedMarket

CHANGING = [Operation.AUTHORIZE, Operation.CAPTURE, Operation.VOID, Operation.REFUND]


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
        merchant_id="mer_1",
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

    return CallProvider(FixedMarket(market), InMemoryCallClaims(), create)


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


@pytest.mark.parametrize("operation", CHANGING)
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


@pytest.mark.parametrize("operation", CHANGING)
def test_an_attempt_is_sent_once_and_a_repetition_knows_nothing(operation: Operation) -> None:
    provider = RecordingProvider()
    call_provider = calling(provider, a_market("mockCardA"))

    answers = [call_provider(call_to_document(a_call(operation)))["outcome"] for _ in range(2)]

    assert answers == ["approved", "unknown"]
    assert len(provider.asked) == 1


def test_inquiries_may_be_repeated() -> None:
    call_provider = calling(RecordingProvider(), a_market("mockCardA"))
    call = call_to_document(a_call(Operation.INQUIRE))

    assert [call_provider(call)["outcome"] for _ in range(2)] == ["approved", "approved"]


def test_nothing_is_sent_while_it_is_not_known_whether_it_was_sent() -> None:
    class UnreachableClaims:
        def claim(self, payment_id: str, attempt_number: int) -> bool:
            raise Unavailable("temporarily_unavailable", "the table does not answer")

    provider = RecordingProvider()
    market = FixedMarket(a_market("mockCardA"))
    call_provider = CallProvider(market, UnreachableClaims(), lambda _config, _faults: provider)

    with pytest.raises(Unavailable):
        call_provider(call_to_document(a_call(Operation.AUTHORIZE)))

    assert provider.asked == []
