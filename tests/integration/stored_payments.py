"""Payments for the repository's tests: whose, made when, and the repository that stores them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from types_boto3_dynamodb import DynamoDBClient

from payflow.aws.payments import DynamoPayments
from payflow.domain.booking import capture_transaction
from payflow.domain.listing import PaymentFilter
from payflow.domain.payment import Payment
from tests.support.builders import a_payment, later

ASHAS, BELAS = "mer_asha", "mer_bela"


@dataclass
class SomeMerchants:
    """As much of the merchants as a listing asks for."""

    ids: tuple[str, ...]

    def list(self) -> Any:
        return [_Merchant(one) for one in self.ids]


@dataclass
class _Merchant:
    id: str


def a_repository(dynamodb: DynamoDBClient, *merchants: str) -> DynamoPayments:
    known: Any = SomeMerchants(merchants)
    return DynamoPayments(dynamodb, "payments", merchants=lambda: known)


def numbered(number: int, merchant_id: str = ASHAS, **changes: Any) -> Payment:
    """The payment that `merchant_id` made `number` seconds after noon."""
    at = later(number)
    digest = hashlib.sha256(f"{merchant_id}{number}".encode()).hexdigest()
    payment = a_payment(id=f"pay_{digest[:26]}", merchant_id=merchant_id, **changes)
    return replace(payment, created_at=at, updated_at=at)


def next_version(payment: Payment, **changes: Any) -> Payment:
    return replace(payment, version=payment.version + 1, **changes)


def all_pages(payments: DynamoPayments, wanted: PaymentFilter) -> Iterator[Payment]:
    while True:
        page = payments.list(wanted)
        yield from page.payments
        if page.next_after is None:
            return
        wanted = replace(wanted, after=page.next_after)


def booked(payment: Payment, at: datetime) -> Payment:
    capture = capture_transaction(
        payment_id=payment.id,
        merchant_id=payment.merchant_id,
        provider="mockCardA",
        amount=payment.amount,
        provider_fee_minor=2500,
        platform_fee_minor=1250,
        sequence=1,
        posted_at=at,
    )
    return replace(payment, postings=(capture,))
