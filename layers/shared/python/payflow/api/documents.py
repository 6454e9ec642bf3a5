"""The public JSON of everything but payments (`payflow.domain.representation` has those)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from payflow.domain.dispute import Dispute, Evidence
from payflow.domain.ledger import Balance, JournalTransaction
from payflow.domain.merchant import ApiKey, IssuedKey, Merchant, NewMerchant, Principal
from payflow.domain.method import CardMethod
from payflow.domain.payment import Payment
from payflow.domain.payout import Payout, payout_minimum_minor
from payflow.domain.statement import EntryPage, MerchantBalance, TrialBalance
from payflow.domain.timestamps import rfc3339

Document = dict[str, Any]

_PAYMENT_PREFIX: Final = "pay_"


def token_document(card: CardMethod, fingerprint: str) -> Document:
    """A token with what may be shown of its card."""
    return {
        "id": card.token,
        "object": "token",
        "card": {
            "brand": card.brand,
            "last4": card.last4,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "bin": card.bin,
        },
        "fingerprint": fingerprint,
    }


def dispute_document(payment: Payment, dispute: Dispute) -> Document:
    """A dispute with the evidence that was given."""
    return {
        "id": dispute.id,
        "object": "dispute",
        "payment_id": payment.id,
        "merchant_id": payment.merchant_id,
        "provider": payment.provider,
        "provider_reference": dispute.reference,
        "amount": dispute.amount_minor,
        "amount_claimed": dispute.claimed_minor,
        "currency": payment.amount.currency,
        "status": dispute.status.value,
        "reason": dispute.reason,
        "evidence_due_at": rfc3339(dispute.evidence_due_at),
        "evidence": _evidence(dispute.evidence),
        "created_at": rfc3339(dispute.opened_at),
        "closed_at": rfc3339(dispute.closed_at) if dispute.closed_at else None,
    }


def _evidence(evidence: Evidence | None) -> Document | None:
    if evidence is None:
        return None
    return {
        "text": evidence.text,
        "files": list(evidence.files),
        "submitted_at": rfc3339(evidence.submitted_at),
    }


def account_document(balance: Balance) -> Document:
    """An account with its sums; what authorisations hold is pending."""
    return {
        "id": balance.account.id,
        "kind": balance.account.kind.value,
        "currency": balance.account.currency,
        "debits": balance.debits,
        "credits": balance.credits,
        "balance": balance.amount,
        "pending_debits": balance.pending_debits,
        "pending_credits": balance.pending_credits,
    }


def entries_document(page: EntryPage, next_cursor: str | None) -> Document:
    """A page of an account's entries."""
    data = [
        {
            "id": line.id,
            "transaction_id": line.transaction.id,
            "account_id": line.entry.account.id,
            "direction": line.entry.side.value,
            "amount": line.entry.amount_minor,
            "currency": line.entry.account.currency,
            "payment_id": _payment_id(line.transaction),
            "operation": line.transaction.operation,
            "created_at": rfc3339(line.transaction.posted_at),
        }
        for line in page.lines
    ]
    return {"data": data, "next_cursor": next_cursor}


def _payment_id(transaction: JournalTransaction) -> str | None:
    """Null for what is booked without a payment, such as a payout."""
    fact = transaction.payment_id
    return fact if fact.startswith(_PAYMENT_PREFIX) else None


def payout_document(payout: Payout) -> Document:
    """A payout; it is paid as soon as it is booked."""
    return {
        "id": payout.id,
        "object": "payout",
        "merchant_id": payout.merchant_id,
        "amount": payout.amount.minor,
        "currency": payout.amount.currency,
        "status": "paid",
        "date": payout.day.isoformat(),
        "carried": payout.carried_minor,
        "created_at": rfc3339(payout.created_at),
    }


def trial_balance_document(trial: TrialBalance) -> Document:
    """All accounts, with sums by currency."""
    return {
        "as_of": rfc3339(trial.as_of),
        "currencies": [
            {
                "currency": total.currency,
                "debits": total.debits,
                "credits": total.credits,
                "balanced": total.balanced,
            }
            for total in trial.totals
        ],
        "accounts": [account_document(balance) for balance in trial.accounts],
    }


def balance_document(owed: Iterable[MerchantBalance]) -> Document:
    """What is owed, by currency."""
    return {
        "data": [
            {
                "currency": one.currency,
                "payable": one.payable,
                "reserve": one.reserve,
                "pending": one.pending,
            }
            for one in owed
        ]
    }


def merchant_document(merchant: Merchant) -> Document:
    """A merchant with its terms."""
    return {
        "id": merchant.id,
        "object": "merchant",
        "name": merchant.name,
        "settlement_currency": merchant.settlement_currency,
        "fees": {
            "bps": merchant.platform_fee.bps,
            "fixed_minor": merchant.platform_fee.fixed_minor,
        },
        "payout_minimum": payout_minimum_minor(merchant, merchant.settlement_currency),
        "created_at": rfc3339(merchant.created_at),
        "updated_at": rfc3339(merchant.updated_at),
        "version": merchant.version,
    }


def merchant_with_keys(merchant: Merchant, keys: Iterable[ApiKey]) -> Document:
    """A merchant and its keys, without their text."""
    return {**merchant_document(merchant), "keys": [key_document(key) for key in keys]}


def key_document(key: ApiKey) -> Document:
    """A key by its id and first characters."""
    return {
        "id": key.id,
        "object": "api_key",
        "kind": _kind(key.principal),
        "hint": key.hint,
        "created_at": rfc3339(key.created_at),
        "revoked_at": rfc3339(key.revoked_at) if key.revoked_at else None,
    }


def new_merchant_document(new: NewMerchant) -> Document:
    """A merchant just created, with the text of its keys, shown this once."""
    keys = (new.api_key.key, new.publishable_key.key)
    return {
        "merchant": merchant_with_keys(new.merchant, keys),
        "api_key": new.api_key.secret,
        "publishable_key": new.publishable_key.secret,
    }


def issued_key_document(issued: IssuedKey) -> Document:
    """A key just issued, with its text, shown this once."""
    name = "api_key" if issued.key.principal is Principal.MERCHANT else "publishable_key"
    return {**key_document(issued.key), name: issued.secret}


def _kind(principal: Principal) -> str:
    return "secret" if principal is Principal.MERCHANT else principal.value
