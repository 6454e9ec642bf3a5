"""A provider's callback is let in by the signature of its exact bytes, and by nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from payflow.domain.errors import Unauthenticated, Unavailable
from payflow.domain.provider import Market, ProviderConfig
from payflow.domain.provider_callback import CallbackType, ProviderCallback
from payflow.domain.webhook_signature import signed_headers
from payflow.services.accept_callback import REMEMBERED_MAX, AcceptCallback
from tests.support.builders import NOON, a_provider
from tests.support.fakes import FakeClock, FixedMarket

BODY = b'{"type": "payment.updated"}'


class OwnKeys:
    """Each provider's key is its own name."""

    def of(self, provider: ProviderConfig) -> Sequence[bytes]:
        return [provider.id.encode()]


@dataclass
class RecordingInbox:
    kept: list[ProviderCallback] = field(default_factory=list)
    available: bool = True

    def put(self, callback: ProviderCallback) -> None:
        if not self.available:
            raise Unavailable("inbox_unavailable", "cannot keep")
        self.kept.append(callback)


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def accept(inbox: RecordingInbox) -> AcceptCallback:
    market = FixedMarket(Market((a_provider("A"), a_provider("B"))))
    return AcceptCallback(market, OwnKeys(), inbox, FakeClock())


def signed(by: str = "A", *, at: timedelta = timedelta(0), body: bytes = BODY) -> dict[str, str]:
    return signed_headers([by.encode()], message_id="cb_1", sent_at=NOON + at, body=body)


def a_callback(message_id: str = "cb_1") -> ProviderCallback:
    return ProviderCallback(
        id=message_id,
        provider="A",
        type=CallbackType.PAYMENT_UPDATED,
        payment_id="pay_1",
        key="pk_1",
        occurred_at=NOON,
    )


def test_the_providers_own_signature_lets_it_in(accept: AcceptCallback) -> None:
    assert accept.authenticate("A", signed(), BODY) == "cb_1"


def test_whatever_is_wrong_is_refused_in_the_same_words(accept: AcceptCallback) -> None:
    attempts = [
        ("A", {}, BODY),
        ("A", signed(by="B"), BODY),
        ("B", signed(by="A"), BODY),
        ("A", signed(), BODY + b" "),
        ("A", signed(), None),
        ("A", signed(at=timedelta(seconds=-301)), BODY),
        ("A", signed(at=timedelta(seconds=301)), BODY),
        ("nobody", signed(by="nobody"), BODY),
    ]
    refusals = set()
    for provider, headers, body in attempts:
        with pytest.raises(Unauthenticated) as refused:
            accept.authenticate(provider, headers, body)
        refusals.add((refused.value.code, refused.value.message))

    assert len(refusals) == 1


def test_what_is_accepted_is_kept_and_a_repetition_is_not_kept_again(
    accept: AcceptCallback, inbox: RecordingInbox
) -> None:
    for _ in range(3):
        accept(a_callback())

    assert inbox.kept == [a_callback()]


def test_a_repetition_of_what_could_not_be_kept_is_kept(
    accept: AcceptCallback, inbox: RecordingInbox
) -> None:
    inbox.available = False
    with pytest.raises(Unavailable):
        accept(a_callback())

    inbox.available = True
    accept(a_callback())

    assert inbox.kept == [a_callback()]


def test_a_process_remembers_only_so_many(accept: AcceptCallback, inbox: RecordingInbox) -> None:
    for number in range(REMEMBERED_MAX + 1):
        accept(a_callback(f"cb_{number}"))
    accept(a_callback("cb_0"))

    assert len(inbox.kept) == REMEMBERED_MAX + 2
    assert len(accept._kept) <= REMEMBERED_MAX
