"""What an adapter sends to a simulated acquirer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from payflow.providers.simulated.entry import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """An authorisation. `instrument` is the card number, UPI address or wallet id.

    `expires` is a card's (year, month). `cvc` is sent as a real acquirer wants it; this one
    believes it. Neither it nor `instrument` is ever shown or kept.
    """

    key: str
    order_id: str
    instrument: str = field(repr=False)
    masked_instrument: str
    amount_minor: int
    currency: str
    capture: bool
    expires: tuple[int, int] | None = None
    cvc: str | None = field(default=None, repr=False)

    original: ClassVar[None] = None
    final: ClassVar[bool] = False

    @property
    def kind(self) -> Kind:
        """What the acquirer books it as."""
        return Kind.SALE if self.capture else Kind.AUTHORIZATION


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRequest:
    """A capture, void or refund (`kind`) of the authorisation that has the key `original`.

    `final` is for captures: what is left is released.
    """

    kind: Kind
    key: str
    original: str
    order_id: str
    amount_minor: int
    currency: str
    final: bool = False
