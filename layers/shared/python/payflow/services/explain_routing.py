"""Explain where a payment would go: the decision with its reasons, and no payment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from payflow.domain.card import card_brand
from payflow.domain.errors import InvalidRequest
from payflow.domain.method import CardData, MethodType, UpiMethod, stored_wallet
from payflow.domain.new_payment import NewPayment, TokenRef
from payflow.domain.payment import CaptureMethod
from payflow.domain.ports import Clock, MarketSource, Randomness
from payflow.domain.representation import decision_document
from payflow.domain.routing.decision import route
from payflow.domain.routing.model import RoutingRequest

_BIN_LENGTH = 6


@dataclass(frozen=True, slots=True)
class ExplainRouting:
    """The use case behind `POST /internal/routing/explain`."""

    market: MarketSource
    clock: Clock
    randomness: Randomness

    def __call__(self, wanted: NewPayment) -> dict[str, Any]:
        """`{"decision": …}` for such a payment now; a card is looked at and not kept.

        Strategies draw at random, so another call, like the payment itself, may draw otherwise.
        Raises `InvalidRequest` for an unknown strategy, and for a merchant's token: it is the
        merchant's own, and tells nobody else which card it stands for.
        """
        decision = route(
            _request(wanted),
            self.market.snapshot(),
            now=self.clock.now(),
            randomness=self.randomness,
        )
        return {"decision": decision_document(decision)}


def _request(wanted: NewPayment) -> RoutingRequest:
    method = wanted.method
    if isinstance(method, TokenRef):
        raise InvalidRequest(
            "token_not_explainable",
            "Give the card itself, or any card of the same BIN, instead of a merchant's token.",
            param="method",
        )
    card = method if isinstance(method, CardData) else None
    return RoutingRequest(
        method=MethodType.CARD if isinstance(method, CardData) else method.type,
        amount_minor=wanted.amount.minor,
        currency=wanted.amount.currency,
        bin=card.number[:_BIN_LENGTH] if card else None,
        network=card_brand(card.number) if card else None,
        country=wanted.customer.country if wanted.customer else None,
        needs_capture=wanted.capture_method is CaptureMethod.MANUAL,
        upi_flow=method.flow.value if isinstance(method, UpiMethod) else None,
        stored_wallet=stored_wallet(method) is not None,
        preference=wanted.routing,
    )
