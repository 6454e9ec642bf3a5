"""How the simulated acquirers speak: the words and codes of each kind of network.

Codes are public facts: ISO 8583-1 field 39 for cards, NPCI's UPI response codes for UPI. Wallets
have no common list; theirs are those of the simulated wallet. Nothing here is in PayFlow's terms:
adapters translate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from payflow.domain.method import MethodType
from payflow.providers.simulated.book import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One network's words.

    `words` names each standing. `technical_codes` and `issuer_codes` are what the failure model
    draws from.
    """

    words: dict[Standing, str]
    not_found_word: str
    approval_code: str
    pending_code: str
    not_found_code: str
    duplicate_code: str
    technical_codes: tuple[str, ...]
    issuer_codes: tuple[str, ...]
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
        reference_prefix="wlt",
    ),
}
