"""Every function and what it needs: the table to read before widening any permission."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from infra_cdk.keys import KeyName
from infra_cdk.lambda_factory import Access, FunctionSpec, KeyUse
from infra_cdk.queues import QueueName, Reading
from infra_cdk.secrets import SecretName
from infra_cdk.settings import Authorizer
from infra_cdk.tables import TableName

# By the method type that a provider serves; the plan names one of these in each step.
PROVIDER_FUNCTIONS = {
    "card": "call_card_provider",
    "upi": "call_upi_provider",
    "wallet": "call_wallet_provider",
}
CREATE_FUNCTION = "create_payment_api"
ACTIONS_FUNCTION = "payment_actions_api"
REVIEWS_FUNCTION = "reviews_api"
PLAN_FUNCTION = "plan_next_step"
AUTHORIZER_FUNCTION = "authorize_request"
PAYOUT_FUNCTION = "pay_out_merchants"
LEDGER_FUNCTION = "fold_ledger"
CUSTOMER_FUNCTION = "customer_api"
CALLBACKS_FUNCTION = "provider_callbacks_api"
SEND_CALLBACK_FUNCTION = "send_provider_callback"
HANDLE_CALLBACK_FUNCTION = "handle_provider_callback"
FOLLOW_FUNCTION = "follow_payments"
WAKE_FUNCTION = "wake_payments"
SWEEP_FUNCTION = "sweep_payments"
FALLBACK_FUNCTION = "meta_api"

# Whoever gives a payment its next step may also have it carried out.
STARTERS = (
    CREATE_FUNCTION,
    ACTIONS_FUNCTION,
    REVIEWS_FUNCTION,
    HANDLE_CALLBACK_FUNCTION,
    WAKE_FUNCTION,
)

# Tells a function that no authorizer stands in front of it; see payflow.aws.settings.
IN_FUNCTION = {"AUTHORIZER": Authorizer.IN_FUNCTION.value}

# A merchant may ask to wait 25 s for the outcome; API Gateway gives up after 29 s.
CREATE_TIMEOUT_S = 29
# Reads all shards, and every merchant's latest payments, for an operator.
LEDGER_TIMEOUT_S = 29
# Long enough for two AWS calls that fail as slowly as they can (payflow.aws.clients): the market is
# gone without, and the next failure is told.
API_TIMEOUT_S = 15
# Less than the 20 s that the workflow waits for the plan.
PLAN_TIMEOUT_S = 15
AUTHORIZER_TIMEOUT_S = 8
# Less than the 35 s that the workflow waits for a provider.
PROVIDER_TIMEOUT_S = 30
# Folds the journal of one merchant after the other; what is left is taken up by the repetition.
PAYOUT_TIMEOUT_S = 300
# One message at a time: an API that does not answer holds up nothing behind it. Longer than two AWS
# calls that fail and the 12 s that the HTTP client waits.
SEND_CALLBACK_TIMEOUT_S = 30
HANDLE_CALLBACK_TIMEOUT_S = 30
FOLLOW_TIMEOUT_S = 30
FOLD_TIMEOUT_S = 30
WAKE_TIMEOUT_S = 30
SWEEP_TIMEOUT_S = 30
READINGS = {
    QueueName.PROVIDER_OUTBOX: Reading(SEND_CALLBACK_FUNCTION, SEND_CALLBACK_TIMEOUT_S, 1),
    QueueName.PROVIDER_CALLBACKS: Reading(HANDLE_CALLBACK_FUNCTION, HANDLE_CALLBACK_TIMEOUT_S, 5),
    QueueName.WAKE_UPS: Reading(WAKE_FUNCTION, WAKE_TIMEOUT_S, 10),
}

# The control table's records are read together, and replaced one by one.
MARKET = Access.BATCH_GET
CONTROL = Access.BATCH_GET | Access.PUT
# What was earned is read from the journal, merchant by merchant.
PAYING_OUT = {
    TableName.PAYMENTS: Access.QUERY | Access.BATCH_GET,
    TableName.MERCHANTS: Access.GET | Access.QUERY,
    TableName.CONTROL: MARKET,
}
# A wallet and its operation are put together, in one transaction.
OPERATED = Access.GET | Access.PUT
# The fingerprint's key is read, and made by whoever is the first to need it.
FINGERPRINT = (KeyUse.SEAL_FINGERPRINT, KeyUse.OPEN_FINGERPRINT)


def function_specs(
    invoke_name: Callable[[str], str], authorizer: Authorizer
) -> tuple[FunctionSpec, ...]:
    """All functions; `invoke_name` tells how a function is called by its name."""
    providers = {kind: invoke_name(name) for kind, name in PROVIDER_FUNCTIONS.items()}
    routing = {"PROVIDER_FUNCTIONS": json.dumps(providers, separators=(",", ":"))}
    return (
        *_at_the_edge(
            (
                _creating(routing),
                _acting(routing),
                _reviewing(routing),
                _asking_customers(),
                _taking_callbacks(),
                *_answering(),
            ),
            authorizer,
        ),
        _planning(routing),
        *_calling_providers(),
        FunctionSpec(
            PAYOUT_FUNCTION,
            PAYOUT_TIMEOUT_S,
            {**PAYING_OUT, TableName.PAYOUTS: Access.GET | Access.PUT},
            busy=True,
            waited_for=False,
        ),
        *_telling(routing),
        *_following(routing),
        FunctionSpec(
            LEDGER_FUNCTION,
            FOLD_TIMEOUT_S,
            {TableName.LEDGER: Access.GET | Access.QUERY | Access.PUT},
            waited_for=False,
        ),
    )


def _at_the_edge(api: tuple[FunctionSpec, ...], authorizer: Authorizer) -> tuple[FunctionSpec, ...]:
    """The API's functions with an authorizer, or each of them able to look keys up itself."""
    if authorizer is Authorizer.GATEWAY:
        keys = {TableName.MERCHANTS: Access.GET}
        return (*api, FunctionSpec(AUTHORIZER_FUNCTION, AUTHORIZER_TIMEOUT_S, keys))
    return tuple(
        replace(
            spec,
            tables={
                **spec.tables,
                TableName.MERCHANTS: spec.tables.get(TableName.MERCHANTS, Access.GET) | Access.GET,
            },
            environment={**spec.environment, **IN_FUNCTION},
        )
        for spec in api
    )


def _creating(routing: dict[str, str]) -> FunctionSpec:
    """The function that makes payments; it may also start the workflow."""
    return FunctionSpec(
        CREATE_FUNCTION,
        CREATE_TIMEOUT_S,
        {
            TableName.PAYMENTS: Access.GET | Access.PUT,
            # It stores a card, strips it where the payment fails at once, or takes it back.
            TableName.VAULT: Access.GET | Access.PUT | Access.UPDATE | Access.DELETE,
            TableName.CONTROL: MARKET,
            TableName.MERCHANTS: Access.GET,
            TableName.WALLETS: Access.GET,
        },
        {KeyName.CARD: (KeyUse.SEAL_CARD, *FINGERPRINT), KeyName.CVC: (KeyUse.SEAL_CVC,)},
        environment=routing,
        busy=True,
    )


def _acting(routing: dict[str, str]) -> FunctionSpec:
    """The function that captures, cancels and refunds; it may also start the workflow."""
    return FunctionSpec(
        ACTIONS_FUNCTION,
        CREATE_TIMEOUT_S,
        {TableName.PAYMENTS: Access.GET | Access.PUT, TableName.CONTROL: MARKET},
        environment=routing,
    )


def _asking_customers() -> FunctionSpec:
    """The function that stands in for customers at the providers' sandboxes."""
    return FunctionSpec(
        CUSTOMER_FUNCTION,
        CREATE_TIMEOUT_S,
        {
            TableName.PAYMENTS: Access.GET,
            TableName.MERCHANTS: Access.GET,
            TableName.CONTROL: MARKET,
            TableName.PROVIDER_BOOKS: Access.GET | Access.UPDATE,
        },
        sends_to=(QueueName.PROVIDER_OUTBOX,),
        secrets=(SecretName.APPROVALS,),
    )


def _taking_callbacks() -> FunctionSpec:
    """The function that takes providers' callbacks: it can do no more than keep them."""
    return FunctionSpec(
        CALLBACKS_FUNCTION,
        API_TIMEOUT_S,
        {TableName.CONTROL: MARKET},
        sends_to=(QueueName.PROVIDER_CALLBACKS,),
        secrets=(SecretName.CALLBACKS,),
        reads_named_secrets=True,
    )


def _reviewing(routing: dict[str, str]) -> FunctionSpec:
    """The function that takes operators' decisions; it may also start the workflow."""
    return FunctionSpec(
        REVIEWS_FUNCTION,
        API_TIMEOUT_S,
        {
            TableName.PAYMENTS: Access.GET | Access.PUT | Access.QUERY | Access.BATCH_GET,
            TableName.CONTROL: MARKET,
        },
        environment=routing,
    )


def _answering() -> tuple[FunctionSpec, ...]:
    """The functions behind the other routes."""
    # Merchants beside payments, because an operator's reading merges those of all merchants.
    booked = {
        TableName.LEDGER: Access.GET | Access.QUERY,
        TableName.PAYMENTS: Access.QUERY | Access.BATCH_GET,
        TableName.WALLETS: Access.QUERY | Access.BATCH_GET,
        TableName.MERCHANTS: Access.GET | Access.QUERY,
        TableName.PAYOUTS: Access.QUERY | Access.BATCH_GET,
    }
    payouts = {**PAYING_OUT, TableName.PAYOUTS: Access.GET | Access.QUERY | Access.PUT}
    payments = {
        TableName.PAYMENTS: Access.GET | Access.QUERY | Access.BATCH_GET,
        TableName.MERCHANTS: Access.QUERY,
    }
    # The simulated providers take evidence into their own book.
    answered = {
        TableName.PAYMENTS: Access.GET | Access.PUT,
        TableName.PROVIDER_BOOKS: Access.GET | Access.PUT,
    }
    cards = {TableName.VAULT: Access.GET | Access.PUT}
    card_key = {KeyName.CARD: (KeyUse.SEAL_CARD, *FINGERPRINT)}
    merchants = {TableName.MERCHANTS: Access.GET | Access.QUERY | Access.PUT | Access.UPDATE}
    # It asks every table whether it is there, and reads the one that says how providers are.
    looked_at = dict.fromkeys(TableName, Access.DESCRIBE) | {TableName.CONTROL: MARKET}
    return (
        FunctionSpec("payments_api", API_TIMEOUT_S, payments),
        FunctionSpec("disputes_api", API_TIMEOUT_S, payments),
        FunctionSpec(
            "submit_evidence_api",
            CREATE_TIMEOUT_S,
            answered,
            sends_to=(QueueName.PROVIDER_OUTBOX,),
        ),
        FunctionSpec("tokens_api", API_TIMEOUT_S, cards, card_key),
        FunctionSpec("wallets_api", API_TIMEOUT_S, {TableName.WALLETS: OPERATED}),
        FunctionSpec("payouts_api", LEDGER_TIMEOUT_S, payouts, busy=True),
        FunctionSpec("ledger_api", LEDGER_TIMEOUT_S, booked, busy=True),
        FunctionSpec("merchants_api", API_TIMEOUT_S, merchants),
        FunctionSpec("providers_api", API_TIMEOUT_S, {TableName.CONTROL: CONTROL}),
        FunctionSpec(FALLBACK_FUNCTION, API_TIMEOUT_S, looked_at),
    )


def _planning(routing: dict[str, str]) -> FunctionSpec:
    """The workflow's brain; in the vault it may only forget."""
    return FunctionSpec(
        PLAN_FUNCTION,
        PLAN_TIMEOUT_S,
        {
            TableName.PAYMENTS: Access.GET | Access.PUT,
            TableName.CONTROL: MARKET,
            TableName.VAULT: Access.UPDATE,
        },
        environment=routing,
        busy=True,
    )


def _following(routing: dict[str, str]) -> tuple[FunctionSpec, ...]:
    """The functions that nobody waits for: after each change of a payment, and when it is due."""
    wake_ups = (QueueName.WAKE_UPS,)
    return (
        FunctionSpec(
            FOLLOW_FUNCTION,
            FOLLOW_TIMEOUT_S,
            {TableName.CONTROL: CONTROL},
            sends_to=wake_ups,
            waited_for=False,
        ),
        FunctionSpec(
            WAKE_FUNCTION,
            WAKE_TIMEOUT_S,
            {TableName.PAYMENTS: Access.GET | Access.PUT, TableName.CONTROL: MARKET},
            environment=routing,
            # What is woken too early is put back.
            sends_to=wake_ups,
            waited_for=False,
        ),
        FunctionSpec(
            SWEEP_FUNCTION,
            SWEEP_TIMEOUT_S,
            {TableName.PAYMENTS: Access.QUERY},
            sends_to=wake_ups,
            waited_for=False,
        ),
    )


def _calling_providers() -> tuple[FunctionSpec, ...]:
    """One function a type of provider; only the one for cards may open a card."""
    own_book = {
        TableName.PROVIDER_BOOKS: Access.GET | Access.PUT | Access.UPDATE,
        TableName.PROVIDER_CALLS: Access.PUT,
        TableName.CONTROL: MARKET,
    }
    opening = {KeyName.CARD: (KeyUse.OPEN_CARD,), KeyName.CVC: (KeyUse.OPEN_CVC,)}
    outbox = (QueueName.PROVIDER_OUTBOX,)
    return (
        FunctionSpec(
            PROVIDER_FUNCTIONS["card"],
            PROVIDER_TIMEOUT_S,
            {**own_book, TableName.VAULT: Access.GET},
            opening,
            sends_to=outbox,
            # Only cards are approved on a page.
            secrets=(SecretName.APPROVALS,),
            busy=True,
        ),
        FunctionSpec(PROVIDER_FUNCTIONS["upi"], PROVIDER_TIMEOUT_S, own_book, sends_to=outbox),
        FunctionSpec(
            PROVIDER_FUNCTIONS["wallet"],
            PROVIDER_TIMEOUT_S,
            {**own_book, TableName.WALLETS: OPERATED},
            sends_to=outbox,
        ),
    )


def _telling(routing: dict[str, str]) -> tuple[FunctionSpec, ...]:
    """The simulated providers' webhook sender, and who deals with what arrived."""
    return (
        FunctionSpec(
            SEND_CALLBACK_FUNCTION,
            SEND_CALLBACK_TIMEOUT_S,
            # The book says whether what was planned to be told is still true.
            {TableName.CONTROL: MARKET, TableName.PROVIDER_BOOKS: Access.GET | Access.PUT},
            # What is not due yet goes back into the queue that it came from.
            sends_to=(QueueName.PROVIDER_OUTBOX,),
            secrets=(SecretName.CALLBACKS,),
            reads_named_secrets=True,
            waited_for=False,
        ),
        FunctionSpec(
            HANDLE_CALLBACK_FUNCTION,
            HANDLE_CALLBACK_TIMEOUT_S,
            {TableName.PAYMENTS: Access.GET | Access.PUT, TableName.CONTROL: MARKET},
            environment=routing,
            waited_for=False,
        ),
    )
