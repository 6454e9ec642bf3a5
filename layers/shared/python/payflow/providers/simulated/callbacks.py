"""What a simulated acquirer tells by itself after its answer, when, and how untidily.

It tells what its answer could not say yet: how a pending payment was settled, that a refund came
back. An approval at once needs no callback. The port takes PayFlow's own form of a callback, which
is what the simulated acquirers send on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, assert_never

from payflow.domain.ids import derived_id
from payflow.domain.outcomes import Outcome
from payflow.domain.provider_callback import CallbackType, ProviderCallback
from payflow.providers.simulated.entry import BookEntry, Kind, Standing

if TYPE_CHECKING:
    from payflow.domain.ports import Randomness
    from payflow.domain.provider import CallbackTerms

AGAIN_AFTER_MS: Final = 1_000
"""How long after the first one a duplicate leaves."""
OVERTAKEN_AFTER_MS: Final = 2_000
"""How long after the last news older news arrives that it has overtaken."""


class CallbackSender(Protocol):
    """The provider's way of delivering callbacks: signed, over HTTP, again until it is heard."""

    def send(self, callback: ProviderCallback, delay_ms: int) -> None:
        """Deliver `callback`, at least once, no earlier than `delay_ms` from now.

        Raises `Unavailable` if it cannot be taken over.
        """
        ...


class Telling(StrEnum):
    """Whether and how an acquirer tells what became of an operation."""

    WHEN_SETTLED = "when_settled"
    BEFORE_THE_ANSWER = "before_the_answer"
    UNTIDILY = "untidily"


@dataclass(frozen=True, slots=True)
class Sending:
    """A callback that leaves `delay_ms` from now."""

    callback: ProviderCallback
    delay_ms: int


def due_callbacks(
    entry: BookEntry,
    telling: Telling,
    terms: CallbackTerms,
    now: datetime,
    randomness: Randomness,
) -> tuple[Sending, ...]:
    """The callbacks about `entry`, which is in the book at `now`, in the order of their leaving.

    Duplicates have one id. Older news that was overtaken says that the operation is pending. The
    number of draws is the same whatever comes out.
    """
    settled, pending = _news(entry, entry.standing), _news(entry, Standing.PENDING)
    match telling:
        case Telling.BEFORE_THE_ANSWER:
            return (Sending(settled, 0),)
        case Telling.UNTIDILY:
            return (
                Sending(settled, 0),
                Sending(settled, AGAIN_AFTER_MS),
                Sending(pending, OVERTAKEN_AFTER_MS),
            )
        case Telling.WHEN_SETTLED:
            left_ms = -((now - entry.settles_at) // timedelta(milliseconds=1))
            first_ms = max(0, left_ms) + terms.delay_ms
            sendings = [Sending(settled, first_ms)]
            if randomness.random() < terms.duplicate_rate:
                sendings.append(Sending(settled, first_ms + AGAIN_AFTER_MS))
            if randomness.random() < terms.reorder_rate:
                sendings.append(Sending(pending, first_ms + OVERTAKEN_AFTER_MS))
            return tuple(sendings)
        case _:
            assert_never(telling)


def _news(entry: BookEntry, standing: Standing) -> ProviderCallback:
    """That `entry` stands so; a decision is other news than what would come of none."""
    word = entry.decision.value if entry.decision else standing.value
    is_refund = entry.kind is Kind.REFUND
    return ProviderCallback(
        id=derived_id("cb", entry.provider, entry.key, word),
        provider=entry.provider,
        type=CallbackType.REFUND_UPDATED if is_refund else CallbackType.PAYMENT_UPDATED,
        payment_id=entry.order_id,
        key=entry.key,
        occurred_at=entry.booked_at if standing is Standing.PENDING else entry.settles_at,
        outcome=_OUTCOMES[standing],
        provider_reference=entry.reference,
    )


_OUTCOMES: Final[dict[Standing, Outcome]] = {
    Standing.PENDING: Outcome.PENDING,
    Standing.APPROVED: Outcome.APPROVED,
    Standing.DECLINED: Outcome.DECLINED,
    # What failed for whatever reason was not done, as an inquiry says.
    Standing.FAILED: Outcome.DECLINED,
}
