"""The whole gateway in this process: real use cases and simulated providers, executions by hand.

A test moves each execution one state at a time, in any order; it can duplicate one, and lose what a
provider answered, as a crashed function does.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from payflow.domain.instruction import InstructionKind
from payflow.domain.merchant import Merchant
from payflow.domain.method import CardData, MethodType, WalletMethod
from payflow.domain.money import FeeTerms, Money
from payflow.domain.new_payment import NewPayment
from payflow.domain.outcomes import Outcome
from payflow.domain.payment import CaptureMethod, Payment, provider_key
from payflow.domain.ports import Provider
from payflow.domain.provider import STORED_WALLET_ADAPTER, Faults, Market, ProviderConfig
from payflow.domain.provider_callback import CallbackType, ProviderCallback
from payflow.domain.step import Action
from payflow.domain.timestamps import parse_rfc3339
from payflow.providers.registry import create_provider
from payflow.providers.simulated.entry import BookEntry, entry_from_document
from payflow.services.call_provider import CallProvider
from payflow.services.confirm_payment import ConfirmPayment, CustomerDesks
from payflow.services.create_payment import CreateAnswer, CreatePayment, CreateRequest
from payflow.services.handle_callback import HandleCallback
from payflow.services.instruct_payment import InstructAnswer, InstructPayment, InstructRequest
from payflow.services.plan_next_step import PlanNextStep
from payflow.services.review_payments import ReviewPayments
from payflow.services.wake_payment import WakePayment
from simulation.ports.book import InMemoryBookStore
from simulation.ports.claims import InMemoryCallClaims
from simulation.ports.vault import InMemoryVault
from simulation.ports.wallets import InMemoryWallets
from tests.support.builders import NOON, a_provider
from tests.support.fakes import (
    FakeClock,
    FixedMarket,
    FixedRates,
    RecordingCallbacks,
    RecordingWakeUps,
    RecordingWorkflow,
    a_page,
)
from tests.support.ports import CountedPayments

MERCHANT = Merchant(
    id="mer_00000000000000000000000001",
    name="Shop",
    settlement_currency="INR",
    platform_fee=FeeTerms(bps=100),
    created_at=NOON,
    updated_at=NOON,
)
FUNCTIONS = {kind: f"call_{kind.value}_provider" for kind in MethodType}
STATES_MAX = 400
WAKE_UPS_MAX = 100
Execution = dict[str, Any]
"""What the state machine would carry: the payment's id and its step."""


@dataclass
class InProcess:
    """The gateway; `failure_rate` and `lost_response_rate` are those of both providers."""

    seed: int = 1
    failure_rate: float = 0.0
    lost_response_rate: float = 0.0
    executions: list[Execution] = field(default_factory=list)
    _orders: list[CreateRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock, self.randomness = FakeClock(), Random(self.seed)
        self.wallets = InMemoryWallets(self.clock)
        self.payments, self.vault, self.book = (
            CountedPayments(),
            InMemoryVault(self.clock),
            InMemoryBookStore(),
        )
        self.callbacks = RecordingCallbacks()
        rates = {"failure_rate": self.failure_rate, "lost_response_rate": self.lost_response_rate}
        own = {"type": MethodType.WALLET, "adapter": STORED_WALLET_ADAPTER, "visibility_ms": 0}
        providers = (
            *(a_provider(name, **rates) for name in ("A", "B")),
            a_provider("W", **rates, **own, fees=FeeTerms()),
        )
        market, self.workflow = FixedMarket(Market(providers)), RecordingWorkflow()
        planning = (market, self.clock, self.randomness, FUNCTIONS)
        self.plan = PlanNextStep(self.payments, self.vault, *planning)
        self.provider = CallProvider(market, InMemoryCallClaims(), self._provider)
        self.create = CreatePayment(
            self.payments,
            self.vault,
            market,
            FixedRates(),
            self.workflow,
            self.clock,
            self.randomness,
            FUNCTIONS,
            self.wallets,
        )
        self.wake_ups = RecordingWakeUps()
        at_work = (self.payments, market, self.workflow)
        chance = (self.clock, self.randomness, FUNCTIONS)
        self.instruct = InstructPayment(*at_work, *chance)
        self.wake = WakePayment(*at_work, self.wake_ups, *chance)
        self.handle = HandleCallback(*at_work, *chance, lambda callback: "no disputes here")
        self.review = ReviewPayments(*at_work, *chance)
        self.desks = CustomerDesks(market, self._provider)
        self.confirm = ConfirmPayment(self.payments, self.desks, self.clock)

    def pay(
        self,
        number: str = "4242424242424242",
        *,
        amount_minor: int = 1_000,
        capture: CaptureMethod = CaptureMethod.AUTOMATIC,
        wallet_id: str | None = None,
    ) -> Payment:
        """A new payment by card, or from a stored wallet, without any call made yet."""
        order = len(self._orders)
        self._orders.append(
            CreateRequest(
                merchant=MERCHANT,
                path="/api/v1/payments",
                idempotency_key=f"order-{order}",
                canonical_body=b"{}",
                payment=NewPayment(
                    amount=Money(amount_minor, "INR"),
                    method=WalletMethod(wallet_id)
                    if wallet_id is not None
                    else CardData(number, 12, 2030, "123"),
                    capture_method=capture,
                ),
                wait_ms=None,
            )
        )
        body = self.create(self._orders[-1]).body
        self._collect()
        return self.payment(json.loads(body)["id"])

    def again(self, payment: Payment) -> CreateAnswer:
        """The answer to a repetition of the request that created `payment`."""
        return self.create(self._orders[list(self.payments.items).index(payment.id)])

    def ask(
        self,
        payment: Payment,
        kind: InstructionKind,
        amount_minor: int | None = None,
        *,
        key: str,
        final: bool = False,
        wait_ms: int | None = None,
    ) -> InstructAnswer:
        """Capture, cancel or refund."""
        answer = self.instruct(
            InstructRequest(
                kind=kind,
                payment_id=payment.id,
                merchant_id=payment.merchant_id,
                path=f"/api/v1/payments/{payment.id}/{kind.value}",
                idempotency_key=key,
                canonical_body=f"{amount_minor} {final}".encode(),
                wait_ms=wait_ms,
                amount_minor=amount_minor,
                final=final,
            )
        )
        self._collect()
        return answer

    def payment(self, payment_id: str) -> Payment:
        """The payment as it is now."""
        return self.payments.items[payment_id]

    def step(self, execution: Execution, *, crash: bool = False) -> None:
        """One execution on by one state; with `crash` nobody hears what the provider answered."""
        step, payment_id = execution["step"], execution["payment_id"]
        answer = None
        match step["action"]:
            case Action.FINISHED | Action.NEEDS_REVIEW:
                return
            case Action.BACK_OFF:
                self.clock.time = max(self.clock.time, parse_rfc3339(step["not_before"]))
            case _:
                answer = self.provider(deepcopy(step["call"]))
                if crash:
                    answer = {
                        "attempt_number": step["call"]["attempt_number"],
                        "outcome": "unknown",
                        "code": "provider_call_crashed",
                        "category": "unknown",
                        "latency_ms": 0,
                    }
        execution["step"] = self.plan(payment_id, answer).step

    def is_finished(self, execution: Execution) -> bool:
        """Whether the execution has nothing more to do."""
        return execution["step"]["action"] in (Action.FINISHED, Action.NEEDS_REVIEW)

    def run(self) -> None:
        """All executions to their ends, in turns."""
        for _ in range(STATES_MAX):
            running = [one for one in self.executions if not self.is_finished(one)]
            if not running:
                return
            for execution in running:
                self.step(execution)
        raise AssertionError("an execution does not end")

    def run_and_wait(self, payment: Payment, **at_most: float) -> Payment:
        """All executions, and each wake-up of `payment` when it is due, for so much time."""
        until = self.clock.time + timedelta(**at_most)
        for _ in range(WAKE_UPS_MAX):
            self.run()
            due_at = self.payment(payment.id).due_at
            if due_at is None or due_at > until:
                break
            self.clock.time = max(self.clock.time, due_at)
            self.wake(payment.id)
            self._collect()
        return self.payment(payment.id)

    def tell(
        self,
        payment: Payment,
        attempt_number: int,
        outcome: Outcome = Outcome.APPROVED,
        *,
        provider: str | None = None,
    ) -> str:
        """The provider's callback about one of its operations; what came of it."""
        attempt = payment.attempts[attempt_number - 1]
        handled = self.handle(
            ProviderCallback(
                id=f"cb-{payment.id}-{attempt_number}",
                provider=provider or attempt.provider,
                type=CallbackType.PAYMENT_UPDATED,
                payment_id=payment.id,
                key=provider_key(payment.id, attempt_number),
                occurred_at=self.clock.time,
                outcome=outcome,
            )
        )
        self._collect()
        return handled

    def hear(self) -> list[str]:
        """What came of the callbacks that providers have sent for now; those for later wait."""
        due = [callback for callback, delay_ms in self.callbacks.sent if delay_ms == 0]
        self.callbacks.sent = [one for one in self.callbacks.sent if one[1] > 0]
        handled = [self.handle(callback) for callback in due]
        self._collect()
        return handled

    def run_quietly(self) -> None:
        """All executions to their ends while somebody waits on the same clock."""
        self.clock.on_sleep, waiting = lambda: None, self.clock.on_sleep
        self._collect()
        self.run()
        self.clock.on_sleep = waiting

    def later(self, **duration: float) -> None:
        """Let time pass."""
        self.clock.time += timedelta(**duration)

    def booked(self) -> list[BookEntry]:
        """What all providers have in their books, the test instruments' memory left out."""
        documents = [d for i, d in self.book.items.items() if not i.startswith("instrument#")]
        return [entry_from_document(document) for document in documents]

    def _provider(self, config: ProviderConfig, faults: Faults) -> Provider:
        return create_provider(
            config,
            faults,
            book=self.book,
            callbacks=self.callbacks,
            approval_url=a_page,
            clock=self.clock,
            randomness=self.randomness,
            vault=lambda: self.vault,
            wallets=lambda: self.wallets,
        )

    def _collect(self) -> None:
        started, self.workflow.started = self.workflow.started, []
        self.executions += [{"payment_id": one, "step": step} for one, step in started]
