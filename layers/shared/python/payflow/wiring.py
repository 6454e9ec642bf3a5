"""The one place that joins ports to adapters; each part is made once per process, when first asked.

A function imports this module alone and asks for what it needs, so that it neither loads nor is
granted anything else. Adapters are imported inside their factory for the same reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from random import SystemRandom
from typing import TYPE_CHECKING

from payflow import __version__
from payflow.aws import settings
from payflow.aws.clients import client
from payflow.aws.system_clock import SystemClock
from payflow.domain.ids import Ids
from payflow.domain.method import MethodType

if TYPE_CHECKING:
    from payflow.aws.control import ControlTable
    from payflow.domain.ports import (
        Clock,
        MarketSource,
        MerchantRepository,
        PaymentRepository,
        Provider,
        Randomness,
        Vault,
        WorkflowStarter,
    )
    from payflow.domain.provider import Faults, ProviderConfig
    from payflow.services.authenticate import Authenticate
    from payflow.services.call_provider import CallProvider
    from payflow.services.check_health import CheckHealth
    from payflow.services.create_payment import CreatePayment
    from payflow.services.create_token import CreateToken
    from payflow.services.explain_routing import ExplainRouting
    from payflow.services.instruct_payment import InstructPayment
    from payflow.services.manage_merchants import ManageMerchants
    from payflow.services.manage_providers import ManageProviders
    from payflow.services.plan_next_step import PlanNextStep
    from payflow.services.read_ledger import ReadLedger
    from payflow.services.read_payments import ReadPayments
    from payflow.services.read_refunds import ReadRefunds
    from payflow.services.update_health import UpdateHealth


@cache
def clock() -> Clock:
    """The machine's clock."""
    return SystemClock()


@cache
def randomness() -> Randomness:
    """The operating system's randomness."""
    return SystemRandom()


@cache
def ids() -> Ids:
    """Fresh ids from clock and randomness."""
    return Ids(clock(), randomness())


@cache
def payments() -> PaymentRepository:
    """Payments in DynamoDB."""
    from payflow.aws.payments import DynamoPayments

    return DynamoPayments(client("dynamodb"), settings.payments_table(), merchants=merchants)


@cache
def merchants() -> MerchantRepository:
    """Merchants and keys in DynamoDB."""
    from payflow.aws.merchants import DynamoMerchants

    return DynamoMerchants(client("dynamodb"), settings.merchants_table())


@cache
def vault() -> Vault:
    """The card vault in DynamoDB under KMS keys."""
    from payflow.aws.vault import KmsVault

    return KmsVault(client("dynamodb"), lambda: client("kms"), settings.vault(), clock())


@cache
def market() -> MarketSource:
    """Provider configuration, faults and health from the control table."""
    from payflow.aws.control import CachedMarket

    return CachedMarket(control(), clock())


@cache
def control() -> ControlTable:
    """Provider configuration, faults and health as stored, over the deployed configuration."""
    from payflow.aws.control import ControlTable
    from payflow.aws.provider_file import deployed_providers

    deployed = deployed_providers(settings.providers_file())
    return ControlTable(client("dynamodb"), settings.control_table(), deployed)


@cache
def workflow() -> WorkflowStarter:
    """The payment state machine."""
    from payflow.aws.workflow import StepFunctionsWorkflow

    return StepFunctionsWorkflow(client("stepfunctions"), settings.state_machine_arn())


def provider_functions() -> Mapping[MethodType, str]:
    """The provider functions' names by type of method."""
    return {MethodType(kind): name for kind, name in settings.provider_functions().items()}


@cache
def plan_next_step() -> PlanNextStep:
    """The use case behind the state of that name."""
    from payflow.services.plan_next_step import PlanNextStep

    return PlanNextStep(payments(), vault(), market(), clock(), randomness(), provider_functions())


@cache
def create_payment() -> CreatePayment:
    """The use case behind `POST /api/v1/payments`."""
    from payflow.services.create_payment import CreatePayment

    return CreatePayment(
        payments=payments(),
        vault=vault(),
        market=market(),
        workflow=workflow(),
        clock=clock(),
        randomness=randomness(),
        functions=provider_functions(),
    )


@cache
def instruct_payment() -> InstructPayment:
    """The use case behind capture, cancel and refund."""
    from payflow.services.instruct_payment import InstructPayment

    return InstructPayment(
        payments=payments(),
        market=market(),
        workflow=workflow(),
        clock=clock(),
        randomness=randomness(),
        functions=provider_functions(),
    )


@cache
def update_health() -> UpdateHealth:
    """The use case behind the payments stream."""
    from payflow.services.update_health import UpdateHealth

    return UpdateHealth(control(), clock(), randomness())


@cache
def manage_providers() -> ManageProviders:
    """The use cases behind `/internal/providers`."""
    from payflow.providers.registry import ADAPTERS
    from payflow.services.manage_providers import ManageProviders

    return ManageProviders(control(), clock(), ADAPTERS.keys())


@cache
def explain_routing() -> ExplainRouting:
    """The use case behind `POST /internal/routing/explain`."""
    from payflow.services.explain_routing import ExplainRouting

    return ExplainRouting(market(), clock(), randomness())


@cache
def authenticate() -> Authenticate:
    """Finds out who calls; remembers valid keys for a moment."""
    from payflow.services.authenticate import Authenticate

    return Authenticate(merchants(), clock())


@cache
def manage_merchants() -> ManageMerchants:
    """The use cases behind `/internal/merchants`."""
    from payflow.services.manage_merchants import ManageMerchants

    return ManageMerchants(merchants(), ids(), clock())


@cache
def create_token() -> CreateToken:
    """The use case behind `POST /api/v1/tokens`."""
    from payflow.services.create_token import CreateToken

    return CreateToken(vault(), ids())


@cache
def read_payments() -> ReadPayments:
    """The use cases behind `GET /api/v1/payments`."""
    from payflow.services.read_payments import ReadPayments

    return ReadPayments(payments())


@cache
def read_refunds() -> ReadRefunds:
    """The use cases behind `GET /api/v1/refunds`."""
    from payflow.services.read_refunds import ReadRefunds

    return ReadRefunds(read_payments())


@cache
def read_ledger() -> ReadLedger:
    """The use cases behind `GET /api/v1/ledger` and `/balance`."""
    from payflow.services.read_ledger import ReadLedger

    return ReadLedger(payments(), merchants(), clock())


@cache
def check_health() -> CheckHealth:
    """The use case behind `GET /internal/health`."""
    from payflow.services.check_health import CheckHealth

    return CheckHealth(payments(), control(), clock(), __version__)


@cache
def call_provider() -> CallProvider:
    """The use case behind the states that call a provider."""
    from payflow.services.call_provider import CallProvider

    return CallProvider(market(), _create_provider)


def _create_provider(config: ProviderConfig, faults: Faults) -> Provider:
    from payflow.aws.provider_book import DynamoBook
    from payflow.providers.registry import create_provider

    return create_provider(
        config,
        faults,
        book=DynamoBook(client("dynamodb"), settings.provider_books_table()),
        clock=clock(),
        randomness=randomness(),
        vault=vault,
    )
