"""The public JSON of a wallet, as the HTTP contract names its fields."""

from __future__ import annotations

from typing import Any

from payflow.domain.timestamps import rfc3339
from payflow.domain.wallet import Wallet


def wallet_document(wallet: Wallet) -> dict[str, Any]:
    """What `GET /api/v1/wallets/{id}` answers; amounts in minor units, times in RFC 3339."""
    return {
        "id": wallet.id,
        "object": "wallet",
        "merchant_id": wallet.merchant_id,
        "customer_id": wallet.customer_id,
        "currency": wallet.currency,
        "balance": wallet.balance_minor,
        "available": wallet.available_minor,
        "holds": [
            {
                "payment_id": hold.payment_id,
                "amount": hold.amount_minor,
                "created_at": rfc3339(hold.created_at),
            }
            for hold in wallet.holds
        ],
        "created_at": rfc3339(wallet.created_at),
        "updated_at": rfc3339(wallet.updated_at),
        "version": wallet.version,
    }
