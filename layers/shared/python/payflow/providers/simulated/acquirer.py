"""A simulated acquirer: its network, its failures, and its own book.

It stands on the far side of the wire. What it does is decided here from configuration, faults and
draws of randomness; what has happened is what its book says. Time passes in the caller: an answer
says after how many milliseconds it arrives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never

from payflow.domain.ids import derived_id
from payflow.providers.simulated.book import BookEntry, ProviderBook, Standing
from payflow.providers.simulated.dialect import DIALECTS
from payflow.providers.simulated.instruments import (
    APPROVED,
    EXPIRED_CARD,
    Behaviour,
    Scope,
    declined,
    failed,
    fixed_behaviour,
)
from payflow.providers.wire import CONNECTION_REFUSED, LOST, Answer, Delivery

if TYPE_CHECKING:
    from payflow.domain.ports import Clock, Randomness
    from payflow.domain.provider import Faults, LatencyModel, ProviderConfig
    from payflow.providers.simulated.book import BookStore

TECHNICAL_SHARE: Final = 0.6
"""Of the failures by `failureRate`, how many are the provider's own; the rest are issuers'."""

_Z99: Final = 2.3263478740408408
"""The 99th percentile of the standard normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """What an adapter sends. `instrument` is the card number, UPI address or wallet id.

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


class SimulatedAcquirer:
    """One provider's far side. Calls with one key have one effect and one answer."""

    def __init__(
        self,
        config: ProviderConfig,
        faults: Faults,
        *,
        book: BookStore,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        """`faults` hold while their `until` has not passed by `clock`."""
        self._config = config
        self._faults = faults
        self._book = ProviderBook(config.id, book)
        self._clock = clock
        self._randomness = randomness
        self._dialect = DIALECTS[config.type]

    def authorize(self, request: AuthorizationRequest) -> Delivery:
        """Authorise, book it, and answer; a key that is in the book gets its first answer again."""
        now = self._clock.now()
        if self._is_down(now):
            return CONNECTION_REFUSED
        behaviour = self._behaviour(request, now)
        if behaviour.request_lost:
            return LOST
        entry = self._book.enter(self._entry(request, behaviour, now))
        if (entry.amount_minor, entry.currency) != (request.amount_minor, request.currency):
            word = self._dialect.words[Standing.DECLINED]
            return Delivery(self._latency_ms(now), Answer(word, self._dialect.duplicate_code))
        if entry.reply_after_ms is None:
            return LOST
        replied_at = entry.booked_at + timedelta(milliseconds=entry.reply_after_ms)
        return Delivery(entry.reply_after_ms, self._answer(entry, replied_at))

    def inquire(self, key: str) -> Delivery:
        """Say what the book has under `key`. Answers get lost for certain test cards only.

        A lost response is about calls that move money; the visibility window is what makes an
        inquiry unreliable.
        """
        now = self._clock.now()
        if self._is_down(now):
            return CONNECTION_REFUSED
        latency_ms = self._latency_ms(now)
        entry = self._book.find(key)
        if entry is None or now < entry.visible_at:
            word = self._dialect.not_found_word
            return Delivery(latency_ms, Answer(word, self._dialect.not_found_code))
        if entry.inquiries_lost and self._book.count_inquiry(key) <= entry.inquiries_lost:
            return LOST
        return Delivery(latency_ms, self._answer(entry, now))

    def _answer(self, entry: BookEntry, moment: datetime) -> Answer:
        standing = entry.standing_at(moment)
        waiting = standing is Standing.PENDING
        return Answer(
            status=self._dialect.words[standing],
            code=self._dialect.pending_code if waiting else entry.code,
            reference=entry.reference,
            amount_minor=entry.amount_minor,
            currency=entry.currency,
            action=entry.action if waiting else None,
        )

    def _entry(
        self, request: AuthorizationRequest, behaviour: Behaviour, now: datetime
    ) -> BookEntry:
        latency_ms = behaviour.reply_after_ms
        if latency_ms is None:  # A fixed outcome is not left to the luck of a slow answer.
            latency_ms = self._latency_ms(now, at_most_ms=self._config.timeout_ms)
        settles_after_ms = behaviour.settles_after_ms or latency_ms
        if behaviour.action is not None:
            settles_after_ms = self._config.approval_timeout_ms
        return BookEntry(
            provider=self._config.id,
            key=request.key,
            reference=derived_id(self._dialect.reference_prefix, self._config.id, request.key),
            order_id=request.order_id,
            instrument=request.masked_instrument,
            amount_minor=request.amount_minor,
            currency=request.currency,
            kind="sale" if request.capture else "authorization",
            standing=behaviour.standing,
            code=behaviour.code or self._dialect.approval_code,
            booked_at=now,
            settles_at=now + timedelta(milliseconds=settles_after_ms),
            visible_at=now + timedelta(milliseconds=behaviour.visible_after_ms),
            reply_after_ms=None if behaviour.response_lost else latency_ms,
            action=behaviour.action,
            inquiries_lost=behaviour.inquiries_lost,
        )

    def _behaviour(self, request: AuthorizationRequest, now: datetime) -> Behaviour:
        if request.expires is not None and request.expires < (now.year, now.month):
            return EXPIRED_CARD
        fixed = fixed_behaviour(self._config.type, request.instrument)
        if fixed is None:
            return self._drawn_behaviour(now)
        if fixed.only is None or self._is_within(fixed.only, request):
            return fixed
        return APPROVED

    def _is_within(self, scope: Scope, request: AuthorizationRequest) -> bool:
        match scope:
            case Scope.FIRST_CALL:
                return self._book.first_call(request.order_id, request.key).key == request.key
            case Scope.FIRST_PROVIDER:
                first = self._book.first_call(request.order_id, request.key)
                return first.provider == self._config.id
            case Scope.FIRST_CALL_AT_PROVIDER:
                here = f"{request.order_id}#{self._config.id}"
                return self._book.first_call(here, request.key).key == request.key
            case _:
                assert_never(scope)

    def _drawn_behaviour(self, now: datetime) -> Behaviour:
        """By the model, with the same number of draws whatever comes out."""
        fails, kind, code, lost, hidden = (self._randomness.random() for _ in range(5))
        outcome = APPROVED
        if fails < self._failure_rate(now):
            outcome = self._failure(kind, code, now)
        return Behaviour(
            standing=outcome.standing,
            code=outcome.code,
            reply_after_ms=self._latency_ms(now),
            response_lost=lost < self._lost_response_rate(now),
            visible_after_ms=int(hidden * self._config.visibility_ms),
        )

    def _failure(self, kind: float, code: float, now: datetime) -> Behaviour:
        """A provider that was broken on purpose fails technically; else issuers have their part."""
        broken = self._has_faults(now) and self._faults.failure_rate is not None
        if broken or kind < TECHNICAL_SHARE:
            codes = self._dialect.technical_codes
            return failed(codes[int(code * len(codes))])
        codes = self._dialect.issuer_codes
        return declined(codes[int(code * len(codes))])

    def _latency_ms(self, now: datetime, *, at_most_ms: int | None = None) -> int:
        latency_ms = drawn_latency_ms(self._config.latency, self._randomness)
        if at_most_ms is not None:
            latency_ms = min(latency_ms, at_most_ms)
        if self._has_faults(now):
            latency_ms *= self._faults.latency_multiplier
        return int(latency_ms)

    def _has_faults(self, now: datetime) -> bool:
        return self._faults.until is None or now < self._faults.until

    def _is_down(self, now: datetime) -> bool:
        return self._faults.outage and self._has_faults(now)

    def _failure_rate(self, now: datetime) -> float:
        if self._has_faults(now) and self._faults.failure_rate is not None:
            return self._faults.failure_rate
        return self._config.failure_rate

    def _lost_response_rate(self, now: datetime) -> float:
        if self._has_faults(now) and self._faults.lost_response_rate is not None:
            return self._faults.lost_response_rate
        return self._config.lost_response_rate


def drawn_latency_ms(model: LatencyModel, randomness: Randomness) -> float:
    """One latency of `model`, by two draws whatever the model.

    Lognormal if both percentiles are set: normal by G. Box and M. Muller, "A Note on the
    Generation of Random Normal Deviates", 1958.
    """
    first, second = randomness.random(), randomness.random()
    if model.p50_ms is None or model.p99_ms is None:
        return model.min_ms + first * (model.max_ms - model.min_ms)
    sigma = math.log(model.p99_ms / model.p50_ms) / _Z99
    normal = math.sqrt(-2 * math.log(1 - first)) * math.cos(2 * math.pi * second)
    return model.p50_ms * math.exp(sigma * normal)
