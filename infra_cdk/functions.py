"""Every function and what it needs: the table to read before widening any permission."""

from __future__ import annotations

import json
from collections.abc import Callable

from infra_cdk.keys import KeyName
from infra_cdk.lambda_factory import Access, FunctionSpec, KeyUse
from infra_cdk.tables import TableName

# By the method type that a provider serves; the plan names one of these in each step.
PROVIDER_FUNCTIONS = {
    "card": "call_card_provider",
    "upi": "call_upi_provider",
    "wallet": "call_wallet_provider",
}
CREATE_FUNCTION = "create_payment_api"
PLAN_FUNCTION = "plan_next_step"
AUTHORIZER_FUNCTION = "authorize_request"
HEALTH_FUNCTION = "update_health"
FALLBACK_FUNCTION = "meta_api"

READ = Access.READ
READ_WRITE = Access.READ | Access.WRITE
SEAL_AND_OPEN = KeyUse.SEAL | KeyUse.OPEN

API_TIMEOUT_S = 10
# A merchant may ask to wait 25 s for the outcome; API Gateway gives up after 29 s.
CREATE_TIMEOUT_S = 29
AUTHORIZER_TIMEOUT_S = 5
PLAN_TIMEOUT_S = 10
PROVIDER_TIMEOUT_S = 30
HEALTH_TIMEOUT_S = 30


def function_specs(invoke_name: Callable[[str], str]) -> tuple[FunctionSpec, ...]:
    """All functions; `invoke_name` tells how a function is called by its name."""
    providers = {kind: invoke_name(name) for kind, name in PROVIDER_FUNCTIONS.items()}
    routing = {"PROVIDER_FUNCTIONS": json.dumps(providers, separators=(",", ":"))}
    return (
        _creating(routing),
        *_answering(),
        _planning(routing),
        *_calling_providers(),
        FunctionSpec(
            HEALTH_FUNCTION,
            HEALTH_TIMEOUT_S,
            {TableName.CONTROL: READ_WRITE},
            waited_for=False,
        ),
    )


def _creating(routing: dict[str, str]) -> FunctionSpec:
    """The function that makes payments; it may also start the workflow."""
    return FunctionSpec(
        CREATE_FUNCTION,
        CREATE_TIMEOUT_S,
        {
            TableName.PAYMENTS: READ_WRITE,
            TableName.VAULT: READ_WRITE,
            TableName.CONTROL: READ,
            TableName.MERCHANTS: READ,
        },
        {KeyName.CARD: SEAL_AND_OPEN, KeyName.CVC: SEAL_AND_OPEN},
        routing,
    )


def _answering() -> tuple[FunctionSpec, ...]:
    """The functions behind the other routes."""
    # Merchants beside payments, because an operator's reading merges those of all merchants.
    payments = {TableName.PAYMENTS: READ, TableName.MERCHANTS: READ}
    health = {TableName.CONTROL: READ, TableName.PAYMENTS: READ}
    seal = {KeyName.CARD: SEAL_AND_OPEN}
    return (
        FunctionSpec("payments_api", API_TIMEOUT_S, payments),
        FunctionSpec("tokens_api", API_TIMEOUT_S, {TableName.VAULT: READ_WRITE}, seal),
        FunctionSpec("ledger_api", API_TIMEOUT_S, payments),
        FunctionSpec("merchants_api", API_TIMEOUT_S, {TableName.MERCHANTS: READ_WRITE}),
        FunctionSpec("providers_api", API_TIMEOUT_S, {TableName.CONTROL: READ_WRITE}),
        FunctionSpec(FALLBACK_FUNCTION, API_TIMEOUT_S, health),
        FunctionSpec(AUTHORIZER_FUNCTION, AUTHORIZER_TIMEOUT_S, {TableName.MERCHANTS: READ}),
    )


def _planning(routing: dict[str, str]) -> FunctionSpec:
    """The workflow's brain; in the vault it may only forget."""
    return FunctionSpec(
        PLAN_FUNCTION,
        PLAN_TIMEOUT_S,
        {
            TableName.PAYMENTS: READ_WRITE,
            TableName.CONTROL: READ,
            TableName.VAULT: Access.WRITE,
        },
        environment=routing,
    )


def _calling_providers() -> tuple[FunctionSpec, ...]:
    """One function a type of provider; only the one for cards may open a card."""
    own_book = {TableName.PROVIDER_BOOKS: READ_WRITE, TableName.CONTROL: READ}
    opening = {KeyName.CARD: KeyUse.OPEN, KeyName.CVC: KeyUse.OPEN}
    return (
        FunctionSpec(
            PROVIDER_FUNCTIONS["card"],
            PROVIDER_TIMEOUT_S,
            {**own_book, TableName.VAULT: READ},
            opening,
        ),
        FunctionSpec(PROVIDER_FUNCTIONS["upi"], PROVIDER_TIMEOUT_S, own_book),
        FunctionSpec(PROVIDER_FUNCTIONS["wallet"], PROVIDER_TIMEOUT_S, own_book),
    )
