"""Each port's adapter, made once per process when it is first asked for.

Adapters are imported inside their factory, so that a function neither loads nor is granted what it
does not use. `payflow.wiring` hands these to the use cases; nothing else imports this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from random import SystemRandom
from typing import TYPE_CHECKING

from payflow.aws import settings
from payflow.aws.clients import client
from payflow.aws.system_clock import SystemClock
from payflow.domain.ids import Ids
from payflow.domain.method import MethodType

if TYPE_CHECKING:
    from payflow.aws.callback_queues import SqsInbox, SqsOutbox
    from payflow.aws.control import ControlTable
    from payflow.aws.provider_book import DynamoBook
    from payflow.aws.secrets import ProviderCallbackKeys, Secrets
    from payflow.domain.ports import (
        CallClaims,
        Clock,
        DisputeDesk,
        Journal,
        MarketSource,
        MerchantRepository,
        PaymentRepository,
        PayoutRepository,
        PostingSource,
        Provider,
        Randomness,
        RateSource,
        Vault,
        WakeUps,
        Wallets,
        WorkflowStarter,
    )
    from payflow.domain.provider import Faults, ProviderConfig


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
def payouts() -> PayoutRepository:
    """Payouts in DynamoDB."""
    from payflow.aws.payouts import DynamoPayouts

    return DynamoPayouts(client("dynamodb"), settings.payouts_table(), merchants=merchants)


def journal() -> Journal:
    """The journal's pages in DynamoDB."""
    from payflow.aws.journal import DynamoJournal

    return DynamoJournal(client("dynamodb"), settings.ledger_table())


def posting_sources() -> Sequence[PostingSource]:
    """Everything that is booked: what a stream folds is also read here until it is folded."""
    from payflow.aws.posted_facts import PostedFacts

    tables = (settings.wallets_table(), settings.payouts_table())
    return [posted_payments(), *(PostedFacts(client("dynamodb"), table) for table in tables)]


def posted_payments() -> PostingSource:
    """What payments have booked."""
    from payflow.aws.posted_facts import PostedFacts

    return PostedFacts(client("dynamodb"), settings.payments_table())


@cache
def vault() -> Vault:
    """The card vault in DynamoDB under KMS keys."""
    from payflow.aws.vault import KmsVault

    return KmsVault(client("dynamodb"), lambda: client("kms"), settings.vault(), clock())


@cache
def wallets() -> Wallets:
    """Customers' wallets in DynamoDB."""
    from payflow.aws.wallets import DynamoWallets

    return DynamoWallets(client("dynamodb"), settings.wallets_table(), clock(), randomness())


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

    return ControlTable(client("dynamodb"), settings.control_table(), deployed_providers())


@cache
def rates() -> RateSource:
    """Exchange rates from the deployed table."""
    from payflow.aws.rates_file import DeployedRates

    return DeployedRates()


@cache
def workflow() -> WorkflowStarter:
    """The payment state machine."""
    from payflow.aws.workflow import StepFunctionsWorkflow

    return StepFunctionsWorkflow(client("stepfunctions"), settings.state_machine_arn())


@cache
def wake_ups() -> WakeUps:
    """The queue of payments that are to be looked at again."""
    from payflow.aws.wake_ups import SqsWakeUps

    return SqsWakeUps(client("sqs"), settings.wake_up_queue_url(), clock())


def provider_functions() -> Mapping[MethodType, str]:
    """The provider functions' names by type of method."""
    return {MethodType(kind): name for kind, name in settings.provider_functions().items()}


@cache
def call_claims() -> CallClaims:
    """Which provider calls were made, in DynamoDB."""
    from payflow.aws.provider_calls import DynamoCallClaims

    return DynamoCallClaims(client("dynamodb"), settings.provider_calls_table(), clock())


def new_provider(config: ProviderConfig, faults: Faults) -> Provider:
    """The adapter of a configured provider, broken as `faults` say."""
    from payflow.providers.registry import create_provider

    return create_provider(
        config,
        faults,
        book=provider_book(),
        callbacks=provider_outbox(),
        approval_url=approval_page,
        clock=clock(),
        randomness=randomness(),
        vault=vault,
        wallets=wallets,
    )


@cache
def provider_book() -> DynamoBook:
    """The simulated providers' own books in DynamoDB."""
    from payflow.aws.provider_book import DynamoBook

    return DynamoBook(client("dynamodb"), settings.provider_books_table())


@cache
def dispute_desk() -> DisputeDesk:
    """Where the simulated providers take evidence."""
    from payflow.providers.simulated.disputes import SimulatedDisputeDesk

    return SimulatedDisputeDesk(provider_book(), provider_outbox(), clock())


def provider_outbox() -> SqsOutbox:
    """The simulated providers' callbacks that have to be sent, in SQS."""
    from payflow.aws.callback_queues import SqsOutbox

    return SqsOutbox(client("sqs"), settings.provider_outbox_url(), clock())


@cache
def callback_inbox() -> SqsInbox:
    """Callbacks that have to be dealt with, in SQS."""
    from payflow.aws.callback_queues import SqsInbox

    return SqsInbox(client("sqs"), settings.provider_callbacks_url())


@cache
def secrets() -> Secrets:
    """Secrets in Secrets Manager."""
    from payflow.aws.secrets import Secrets

    return Secrets(client("secretsmanager"), clock())


@cache
def callback_keys() -> ProviderCallbackKeys:
    """The keys that providers sign with."""
    from payflow.aws.secrets import ProviderCallbackKeys

    return ProviderCallbackKeys(secrets(), settings.callback_secret())


def approval_key() -> bytes:
    """The key of the links to the approval page; a link lasts as long as the key does."""
    return secrets().values(settings.approval_secret())[0].encode()


@cache
def public_url() -> str:
    """Where customers reach this deployment, as it was when this process first asked."""
    from payflow.aws.public_url import public_url

    return public_url(client("ssm"), settings.public_url_parameter())


def approval_page(payment_id: str) -> str:
    """The page where the customer of a payment answers."""
    from payflow.domain.approval import approval_url

    return approval_url(public_url(), approval_key(), payment_id)
