"""The gateway's use cases on real adapters; a test stands in for the workflow and the providers."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from types_boto3_dynamodb import DynamoDBClient
from types_boto3_kms import KMSClient

from payflow.aws.payments import DynamoPayments
from payflow.aws.provider_calls import DynamoCallClaims
from payflow.aws.provider_file import deployed_providers
from payflow.aws.rates_file import DeployedRates
from payflow.aws.settings import VaultSettings
from payflow.aws.vault import KmsVault
from payflow.aws.wallets import DynamoWallets
from payflow.domain.merchant import Merchant
from payflow.domain.method import CardData, CardMethod, MethodType
from payflow.domain.money import FeeTerms, Money
from payflow.domain.new_payment import NewMethod, NewPayment
from payflow.domain.outcomes import Category, Outcome, ProviderResult
from payflow.domain.payment import Customer, Payment
from payflow.domain.ports import Vault
from payflow.domain.provider import Faults, Market, ProviderConfig, ProviderHealth
from payflow.domain.provider_call import ProviderCall
from payflow.domain.provider_config import provider_from_document
from payflow.services.call_provider import CallProvider
from payflow.services.create_payment import CreatePayment, CreateRequest
from payflow.services.plan_next_step import PlanNextStep
from tests.support.builders import NOON
from tests.support.fakes import FakeClock, FixedMarket, RecordingWorkflow
from tests.support.write_units import UnitCounter, Units

CARD = CardData(number="5105105105105100", exp_month=12, exp_year=2030, cvc="123")
FUNCTIONS = {kind: f"call_{kind.value}_provider" for kind in MethodType}
APPROVED = ProviderResult(
    Outcome.APPROVED,
    latency_ms=412,
    provider_code="00",
    provider_reference="ref_01jd5q4c6m3v8x2t7k9w0e1r2y",
    amount_minor=125_000,
    currency="INR",
)
BROKEN = ProviderResult(
    Outcome.ERROR,
    latency_ms=95,
    code="issuer_unavailable",
    category=Category.ISSUER,
    provider_code="91",
)


@dataclass
class ScriptedProvider:
    """Gives one answer; takes a card out of the vault first, as a card provider does."""

    answer: ProviderResult
    vault: Vault

    def connected(self, _config: ProviderConfig, _faults: Faults) -> ScriptedProvider:
        return self

    def authorize(self, call: ProviderCall) -> ProviderResult:
        if isinstance(call.method, CardMethod):
            assert self.vault.reveal(call.method.token) == CARD
        return self.answer

    def capture(self, call: ProviderCall) -> ProviderResult:
        return self.answer

    def void(self, call: ProviderCall) -> ProviderResult:
        return self.answer

    def refund(self, call: ProviderCall) -> ProviderResult:
        return self.answer

    def inquire(self, call: ProviderCall) -> ProviderResult:
        return self.answer


@dataclass
class Gateway:
    """A fresh gateway on empty tables; `counter` sees all that it does there."""

    dynamodb: DynamoDBClient
    kms: KMSClient
    vault_settings: VaultSettings
    counter: UnitCounter
    clock: FakeClock = field(default_factory=FakeClock)
    workflow: RecordingWorkflow = field(default_factory=RecordingWorkflow)

    def __post_init__(self) -> None:
        unused: Any = None
        market = self.market = FixedMarket(_a_busy_market())
        self.claims = DynamoCallClaims(self.dynamodb, "provider_calls", self.clock)
        self.payments = DynamoPayments(self.dynamodb, "payments", merchants=lambda: unused)
        self.vault = KmsVault(self.dynamodb, lambda: self.kms, self.vault_settings, self.clock)
        self.vault.fingerprint(b"the key is made once in the life of a deployment")
        self.create = CreatePayment(
            payments=self.payments,
            vault=self.vault,
            market=market,
            rates=DeployedRates(),
            workflow=self.workflow,
            clock=self.clock,
            randomness=Random(1),
            functions=FUNCTIONS,
            wallets=DynamoWallets(self.dynamodb, "wallets", self.clock, Random(1)),
        )
        self.plan = PlanNextStep(
            self.payments, self.vault, market, self.clock, Random(1), FUNCTIONS
        )

    def pay(self, method: NewMethod, *answers: ProviderResult) -> tuple[Payment, Units]:
        """A payment through all of `answers`, and what it used in the gateway's tables."""
        with self.counter.counting() as units:
            self._create(method)
            payment_id, step = self.workflow.started[-1]
            for answer in answers:
                provider = ScriptedProvider(answer, self.vault)
                called = CallProvider(self.market, self.claims, provider.connected)(step["call"])
                self.clock.sleep_ms(answer.latency_ms + 500)
                step = self.plan(payment_id, called).step
        payment = self.payments.get(payment_id)
        assert payment is not None
        return payment, units

    def _create(self, method: NewMethod) -> None:
        asked = NewPayment(
            amount=Money(125_000, "INR"),
            method=method,
            reference="order-1001",
            description="2 tickets, row 12",
            customer=Customer("cus_1", "asha@example.com", "203.0.113.9", "IN"),
            metadata={"cart": "c-42"},
        )
        self.create(
            CreateRequest(
                merchant=_a_merchant(),
                path="/api/v1/payments",
                idempotency_key="order-1001",
                canonical_body=b"{}",
                payment=asked,
                wait_ms=None,
            )
        )


def _a_merchant() -> Merchant:
    return Merchant(
        id="mer_00000000000000000000000001",
        name="Shop",
        settlement_currency="INR",
        platform_fee=FeeTerms(bps=100, fixed_minor=200),
        created_at=NOON,
        updated_at=NOON,
    )


def _a_busy_market() -> Market:
    providers = tuple(map(provider_from_document, deployed_providers()))
    health = ProviderHealth(success_rate=0.987, latency_ms=210.4, calls=998, approval_rate=0.934)
    return Market(providers, {provider.id: health for provider in providers})
