"""How the simulated acquirers speak: the words and codes of each kind of network.

Codes are public facts: ISO 8583-1 field 39 for cards, NPCI's UPI response codes for UPI. What NPCI
leaves to the service provider, the limits of captures and refunds, has names of the provider's own;
wallets, which have no common list, have nothing else. Nothing here is in PayFlow's terms: adapters
translate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from payflow.domain.method import MethodType
from payflow.providers.simulated.entry import Standing
from payflow.providers.simulated.sums import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One network's words.

    `words` names each standing. `technical_codes` and `issuer_codes` are what the failure model
    draws from. `refusals` are the codes of the acquirer's own limits.
    """

    words: dict[Standing, str]
    not_found_word: str
    approval_code: str
    pending_code: str
    not_found_code: str
    duplicate_code: str
    technical_codes: tuple[str, ...]
    issuer_codes: tuple[str, ...]
    refusals: dict[Refusal, str]
    reference_prefix: str


DIALECTS: Final[dict[MethodType, Dialect]] = {
    MethodType.CARD: Dialect(
        words={
            Standing.PENDING: "PENDING",
            Standing.APPROVED: "APPROVED",
            Standing.DECLINED: "DECLINED",
            Standing.FAILED: "ERROR",
        },
        not_found_word="NOT_FOUND",
        approval_code="00",
        pending_code="09",  # request in progress
        not_found_code="25",  # unable to locate record
        duplicate_code="94",  # duplicate transmission
        technical_codes=("96", "06"),
        issuer_codes=("91", "19"),
        refusals={
            Refusal.NOT_FOUND: "76",  # unable to locate previous message
            Refusal.NOT_APPROVED: "77",  # previous message located, but inconsistent with this
            Refusal.NOT_SUPPORTED: "40",  # requested function not supported
            Refusal.CAPTURED: "21",  # no action taken, unable to back out prior transaction
            Refusal.RELEASED: "79",  # already reversed
            Refusal.AMOUNT: "64",  # original amount incorrect
        },
        reference_prefix="crd",
    ),
    MethodType.UPI: Dialect(
        words={
            Standing.PENDING: "PENDING",
            Standing.APPROVED: "SUCCESS",
            Standing.DECLINED: "FAILURE",
            Standing.FAILED: "ERROR",
        },
        not_found_word="NO_RECORD",
        approval_code="00",
        pending_code="01",
        not_found_code="U04",  # request is not found
        duplicate_code="U01",  # the request is duplicate
        technical_codes=("U08",),
        issuer_codes=("XY", "U28"),
        refusals={
            Refusal.NOT_FOUND: "ORIGINAL_NOT_FOUND",
            Refusal.NOT_APPROVED: "ORIGINAL_NOT_SUCCESSFUL",
            Refusal.NOT_SUPPORTED: "OPERATION_NOT_OFFERED",
            Refusal.CAPTURED: "ALREADY_DEBITED",
            Refusal.RELEASED: "BLOCK_RELEASED",
            Refusal.AMOUNT: "AMOUNT_NOT_AVAILABLE",
        },
        reference_prefix="upi",
    ),
    MethodType.WALLET: Dialect(
        words={
            Standing.PENDING: "processing",
            Standing.APPROVED: "completed",
            Standing.DECLINED: "rejected",
            Standing.FAILED: "error",
        },
        not_found_word="unknown_debit",
        approval_code="OK",
        pending_code="IN_PROGRESS",
        not_found_code="DEBIT_NOT_FOUND",
        duplicate_code="KEY_REUSED",
        technical_codes=("INTERNAL_ERROR",),
        issuer_codes=("FUNDING_SOURCE_UNAVAILABLE",),
        refusals={
            Refusal.NOT_FOUND: "ORIGINAL_UNKNOWN",
            Refusal.NOT_APPROVED: "ORIGINAL_NOT_COMPLETED",
            Refusal.NOT_SUPPORTED: "NOT_OFFERED",
            Refusal.CAPTURED: "ALREADY_CHARGED",
            Refusal.RELEASED: "HOLD_RELEASED",
            Refusal.AMOUNT: "WRONG_AMOUNT",
        },
        reference_prefix="wlt",
    ),
}
