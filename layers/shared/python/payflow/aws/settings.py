"""The environment of the functions, as typed values that are read when they are asked for.

A function is given only the variables that it needs, so nothing is checked before its use. Each
reader raises `MissingSetting` for a variable that is not there.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from payflow.domain.errors import PayFlowError


class MissingSetting(PayFlowError):
    """The deployment did not give this function a variable that its code asked for."""

    def __init__(self, variable: str) -> None:
        """`variable` is the name of the missing environment variable."""
        super().__init__("missing_setting", f"the environment variable {variable} is not set")


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """The vault's table and keys; a function that neither seals nor opens cards has no keys."""

    table: str
    card_key: str | None = None
    cvc_key: str | None = None

    def card_key_id(self) -> str:
        """The KMS key for card numbers."""
        return _given("CARD_KEY_ID", self.card_key)

    def cvc_key_id(self) -> str:
        """The KMS key for CVCs."""
        return _given("CVC_KEY_ID", self.cvc_key)


def payments_table() -> str:
    """The name of the payments table."""
    return _required("PAYMENTS_TABLE")


def merchants_table() -> str:
    """The name of the table of merchants and their keys."""
    return _required("MERCHANTS_TABLE")


def control_table() -> str:
    """The name of the table of providers, faults and health."""
    return _required("CONTROL_TABLE")


def provider_books_table() -> str:
    """The name of the simulated providers' own table."""
    return _required("PROVIDER_BOOKS_TABLE")


def provider_calls_table() -> str:
    """The name of the table of provider calls that were made."""
    return _required("PROVIDER_CALLS_TABLE")


def payouts_table() -> str:
    """The name of the table of payouts."""
    return _required("PAYOUTS_TABLE")


def ledger_table() -> str:
    """The name of the table of the journal's pages."""
    return _required("LEDGER_TABLE")


def wake_up_queue_url() -> str:
    """The queue of payments that are to be looked at again."""
    return _required("WAKE_UPS_URL")


def wallets_table() -> str:
    """The name of the table of customers' wallets and what was done to them."""
    return _required("WALLETS_TABLE")


def vault() -> VaultSettings:
    """The vault's table, and whichever of its keys this function may use."""
    return VaultSettings(
        table=_required("VAULT_TABLE"),
        card_key=os.environ.get("CARD_KEY_ID"),
        cvc_key=os.environ.get("CVC_KEY_ID"),
    )


def state_machine_arn() -> str:
    """The payment workflow."""
    return _required("STATE_MACHINE_ARN")


def provider_functions() -> dict[str, str]:
    """The name of the provider function of each method: `card`, `upi`, `wallet`."""
    functions: dict[str, str] = json.loads(_required("PROVIDER_FUNCTIONS"))
    return functions


def provider_outbox_url() -> str:
    """The queue of callbacks that the simulated providers have to send."""
    return _required("PROVIDER_OUTBOX_URL")


def provider_callbacks_url() -> str:
    """The queue of callbacks that were taken and have to be dealt with."""
    return _required("PROVIDER_CALLBACKS_URL")


def callback_secret() -> str:
    """The secret that the keys of providers' callbacks follow from."""
    return _required("CALLBACK_SECRET_ID")


def approval_secret() -> str:
    """The secret behind the links to the approval page."""
    return _required("APPROVAL_SECRET_ID")


def public_url_parameter() -> str:
    """The parameter that says where customers reach this deployment."""
    return _required("PUBLIC_URL_PARAMETER")


def api_url() -> str:
    """Where the simulated providers reach the API; on an emulator it is a path of that."""
    url = _required("API_URL")
    return _required("AWS_ENDPOINT_URL").rstrip("/") + url if url.startswith("/") else url


def authenticates_itself() -> bool:
    """Whether no authorizer stands in front of this function, so that it looks keys up itself."""
    return os.environ.get("AUTHORIZER") == "in_function"


def starts_from_snapshot() -> bool:
    """Whether this process is about to be frozen, and started from there many times (SnapStart)."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def function_name() -> str:
    """This function's name in `functions/`, from the handler that Lambda was given."""
    return _required("_HANDLER").partition(".")[0]


def _required(variable: str) -> str:
    return _given(variable, os.environ.get(variable))


def _given(variable: str, value: str | None) -> str:
    if not value:
        raise MissingSetting(variable)
    return value
