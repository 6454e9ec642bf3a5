"""One payment's world around any provider: a clock that sleeps at once, a vault, a shared book."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random

from payflow.domain.method import CardData, CardMethod, Method, MethodType, UpiMethod, WalletMethod
from payflow.domain.money import Money
from payflow.domain.outcomes import Operation, ProviderResult
from payflow.domain.payment import provider_key
from payflow.domain.ports import Provider
from payflow.domain.provider import Faults, ProviderConfig
from payflow.domain.provider_call import ProviderCall
from payflow.domain.provider_schema import read_providers
from payflow.providers.registry import ADAPTERS, create_provider
from payflow.providers.simulated.store import InMemoryBookStore
from tests.support.fakes import FakeClock, InMemoryVault

PROVIDERS_FILE = Path(__file__).parents[2] / "config" / "providers.json"
CVC = "123"

ORDINARY = {
    MethodType.CARD: "5105105105105100",
    MethodType.UPI: "asha@okbank",
    MethodType.WALLET: "wal_00000000000000000000000001",
}


def registered_providers() -> tuple[ProviderConfig, ...]:
    """Every provider of the shipped configuration: a new entry is tested unasked."""
    return read_providers(PROVIDERS_FILE.read_text(), adapters=ADAPTERS)


def flawless(config: ProviderConfig) -> ProviderConfig:
    """`config` without failures of its own."""
    return replace(config, failure_rate=0.0, lost_response_rate=0.0)


@dataclass
class Sandbox:
    """Makes calls to providers; all share the book, and each has its own clock."""

    seed: int = 1
    book: InMemoryBookStore = field(default_factory=InMemoryBookStore)
    clock: FakeClock = field(default_factory=FakeClock)
    vault: InMemoryVault = field(default_factory=InMemoryVault)

    def __post_init__(self) -> None:
        self.randomness = Random(self.seed)

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
    ) -> ProviderCall:
        """Attempt number `attempt` of a payment by `instrument` (default: an ordinary one)."""
        key = provider_key(payment_id, attempt)
        return ProviderCall(
            payment_id=payment_id,
            attempt_number=attempt,
            operation=Operation.AUTHORIZE,
            provider=config.id,
            key=key,
            authorization_key=key,
            method=self._method(config.type, instrument or ORDINARY[config.type]),
            amount=Money(amount_minor, "INR"),
            capture=True,
        )

    def wait(self, duration_ms: int) -> None:
        """Let time pass."""
        self.clock.time += timedelta(milliseconds=duration_ms)

    def _provider(self, config: ProviderConfig, faults: Faults | None) -> Provider:
        return create_provider(
            config,
            faults or Faults(),
            book=self.book,
            clock=self.clock,
            randomness=self.randomness,
            vault=lambda: self.vault,
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
        self.vault.store(token, "mer_1", card, keep=True)
        described = self.vault.describe(token, "mer_1")
        assert described is not None
        return described
