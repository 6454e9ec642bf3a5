"""The one place that gives use cases their adapters; each is made once per process, when asked.

A function imports this module alone and asks for what it needs, so that it neither loads nor is
granted anything else. Services are imported inside their factory for the same reason; the adapters
themselves are made in `payflow.adapters`, and those that functions use directly are named here
too. Where the process is to be frozen and resumed many times (SnapStart), `prime` makes it all at
once instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from payflow import __version__
from payflow.adapters import (
    approval_key,
    call_claims,
    callback_inbox,
    callback_keys,
    dispute_desk,
    journal,
    new_provider,
    payouts,
    posted_payments,
    posting_sources,
    provider_book,
    provider_functions,
    provider_outbox,
    randomness,
    rates,
    workflow,
)
from payflow.adapters import clock as clock
from payflow.adapters import control as control
from payflow.adapters import ids as ids
from payflow.adapters import market as market
from payflow.adapters import merchants as merchants
from payflow.adapters import payments as payments
from payflow.adapters import vault as vault
from payflow.adapters import wake_ups as wake_ups
from payflow.adapters import wallets as wallets
from payflow.aws import settings
from payflow.aws.clients import client
from payflow.aws.observability import logger

if TYPE_CHECKING:
    from payflow.providers.simulated.delivery import DeliverCallback
    from payflow.services.accept_callback import AcceptCallback
    from payflow.services.authenticate import Authenticate
    from payflow.services.call_provider import CallProvider
    from payflow.services.check_health import CheckHealth
    from payflow.services.confirm_payment import ConfirmPayment, CustomerDesks
    from payflow.services.create_payment import CreatePayment
    from payflow.services.create_token import CreateToken
    from payflow.services.explain_routing import ExplainRouting
    from payflow.services.fold_ledger import FoldLedger
    from payflow.services.handle_callback import HandleCallback
    from payflow.services.instruct_payment import InstructPayment
    from payflow.services.manage_merchants import ManageMerchants
    from payflow.services.manage_providers import ManageProviders
    from payflow.services.manage_wallets import ManageWallets
    from payflow.services.pay_out_merchants import PayOutMerchants
    from payflow.services.plan_next_step import PlanNextStep
    from payflow.services.read_disputes import ReadDisputes
    from payflow.services.read_ledger import ReadLedger
    from payflow.services.read_payments import ReadPayments
    from payflow.services.read_payouts import ReadPayouts
    from payflow.services.read_refunds import ReadRefunds
    from payflow.services.record_dispute import RecordDispute
    from payflow.services.review_payments import ReviewPayments
    from payflow.services.show_approval import ShowApproval
    from payflow.services.submit_evidence import SubmitEvidence
    from payflow.services.sweep_payments import SweepPayments
    from payflow.services.update_health import UpdateHealth
    from payflow.services.wake_payment import WakePayment


def _moving_payments() -> dict[str, Any]:
    """What every use case has that gives payments their next step."""
    return {
        "payments": payments(),
        "market": market(),
        "workflow": workflow(),
        "clock": clock(),
        "randomness": randomness(),
        "functions": provider_functions(),
    }


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
        rates=rates(),
        workflow=workflow(),
        clock=clock(),
        randomness=randomness(),
        functions=provider_functions(),
        wallets=wallets(),
    )


@cache
def instruct_payment() -> InstructPayment:
    """The use case behind capture, cancel and refund."""
    from payflow.services.instruct_payment import InstructPayment

    return InstructPayment(**_moving_payments())


@cache
def wake_payment() -> WakePayment:
    """The use case behind the wake-up queue."""
    from payflow.services.wake_payment import WakePayment

    return WakePayment(**_moving_payments(), wake_ups=wake_ups())


@cache
def sweep_payments() -> SweepPayments:
    """The use case behind the minute's schedule."""
    from payflow.services.sweep_payments import SweepPayments

    return SweepPayments(payments(), wake_ups(), clock())


@cache
def review_payments() -> ReviewPayments:
    """The use cases behind `/internal/reviews`."""
    from payflow.services.review_payments import ReviewPayments

    return ReviewPayments(**_moving_payments())


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


def identify(event: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Who sent a request, or None where an authorizer has said so already."""
    if not settings.authenticates_itself():
        return None
    from payflow.aws.http.authorizer import identity_of

    return identity_of(event, authenticate())


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
def manage_wallets() -> ManageWallets:
    """The use cases behind `/api/v1/wallets`."""
    from payflow.services.manage_wallets import ManageWallets

    return ManageWallets(wallets(), clock())


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
def read_disputes() -> ReadDisputes:
    """The use cases behind `GET /api/v1/disputes`."""
    from payflow.services.read_disputes import ReadDisputes

    return ReadDisputes(read_payments())


@cache
def submit_evidence() -> SubmitEvidence:
    """The use case behind `POST /api/v1/disputes/{id}/evidence`."""
    from payflow.services.submit_evidence import SubmitEvidence

    return SubmitEvidence(payments(), dispute_desk(), clock(), randomness())


@cache
def record_dispute() -> RecordDispute:
    """The use case behind a provider's callback about a dispute."""
    from payflow.services.record_dispute import RecordDispute

    return RecordDispute(payments(), clock(), randomness())


@cache
def read_ledger() -> ReadLedger:
    """The use cases behind `GET /api/v1/ledger` and `/balance`."""
    from payflow.services.read_ledger import ReadLedger

    return ReadLedger(journal(), posting_sources(), merchants(), clock())


@cache
def read_payouts() -> ReadPayouts:
    """The use cases behind `GET /api/v1/payouts`."""
    from payflow.services.read_payouts import ReadPayouts

    return ReadPayouts(payouts())


@cache
def pay_out_merchants() -> PayOutMerchants:
    """The use case behind the daily schedule and `POST /internal/payouts`."""
    from payflow.services.earnings import FoldedEarnings
    from payflow.services.pay_out_merchants import PayOutMerchants

    earnings = FoldedEarnings(posted_payments(), market(), clock())
    return PayOutMerchants(payouts(), merchants(), earnings, clock(), randomness())


@cache
def fold_ledger() -> FoldLedger:
    """The use case behind the streams of everything that has postings."""
    from payflow.services.fold_ledger import FoldLedger

    return FoldLedger(journal(), clock(), randomness())


@cache
def check_health() -> CheckHealth:
    """The use case behind `GET /internal/health`."""
    from payflow.aws.deployed_parts import DeployedParts
    from payflow.services.check_health import CheckHealth

    parts = DeployedParts(
        client("dynamodb"),
        {
            "payments_table": settings.payments_table(),
            "vault_table": settings.vault().table,
            "merchants_table": settings.merchants_table(),
            "provider_books_table": settings.provider_books_table(),
            "provider_calls_table": settings.provider_calls_table(),
            "payouts_table": settings.payouts_table(),
            "ledger_table": settings.ledger_table(),
            "wallets_table": settings.wallets_table(),
        },
        client("stepfunctions"),
        settings.state_machine_arn(),
    )
    return CheckHealth(parts, control(), clock(), __version__)


@cache
def call_provider() -> CallProvider:
    """The use case behind the states that call a provider."""
    from payflow.services.call_provider import CallProvider

    return CallProvider(market(), call_claims(), new_provider)


@cache
def deliver_callback() -> DeliverCallback:
    """What the simulated providers do to deliver a callback."""
    from payflow.aws.callback_line import HttpCallbackLine
    from payflow.providers.simulated.delivery import DeliverCallback
    from payflow.providers.simulated.disputes import still_true

    line = HttpCallbackLine(settings.api_url())
    return DeliverCallback(
        market=market(),
        keys=callback_keys(),
        line=line,
        sender=provider_outbox(),
        clock=clock(),
        is_current=lambda callback: still_true(callback, provider_book()),
    )


@cache
def accept_callback() -> AcceptCallback:
    """The use case behind `POST /internal/providers/{id}/callback`."""
    from payflow.services.accept_callback import AcceptCallback

    return AcceptCallback(market(), callback_keys(), callback_inbox(), clock())


@cache
def handle_callback() -> HandleCallback:
    """The use case behind the queue of callbacks."""
    from payflow.services.handle_callback import HandleCallback

    return HandleCallback(
        **_moving_payments(), record_dispute=lambda callback: record_dispute()(callback).word
    )


def _desks() -> CustomerDesks:
    from payflow.services.confirm_payment import CustomerDesks

    return CustomerDesks(market(), new_provider)


@cache
def confirm_payment() -> ConfirmPayment:
    """The use case behind `POST /api/v1/payments/{id}/confirm`."""
    from payflow.services.confirm_payment import ConfirmPayment

    return ConfirmPayment(payments(), _desks(), clock())


@cache
def show_approval() -> ShowApproval:
    """The use cases behind `/approve/{id}`."""
    from payflow.services.show_approval import ShowApproval

    return ShowApproval(payments(), merchants(), _desks(), clock(), approval_key)


def prime(function: str) -> None:
    """Make what a function will use, for a snapshot that many processes then start from.

    Nothing is called, and nothing is kept that depends on time or chance: what each process must
    have for itself it gets when it is asked (randomness from the system, credentials as they
    expire). Raises `KeyError` for a function that starts from no snapshot.
    """
    from payflow.snapshot import USED_BY

    logger()
    for part in USED_BY[function]:
        part()


if settings.starts_from_snapshot():
    prime(settings.function_name())
