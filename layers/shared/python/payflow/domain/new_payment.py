"""A payment as asked for: checked at the edge, not yet tokenised, without identity or state."""

from __future__ import annotations

from dataclasses import dataclass, field

from payflow.domain.method import CardData, UpiMethod, WalletMethod
from payflow.domain.money import Money
from payflow.domain.payment import CaptureMethod, Customer
from payflow.domain.routing.model import RoutingPreference


@dataclass(frozen=True, slots=True)
class TokenRef:
    """A card that the merchant tokenised before."""

    token: str


NewMethod = CardData | UpiMethod | WalletMethod | TokenRef


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """What a merchant wants charged, and how.

    `settlement_currency` is what the merchant is to be owed in; None: the payment's own currency.
    """

    amount: Money
    method: NewMethod
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    reference: str | None = None
    description: str | None = None
    customer: Customer | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    routing: RoutingPreference = field(default_factory=RoutingPreference)
    settlement_currency: str | None = None

    @property
    def converts_to(self) -> str | None:
        """The currency that the payment is to be converted to; None if it is not."""
        wanted = self.settlement_currency
        return None if wanted == self.amount.currency else wanted
