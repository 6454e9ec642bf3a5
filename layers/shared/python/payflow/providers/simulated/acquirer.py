"""A simulated acquirer: its network, its limits, and its own book.

It stands on the far side of the wire. What it does is decided here from configuration, faults and
draws of randomness; what has happened is what its book says. Time passes in the caller: an answer
says after how many milliseconds it arrives.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never

from payflow.domain.approval import Approval, CustomerDecision, Verdict
from payflow.domain.errors import Unavailable, VersionConflict
from payflow.domain.ids import derived_id
from payflow.providers.simulated.book import ProviderBook
from payflow.providers.simulated.callbacks import Telling, due_callbacks
from payflow.providers.simulated.dialect import DIALECTS
from payflow.providers.simulated.disputes import DisputeOffice
from payflow.providers.simulated.entry import Aftermath, BookEntry, Kind, Standing
from payflow.providers.simulated.instruments import (
    ANSWER_BY_PAGE,
    APPROVED,
    CAPTURE_FAILURE,
    EXPIRED_CARD,
    REJECTIONS,
    RETURNED_REFUND,
    Behaviour,
    Scope,
    declined,
    fixed_behaviour,
)
from payflow.providers.simulated.model import Model
from payflow.providers.simulated.requests import AuthorizationRequest, OperationRequest
from payflow.providers.simulated.sums import (
    Authorization,
    Refusal,
    Returning,
    Sums,
    sums_after,
)
from payflow.providers.wire import CONNECTION_REFUSED, LOST, Answer, Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from payflow.domain.ports import Clock, Randomness
    from payflow.domain.provider import Faults, ProviderConfig
    from payflow.providers.simulated.callbacks import CallbackSender
    from payflow.providers.simulated.store import BookStore

Request = AuthorizationRequest | OperationRequest

WRITE_TRIES_MAX: Final = 32
PAUSE_MS_MAX: Final = 20
"""Of simultaneous operations on one authorisation one gets through at a time.

The others pause and decide anew, so the acquirer takes this many at once and no more.
"""


class SimulatedAcquirer:
    """One provider's far side. Calls with one key have one effect and one answer."""

    def __init__(
        self,
        config: ProviderConfig,
        faults: Faults,
        *,
        book: BookStore,
        callbacks: CallbackSender,
        approval_url: Callable[[str], str],
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        """`faults` hold while their `until` has not passed by `clock`.

        `approval_url` gives the page where the customer of an order answers.
        """
        self._config = config
        self._book = ProviderBook(config.id, book)
        self._disputes = DisputeOffice(config.id, book=book, callbacks=callbacks, clock=clock)
        self._callbacks = callbacks
        self._approval_url = approval_url
        self._clock = clock
        self._randomness = randomness
        self._dialect = DIALECTS[config.type]
        self._model = Model(config, faults, self._dialect, randomness)

    def authorize(self, request: AuthorizationRequest) -> Delivery:
        """Authorise, book it, and answer; a key that is in the book gets its first answer again."""
        now = self._clock.now()
        if self._model.is_down(now):
            return CONNECTION_REFUSED
        behaviour = self._behaviour(request, now)
        if behaviour.request_lost:
            return LOST
        entry = self._book.enter(self._entry(request, behaviour, now, request.masked_instrument))
        if entry.kind is Kind.SALE and entry.aftermath is Aftermath.DISPUTED:
            self._disputes.open(entry)
        self._tell(entry, behaviour.telling, now)
        return self._delivery(entry, request, now)

    def operate(self, request: OperationRequest) -> Delivery:
        """Capture, void or refund, book it, and answer; a known key gets its first answer again.

        Raises `Unavailable` when simultaneous operations on the same authorisation kept winning.
        """
        now = self._clock.now()
        if self._model.is_down(now):
            return CONNECTION_REFUSED
        drawn = self._model.operation(now)
        for _ in range(WRITE_TRIES_MAX):
            try:
                entry = self._book.find(request.key) or self._performed(request, drawn, now)
            except VersionConflict:
                self._clock.sleep_ms(1 + int(self._randomness.random() * PAUSE_MS_MAX))
            else:
                self._tell(entry, None, now)
                return self._delivery(entry, request, now)
        raise Unavailable("contended", f"the authorisation of {request.key} is being changed")

    def inquire(self, key: str) -> Delivery:
        """Say what the book has under `key`. Answers get lost for certain test cards only.

        A lost response is about calls that move money; the visibility window is what makes an
        inquiry unreliable.
        """
        now = self._clock.now()
        if self._model.is_down(now):
            return CONNECTION_REFUSED
        latency_ms = self._model.latency_ms(now)
        entry = self._book.find(key)
        if entry is None or now < entry.visible_at:
            word = self._dialect.not_found_word
            return Delivery(latency_ms, Answer(word, self._dialect.not_found_code))
        if entry.inquiries_lost and self._book.count_inquiry(key) <= entry.inquiries_lost:
            return LOST
        return Delivery(latency_ms, self._answer(entry, now))

    def approval(self, key: str) -> Approval | None:
        """What the customer was asked about the operation with `key`; None if nothing."""
        entry = self._book.find(key)
        return None if entry is None else entry.approval

    def decide(self, key: str, decision: CustomerDecision, mark: str) -> Verdict:
        """Take the customer's decision: the first one, while the question is open.

        It is booked, and then told by callback. It reaches the acquirer whatever keeps PayFlow from
        it, as a customer's app would. Raises `Unavailable` when others kept changing the entry.
        """
        for _ in range(WRITE_TRIES_MAX):
            now = self._clock.now()
            entry = self._book.find(key)
            if entry is None or entry.approval is None:
                return Verdict.NOT_ASKED
            verdict = entry.approval.verdict(decision, mark, now)
            if verdict is Verdict.TAKEN:
                entry = self._decided(entry, decision, mark, now)
                try:
                    self._book.decide(entry)
                except VersionConflict:
                    continue
            if verdict in (Verdict.TAKEN, Verdict.REPEATED):
                self._tell(entry, None, now)
            return verdict
        raise Unavailable("contended", f"the entry of {key} is being changed")

    def _decided(
        self, entry: BookEntry, decision: CustomerDecision, mark: str, now: datetime
    ) -> BookEntry:
        approved = decision is CustomerDecision.APPROVE
        return replace(
            entry,
            standing=Standing.APPROVED if approved else Standing.DECLINED,
            code=self._dialect.approval_code if approved else REJECTIONS[entry.action or ""],
            settles_at=now,
            decision=decision,
            mark=mark,
        )

    def _tell(self, entry: BookEntry, telling: Telling | None, now: datetime) -> None:
        """Have the callbacks sent that `entry` gives rise to, also when it is found again.

        So whoever repeats a call that died before this makes up for it. Without an instrument's own
        way of telling, only what the answer could not say is told.
        """
        if telling is None and entry.answers_pending:
            telling = Telling.WHEN_SETTLED
        if telling is None:
            return
        terms = self._config.callback
        for due in due_callbacks(entry, telling, terms, now, self._randomness):
            self._callbacks.send(due.callback, due.delay_ms)

    def _performed(self, request: OperationRequest, drawn: Behaviour, now: datetime) -> BookEntry:
        """The operation as booked, with the authorisation's sums in the same write.

        What is refused or fails moves no sums. Raises `VersionConflict` when the sums that this was
        decided on have changed meanwhile.
        """
        held = self._book.authorization(request.original)
        if held is None:
            return self._refused(request, Refusal.NOT_FOUND, now)
        sums = sums_after(request, held, self._config.capabilities, now)
        if isinstance(sums, Refusal):
            return self._refused(request, sums, now, held.entry.instrument)
        behaviour = self._later_behaviour(request, held, drawn)
        entry = self._entry(request, behaviour, now, held.entry.instrument)
        if entry.standing is Standing.FAILED:
            return self._book.enter(entry)
        entry = self._book.enter_with_sums(entry, held, _expected(sums, entry))
        if entry.kind is Kind.CAPTURE and held.entry.aftermath is Aftermath.DISPUTED:
            self._disputes.open(entry)
        return entry

    def _refused(
        self, request: OperationRequest, reason: Refusal, now: datetime, instrument: str = ""
    ) -> BookEntry:
        behaviour = declined(self._dialect.refusals[reason])
        return self._book.enter(self._entry(request, behaviour, now, instrument))

    def _later_behaviour(
        self, request: OperationRequest, held: Authorization, drawn: Behaviour
    ) -> Behaviour:
        """A test instrument's fixed outcome reaches beyond its authorisation."""
        match held.entry.aftermath, request.kind:
            case Aftermath.DRAWN, _:
                return drawn
            case Aftermath.CAPTURE_FAILS_ONCE, Kind.CAPTURE:
                captures = f"{request.original}#capture"
                first = self._book.first_call(captures, request.key)
                return CAPTURE_FAILURE if first.key == request.key else APPROVED
            case Aftermath.REFUND_COMES_BACK, Kind.REFUND:
                return RETURNED_REFUND
            case _:
                return APPROVED

    def _delivery(self, entry: BookEntry, request: Request, now: datetime) -> Delivery:
        """The first answer to what is booked; another request with its key is refused."""
        if _request_of(entry) != _asked(request):
            word = self._dialect.words[Standing.DECLINED]
            latency_ms = self._model.latency_ms(now)
            return Delivery(latency_ms, Answer(word, self._dialect.duplicate_code))
        if entry.reply_after_ms is None:
            return LOST
        replied_at = entry.booked_at + timedelta(milliseconds=entry.reply_after_ms)
        return Delivery(entry.reply_after_ms, self._answer(entry, replied_at))

    def _answer(self, entry: BookEntry, moment: datetime) -> Answer:
        standing = entry.standing_at(moment)
        waiting = standing is Standing.PENDING
        by_page = waiting and entry.action in ANSWER_BY_PAGE
        return Answer(
            status=self._dialect.words[standing],
            code=self._dialect.pending_code if waiting else entry.code,
            reference=entry.reference,
            amount_minor=entry.amount_minor,
            currency=entry.currency,
            action=entry.action if waiting else None,
            action_url=self._approval_url(entry.order_id) if by_page else None,
        )

    def _entry(
        self, request: Request, behaviour: Behaviour, now: datetime, instrument: str
    ) -> BookEntry:
        latency_ms = behaviour.reply_after_ms
        if latency_ms is None:  # A fixed outcome is not left to the luck of a slow answer.
            latency_ms = self._model.latency_ms(now, at_most_ms=self._config.timeout_ms)
        settles_after_ms = behaviour.settles_after_ms or latency_ms
        if behaviour.telling is Telling.BEFORE_THE_ANSWER:
            latency_ms, settles_after_ms = min(latency_ms, self._config.timeout_ms), 0
        if behaviour.action is not None:
            settles_after_ms = self._config.approval_timeout_ms
        return BookEntry(
            provider=self._config.id,
            key=request.key,
            reference=derived_id(self._dialect.reference_prefix, self._config.id, request.key),
            order_id=request.order_id,
            instrument=instrument,
            amount_minor=request.amount_minor,
            currency=request.currency,
            kind=request.kind,
            standing=behaviour.standing,
            code=behaviour.code or self._dialect.approval_code,
            booked_at=now,
            settles_at=now + timedelta(milliseconds=settles_after_ms),
            visible_at=now + timedelta(milliseconds=behaviour.visible_after_ms),
            reply_after_ms=None if behaviour.response_lost else latency_ms,
            action=behaviour.action,
            inquiries_lost=behaviour.inquiries_lost,
            aftermath=behaviour.aftermath,
            original=request.original,
            final=request.final,
        )

    def _behaviour(self, request: AuthorizationRequest, now: datetime) -> Behaviour:
        if request.expires is not None and request.expires < (now.year, now.month):
            return EXPIRED_CARD
        fixed = fixed_behaviour(self._config.type, request.instrument)
        if fixed is None:
            return self._model.authorization(now)
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


def _expected(sums: Sums, entry: BookEntry) -> Sums:
    """`sums` knowing that a refund which will not stand gives its amount back when it settles."""
    if entry.standing is Standing.APPROVED:
        return sums
    return sums.expecting(Returning(entry.amount_minor, entry.settles_at))


def _request_of(entry: BookEntry) -> tuple[object, ...]:
    return (entry.kind, entry.original, entry.amount_minor, entry.currency, entry.final)


def _asked(request: Request) -> tuple[object, ...]:
    return (request.kind, request.original, request.amount_minor, request.currency, request.final)
