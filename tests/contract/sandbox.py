"""One payment's world around any provider: a clock that sleeps at once, a vault, a shared book."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random

from payflow.domain.method import CardData, CardMethod, Method, MethodType, UpiMethod, WalletMethod
from payflow.domain.money import Money
from payflow.domain.outcomes import Operation, Outcome, ProviderResult
from payflow.domain.payment import provider_key
from payflow.domain.ports import Provider
from payflow.domain.provider import STORED_WALLET_ADAPTER, Faults, ProviderConfig
from payflow.domain.provider_call import ProviderCall
from payflow.domain.provider_schema import read_providers
from payflow.domain.wallet import BALANCE_MINOR_MAX, WalletAction
from payflow.providers.registry import ADAPTERS, create_provider
from payflow.providers.simulated.store import BookStore
from payflow.services.call_provider import OPERATIONS
from simulation.ports.book import InMemoryBookStore
from simulation.ports.vault import InMemoryVault
from simulation.ports.wallets import InMemoryWallets
from tests.support.fakes import FakeClock, RecordingCallbacks, a_page
from tests.support.ports import fund, one_at_a_time

PROVIDERS_FILE = Path(__file__).parents[2] / "config" / "providers.json"
CVC = "123"
MERCHANT = "mer_1"

ORDINARY = {
    MethodType.CARD: "5105105105105100",
    MethodType.UPI: "asha@okbank",
    MethodType.WALLET: "wal_00000000000000000000000001",
}


def registered_providers() -> tuple[ProviderConfig, ...]:
    """Every provider of the shipped configuration: a new entry is tested unasked."""
    return read_providers(PROVIDERS_FILE.read_text(), adapters=ADAPTERS)


def simulated_providers() -> tuple[ProviderConfig, ...]:
    """Those with an operator at the other end, which is simulated: not PayFlow's own wallets."""
    return tuple(one for one in registered_providers() if one.adapter != STORED_WALLET_ADAPTER)


def following(
    call: ProviderCall,
    operation: Operation,
    amount_minor: int | None = None,
    *,
    attempt: int = 2,
    final: bool = False,
) -> ProviderCall:
    """The call of a later operation on the authorisation `call`; its whole amount by default."""
    return replace(
        call,
        operation=operation,
        attempt_number=attempt,
        key=provider_key(call.payment_id, attempt),
        amount=call.amount if amount_minor is None else Money(amount_minor, call.amount.currency),
        final=final,
    )


def flawless(config: ProviderConfig) -> ProviderConfig:
    """`config` without failures of its own."""
    return replace(config, failure_rate=0.0, lost_response_rate=0.0)


def a_book() -> InMemoryBookStore:
    """An empty book, for threads too."""
    writes = ("put_new", "put_new_and_change", "change", "count")
    return one_at_a_time(InMemoryBookStore(), *writes)


def a_funded_wallet() -> InMemoryWallets:
    """The ordinary wallet, as full as it can be."""
    wallets = one_at_a_time(InMemoryWallets(FakeClock()), "create", "perform", "refuse")
    fund(wallets, ORDINARY[MethodType.WALLET], BALANCE_MINOR_MAX, merchant_id=MERCHANT)
    return wallets


@dataclass
class Sandbox:
    """Makes calls to providers; all share book and wallets, and each has its own clock."""

    seed: int = 1
    store: BookStore = field(default_factory=a_book)
    clock: FakeClock = field(default_factory=FakeClock)
    vault: InMemoryVault = field(default_factory=lambda: InMemoryVault(FakeClock()))
    callbacks: RecordingCallbacks = field(default_factory=RecordingCallbacks)
    wallets: InMemoryWallets = field(default_factory=a_funded_wallet)

    def __post_init__(self) -> None:
        self.randomness = Random(self.seed)

    @property
    def book(self) -> InMemoryBookStore:
        """The shared book, for tests that look into it."""
        assert isinstance(self.store, InMemoryBookStore)
        return self.store

    @property
    def entries(self) -> list[object]:
        """All that providers have written down: in the shared book, and in their own wallets."""
        operations = self.wallets.operations.values()
        asked = [one for one in operations if one.action is not WalletAction.TOP_UP]
        return [*self.book.items.items(), *asked]

    def perform(
        self, config: ProviderConfig, call: ProviderCall, faults: Faults | None = None
    ) -> ProviderResult:
        """Whatever operation `call` asks for."""
        return OPERATIONS[call.operation](self._provider(config, faults), call)

    def authorize(
        self, config: ProviderConfig, call: ProviderCall, faults: Faults | None = None
    ) -> ProviderResult:
        return self._provider(config, faults).authorize(replace(call, provider=config.id))

    def inquire(
        self, config: ProviderConfig, call: ProviderCall, faults: Faults | None = None
    ) -> ProviderResult:
        wanted = replace(call, provider=config.id, operation=Operation.INQUIRE)
        return self._provider(config, faults).inquire(wanted)

    def call(
        self,
        config: ProviderConfig,
        instrument: str | None = None,
        *,
        attempt: int = 1,
        payment_id: str = "pay_00000000000000000000000001",
        amount_minor: int = 125_000,
        capture: bool = True,
    ) -> ProviderCall:
        """Attempt number `attempt` of a payment by `instrument` (default: an ordinary one)."""
        key = provider_key(payment_id, attempt)
        return ProviderCall(
            payment_id=payment_id,
            merchant_id=MERCHANT,
            attempt_number=attempt,
            operation=Operation.AUTHORIZE,
            provider=config.id,
            key=key,
            authorization_key=key,
            method=self._method(config.type, instrument or ORDINARY[config.type]),
            amount=Money(amount_minor, "INR"),
            capture=capture,
        )

    def approved(
        self, config: ProviderConfig, instrument: str | None = None, *, capture: bool
    ) -> ProviderCall:
        """The call of an authorisation, or with `capture` of a sale, that was approved."""
        call = self.call(config, instrument, capture=capture)
        assert self.authorize(flawless(config), call).outcome is Outcome.APPROVED
        return call

    def wait(self, duration_ms: int) -> None:
        """Let time pass."""
        self.clock.time += timedelta(milliseconds=duration_ms)

    def _provider(self, config: ProviderConfig, faults: Faults | None) -> Provider:
        return create_provider(
            config,
            faults or Faults(),
            book=self.store,
            callbacks=self.callbacks,
            approval_url=a_page,
            clock=self.clock,
            randomness=self.randomness,
            vault=lambda: self.vault,
            wallets=lambda: self.wallets,
        )

    def _method(self, kind: MethodType, instrument: str) -> Method:
        match kind:
            case MethodType.UPI:
                return UpiMethod(vpa=instrument)
            case MethodType.WALLET:
                return WalletMethod(wallet_id=instrument)
            case MethodType.CARD:
                return self._tokenised(instrument)

    def _tokenised(self, number: str) -> CardMethod:
        token = f"tok_{number[-8:]}"
        card = CardData(number=number, exp_month=12, exp_year=2030, cvc=CVC)
        self.vault.store(token, MERCHANT, card, keep=True)
        described = self.vault.describe(token, MERCHANT)
        assert described is not None
        return described
