"""What a provider call can come back with, in PayFlow's own terms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Operation(StrEnum):
    """What is asked of a provider."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    INQUIRE = "inquire"


class Outcome(StrEnum):
    """The answer to one call.

    `declined`: refused by the customer's side or the issuer. `error`: the provider could not do it
    and says so, nothing was charged. `unknown`: nobody can say yet whether it was charged.
    `not_found`: an inquiry found nothing under that key, which proves "not charged" only after the
    provider's visibility window.
    """

    APPROVED = "approved"
    DECLINED = "declined"
    PENDING = "pending"
    UNKNOWN = "unknown"
    NOT_FOUND = "not_found"
    ERROR = "error"


class Category(StrEnum):
    """Whose fault it is; decides retry, failover and health (`payflow.domain.retry`)."""

    CUSTOMER = "customer"
    ISSUER = "issuer"
    PROVIDER_TECHNICAL = "provider_technical"
    RATE_LIMITED = "rate_limited"
    UNKNOWN = "unknown"
    CONFIGURATION = "configuration"
    FRAUD = "fraud"


class NextActionType(StrEnum):
    """What the customer has to do before the payment can go on."""

    THREE_DS_REDIRECT = "three_ds_redirect"
    UPI_APPROVE = "upi_approve"
    UPI_INTENT = "upi_intent"


@dataclass(frozen=True, slots=True)
class ProviderResult:
    """One provider answer, normalised; what a provider function returns to the workflow.

    `code` and `category` are None when approved or pending. `amount_minor` and `currency` echo what
    the provider says it did, so that a wrong amount can be noticed. `latency_ms` is measured around
    the provider call. `next_action_url` is the page where the customer acts, if the provider has
    one.
    """

    outcome: Outcome
    latency_ms: int
    code: str | None = None
    category: Category | None = None
    provider_code: str | None = None
    provider_reference: str | None = None
    message: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    next_action: NextActionType | None = None
    next_action_url: str | None = None
