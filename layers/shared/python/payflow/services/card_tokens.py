"""Which vault token a payment's own card has."""

from __future__ import annotations

from payflow.domain.ids import derived_id
from payflow.domain.method import CardMethod
from payflow.domain.payment import Payment


def token_for(payment_id: str, request_hash: str) -> str:
    """The token of a card that came with the request: another body can never name the same one."""
    return derived_id("tok", payment_id, request_hash)


def payment_token(payment: Payment) -> str | None:
    """The token that this payment put into the vault; None if it brought no card of its own."""
    own = token_for(payment.id, payment.claim.request_hash)
    method = payment.method
    return own if isinstance(method, CardMethod) and method.token == own else None
