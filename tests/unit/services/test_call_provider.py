"""Calling a provider: each attempt is sent once, and what is not known is never guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from payflow.domain.errors import Unavailable
from payflow.domain.money import Money
from payflow.domain.outcomes import Operation, Outcome, ProviderResult
from payflow.domain.provider import Faults, ProviderConfig
from payflow.domain.provider_call import ProviderCall, call_to_document
from payflow.services.call_provider import CallProvider
from tests.support.builders import a_card, a_market, a_result
from tests.support.fakes import FixedMarket, InMemoryCallClaims


@dataclass
class ScriptedProvider:
    """Answers every call alike and remembers it."""

    answer: ProviderResult = field(default_factory=lambda: a_result(Outcome.APPROVED))
    calls: list[Operation] = field(default_factory=list)

    def authorize(self, call: ProviderCall) -> ProviderResult:
        self.calls.append(Operation.AUTHORIZE)
        return self.answer

    def inquire(self, call: ProviderCall) -> ProviderResult:
        self.calls.append(Operation.INQUIRE)
        return self.answer


def a_call(operation: Operation = Operation.AUTHORIZE, provider: str = "A") -> dict[str, object]:
    call = ProviderCall(
        payment_id="pay_1",
        attempt_number=1,
        operation=operation,
        provider=provider,
        key="pk_1",
        method=a_card(),
        amount=Money(100, "INR"),
        capture=True,
    )
    return call_to_document(call)


def calling(provider: ScriptedProvider) -> Callable[[dict[str, object]], dict[str, object]]:
    def create(_config: ProviderConfig, _faults: Faults) -> ScriptedProvider:
        return provider

    return CallProvider(FixedMarket(a_market("A")), InMemoryCallClaims(), create)


def test_an_attempt_is_sent_once_and_a_repetition_knows_nothing() -> None:
    provider = ScriptedProvider()
    call_provider = calling(provider)

    first, repeated = call_provider(a_call()), call_provider(a_call())

    assert first["outcome"] == "approved"
    assert repeated["outcome"] == "unknown"
    assert provider.calls == [Operation.AUTHORIZE]


def test_inquiries_may_be_repeated() -> None:
    provider = ScriptedProvider()
    call_provider = calling(provider)

    answers = [call_provider(a_call(Operation.INQUIRE))["outcome"] for _ in range(2)]

    assert answers == ["approved", "approved"]


def test_an_authorisation_at_a_removed_provider_is_an_error_since_nothing_was_sent() -> None:
    answer = calling(ScriptedProvider())(a_call(provider="gone"))

    assert (answer["outcome"], answer["category"]) == ("error", "provider_technical")


def test_an_inquiry_at_a_removed_provider_proves_nothing() -> None:
    answer = calling(ScriptedProvider())(a_call(Operation.INQUIRE, provider="gone"))

    assert answer["outcome"] == "unknown"


def test_nothing_is_sent_while_it_is_not_known_whether_it_was_sent() -> None:
    class UnreachableClaims:
        def claim(self, payment_id: str, attempt_number: int) -> bool:
            raise Unavailable("temporarily_unavailable", "the table does not answer")

    provider = ScriptedProvider()
    call_provider = CallProvider(
        FixedMarket(a_market("A")), UnreachableClaims(), lambda _config, _faults: provider
    )

    try:
        call_provider(a_call())
    except Unavailable:
        assert provider.calls == []
    else:
        raise AssertionError("an unknown claim must not be taken for a free one")
