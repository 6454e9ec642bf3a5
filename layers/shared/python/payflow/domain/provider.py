"""A provider as configured, and as it is doing right now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from payflow.domain.method import MethodType
from payflow.domain.money import FeeTerms

ALL_CAPABILITIES: Final = frozenset(
    {
        "capture",
        "partialCapture",
        "void",
        "refund",
        "partialRefund",
        "threeDs",
        "collect",
        "intent",
    }
)

STORED_WALLET_ADAPTER: Final = "stored_wallet"
"""The adapter of PayFlow's own wallets."""


@dataclass(frozen=True, slots=True)
class LatencyModel:
    """How long the simulated provider takes: uniform in [min, max] ms, or lognormal by p50/p99."""

    min_ms: int = 50
    max_ms: int = 200
    p50_ms: int | None = None
    p99_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CallbackTerms:
    """How the simulated provider calls back: how late, and how often twice or out of order."""

    delay_ms: int = 0
    duplicate_rate: float = 0.0
    reorder_rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """One entry of `config/providers.json`, with every default filled in.

    Empty `bins`, `networks`, `countries` or `currencies` mean "any". `priority`: lower comes first.
    `visibility_ms`: how long after a call an inquiry may still miss it. `approval_timeout_ms`: how
    long a customer may take. `authorization_validity_ms`: how long an authorisation can be
    captured. `failure_rate` and `lost_response_rate` are probabilities of the simulation. Amounts
    are in minor units. What was captured is paid out `settlement_lag_days` later. `webhook_secret`
    names the secret that its callbacks are signed with; None: one of its own that the deployment
    made.
    """

    id: str
    type: MethodType
    adapter: str
    timeout_ms: int
    failure_rate: float
    latency: LatencyModel
    bins: tuple[str, ...] = ()
    min_amount: int | None = None
    max_amount: int | None = None
    currencies: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    capabilities: frozenset[str] = ALL_CAPABILITIES
    fees: FeeTerms = field(default_factory=FeeTerms)
    priority: int = 100
    weight: int = 100
    lost_response_rate: float = 0.0
    visibility_ms: int = 2000
    approval_timeout_ms: int = 300_000
    authorization_validity_ms: int = 7 * 86_400_000
    max_concurrency: int | None = None
    settlement_lag_days: int = 1
    callback: CallbackTerms = field(default_factory=CallbackTerms)
    webhook_secret: str | None = None


class BreakerState(StrEnum):
    """Whether a provider gets traffic: all, none, or a few probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """What has been learnt about one provider from recent calls.

    `calls` is the number of calls that still weigh in the decaying window. `success_rate` is the
    share in which the provider itself worked (a refused card is a success of the provider);
    `approval_rate` is the share of approvals among calls that did not fail for the customer's own
    reasons. Rates are between 0 and 1; they and `latency_ms` are None while there were no calls.
    `open_until` is set while the breaker is not closed: until then it is open, then half-open.
    """

    state: BreakerState = BreakerState.CLOSED
    success_rate: float | None = None
    latency_ms: float | None = None
    calls: int = 0
    open_until: datetime | None = None
    approval_rate: float | None = None

    def state_at(self, now: datetime) -> BreakerState:
        """The breaker's state at `now`: an open one is half-open as soon as its time is over.

        No write is needed for that step, so a cached health says it in time.
        """
        if self.state is BreakerState.OPEN and self.open_until is not None:
            return BreakerState.OPEN if now < self.open_until else BreakerState.HALF_OPEN
        return self.state


@dataclass(frozen=True, slots=True)
class Faults:
    """A provider broken on purpose until `until` (None: until it is mended on purpose)."""

    failure_rate: float | None = None
    latency_multiplier: float = 1.0
    outage: bool = False
    lost_response_rate: float | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """All that routing knows at one moment: who is there and how each is doing."""

    providers: tuple[ProviderConfig, ...]
    health: dict[str, ProviderHealth] = field(default_factory=dict)
    faults: dict[str, Faults] = field(default_factory=dict)

    def provider(self, provider_id: str) -> ProviderConfig | None:
        """The provider of that id, or None if it is not configured (any more)."""
        return next((p for p in self.providers if p.id == provider_id), None)
