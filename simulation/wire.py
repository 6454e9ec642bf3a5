"""The line between the gateway and the providers: where calls hang, and answers get spoilt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from payflow.domain.ids import derived_id
from payflow.domain.method import CardMethod
from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.ports import Provider
from payflow.domain.provider import ProviderConfig
from payflow.domain.provider_call import ProviderCall
from payflow.domain.provider_callback import CallbackType, ProviderCallback
from payflow.providers.simulated.callbacks import CallbackSender
from simulation.faults import ANSWERING, CALLING, Faults, Kind
from simulation.kernel import Invocation, Kernel, KernelClock

TOLD_AFTER_MS: Final = (0,)
"""When a provider tells of an approval that came late: once, at once."""

LOOKS_MAX: Final = 6
LOOK_PAUSE_MS: Final = 2_000
"""How it finds out what it has approved although its own answer got lost."""

_NOT_DECIDED: Final = frozenset({Outcome.UNKNOWN, Outcome.NOT_FOUND, Outcome.PENDING})

REFUNDS_COME_BACK: Final = "4000000000005126"
"""The test card whose account is closed."""


@dataclass(slots=True)
class Calls:
    """What went over the line, by payment and attempt: how often; and which answers were wrong.

    An inquiry may be made twice, so it may have been `heard` as well.
    """

    sent: Counter[tuple[str, int]] = field(default_factory=Counter)
    misheard: set[tuple[str, int]] = field(default_factory=set)
    heard: set[tuple[str, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class FarSide:
    """A provider's own machines, which nothing of ours can fail: what hangs arrives there."""

    provider: Callable[[ProviderConfig], Provider]
    outbox: CallbackSender


class Wire:
    """One provider behind the line; as the provider's, on the whole."""

    def __init__(
        self,
        provider: Provider,
        config: ProviderConfig,
        *,
        kernel: Kernel,
        faults: Faults,
        calls: Calls,
        far_side: FarSide,
    ) -> None:
        """`provider` is the real adapter; its id names the sites."""
        self._provider, self._config, self._kernel = provider, config, kernel
        self._faults, self._calls, self._far_side = faults, calls, far_side

    def authorize(self, call: ProviderCall) -> ProviderResult:
        """It may hang until nobody waits any more, and come to something later."""
        self._count(call)
        subject = self._kernel.current.subject
        fault = self._faults.at(subject, f"{self._config.id}.call", CALLING)
        if fault is None or not _can_be_taken_back(call):
            return self._heard(call, self._provider.authorize(call))
        timeout_ms = self._config.timeout_ms
        late = Invocation("late call", subject, self._kernel.current.random)
        late_ms = timeout_ms + fault.amount
        self._kernel.spawn(late_ms, late, lambda: self._arrive_late(call, late_ms))
        self._kernel.sleep(timeout_ms)
        return _unknown("timeout", timeout_ms)

    def capture(self, call: ProviderCall) -> ProviderResult:
        """As the provider's."""
        self._count(call)
        return self._heard(call, self._provider.capture(call))

    def void(self, call: ProviderCall) -> ProviderResult:
        """As the provider's."""
        self._count(call)
        return self._heard(call, self._provider.void(call))

    def refund(self, call: ProviderCall) -> ProviderResult:
        """As the provider's."""
        self._count(call)
        return self._heard(call, self._provider.refund(call))

    def inquire(self, call: ProviderCall) -> ProviderResult:
        """As the provider's."""
        return self._heard(call, self._provider.inquire(call))

    def _count(self, call: ProviderCall) -> None:
        self._calls.sent[call.payment_id, call.attempt_number] += 1

    def _heard(self, call: ProviderCall, result: ProviderResult) -> ProviderResult:
        site = f"{self._config.id}.answer"
        fault = self._faults.at(self._kernel.current.subject, site, ANSWERING)
        if fault is None:
            if call.operation is Operation.INQUIRE:
                self._calls.heard.add((call.payment_id, call.attempt_number))
            return result
        if fault.kind is Kind.WRONG_AMOUNT and result.amount_minor is not None:
            self._calls.misheard.add((call.payment_id, call.attempt_number))
            return replace(result, amount_minor=result.amount_minor + 1)
        return _unknown("malformed_answer", result.latency_ms)

    def _arrive_late(self, call: ProviderCall, late_ms: int) -> None:
        """What is approved now is told by callback, since nobody hears the answer.

        A provider promises that inquiries see a call within its visibility window *of the call*:
        of one that took `late_ms` to arrive, only the rest of the window is left.
        """
        rest_ms = max(0, self._config.visibility_ms - late_ms)
        provider = self._far_side.provider(replace(self._config, visibility_ms=rest_ms))
        result = provider.authorize(call)
        for _ in range(LOOKS_MAX):
            if result.outcome not in _NOT_DECIDED:
                break
            self._kernel.sleep(LOOK_PAUSE_MS)
            result = provider.inquire(call)
        if result.outcome is not Outcome.APPROVED:
            return
        for nth, delay_ms in enumerate(TOLD_AFTER_MS):
            callback = ProviderCallback(
                id=derived_id("cb", self._config.id, call.key, f"late {nth}"),
                provider=self._config.id,
                type=CallbackType.PAYMENT_UPDATED,
                payment_id=call.payment_id,
                key=call.key,
                occurred_at=KernelClock(self._kernel).now(),
                outcome=Outcome.APPROVED,
                provider_reference=result.provider_reference,
            )
            self._far_side.outbox.send(callback, delay_ms)


def _can_be_taken_back(call: ProviderCall) -> bool:
    """Whether a charge too many can be undone without a person."""
    method = call.method
    return not isinstance(method, CardMethod) or method.last4 != REFUNDS_COME_BACK[-4:]


def _unknown(code: str, latency_ms: int) -> ProviderResult:
    return ProviderResult(
        outcome=Outcome.UNKNOWN, latency_ms=latency_ms, code=code, category=Category.UNKNOWN
    )
