"""What routing is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from payflow.domain.method import MethodType


@dataclass(frozen=True, slots=True)
class RoutingPreference:
    """What the merchant asked for with the payment: a strategy, and providers to choose among."""

    strategy: str | None = None
    providers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoutingRequest:
    """The facts of a payment that routing may look at; card facts are None for other methods.

    `stored_wallet` says that a wallet at PayFlow pays, which no other operator knows.
    """

    method: MethodType
    amount_minor: int
    currency: str
    bin: str | None = None
    network: str | None = None
    country: str | None = None
    needs_capture: bool = False
    upi_flow: str | None = None
    stored_wallet: bool = False
    preference: RoutingPreference = RoutingPreference()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider that can take the payment, its score under the strategy, and the reasons."""

    provider: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A provider that cannot take the payment, and why: `reason` is a stable code."""

    provider: str
    reason: str


@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """Candidates best first, and who was left out; the first candidate gets the payment."""

    strategy: str
    candidates: tuple[Candidate, ...]
    excluded: tuple[Exclusion, ...] = ()
