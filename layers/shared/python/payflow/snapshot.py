"""What each function makes before its snapshot is taken (SnapStart), see `payflow.wiring.prime`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from payflow import adapters, wiring
from payflow.aws.clients import client


def _adapters() -> None:
    import payflow.providers.registry  # noqa: F401


def _ciphers() -> None:
    from payflow.aws.envelope import load_ciphers

    load_ciphers()
    client("kms")


USED_BY: Final[Mapping[str, tuple[Callable[[], object], ...]]] = {
    "create_payment_api": (wiring.create_payment, wiring.merchants, _ciphers),
    "payment_actions_api": (wiring.instruct_payment,),
    "payments_api": (wiring.read_payments, wiring.read_refunds, wiring.merchants),
    "disputes_api": (wiring.read_disputes, wiring.merchants),
    "submit_evidence_api": (wiring.submit_evidence,),
    "tokens_api": (wiring.create_token, _ciphers),
    "wallets_api": (wiring.manage_wallets,),
    "ledger_api": (wiring.read_ledger,),
    "payouts_api": (wiring.read_payouts, wiring.pay_out_merchants),
    "merchants_api": (wiring.manage_merchants,),
    "providers_api": (wiring.manage_providers, wiring.explain_routing),
    "reviews_api": (wiring.review_payments,),
    "meta_api": (wiring.check_health,),
    "authorize_request": (wiring.authenticate,),
    "plan_next_step": (wiring.plan_next_step,),
    "call_card_provider": (
        wiring.call_provider,
        adapters.provider_book,
        adapters.provider_outbox,
        _adapters,
        wiring.vault,
        _ciphers,
    ),
    "call_upi_provider": (
        wiring.call_provider,
        adapters.provider_book,
        adapters.provider_outbox,
        _adapters,
    ),
    "call_wallet_provider": (
        wiring.call_provider,
        adapters.provider_book,
        adapters.provider_outbox,
        _adapters,
        adapters.wallets,
    ),
    "customer_api": (
        wiring.confirm_payment,
        wiring.show_approval,
        adapters.provider_book,
        adapters.provider_outbox,
        _adapters,
    ),
    "provider_callbacks_api": (wiring.accept_callback,),
}
"""By function; one that is not here starts from no snapshot."""
