"""A callback survives the wire and the queues, and each key is one of its own."""

from __future__ import annotations

import json
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.callback_document import (
    callback_body,
    callback_from_body,
    callback_from_document,
    callback_to_document,
)
from payflow.domain.derived_key import derived_key
from payflow.domain.outcomes import Outcome
from payflow.domain.provider_callback import CallbackType, DisputeNotice, ProviderCallback
from tests.support.builders import NOON

moments = st.integers(0, 4 * 10**12).map(lambda ms: NOON + timedelta(milliseconds=ms))
disputes = st.builds(
    DisputeNotice,
    reference=st.text(min_size=1),
    amount_minor=st.integers(1, 10**12),
    currency=st.sampled_from(["INR", "JPY", "KWD"]),
    reason=st.text(min_size=1),
    evidence_due_at=moments,
)
callbacks = st.builds(
    ProviderCallback,
    id=st.text(),
    provider=st.text(),
    type=st.sampled_from(CallbackType),
    payment_id=st.text(),
    key=st.text(),
    occurred_at=moments,
    outcome=st.none() | st.sampled_from(Outcome),
    provider_reference=st.none() | st.text(min_size=1),
    dispute=st.none() | disputes,
)


@given(callbacks)
def test_a_queue_gives_back_what_was_put_into_it(callback: ProviderCallback) -> None:
    kept = json.loads(json.dumps(callback_to_document(callback)))

    assert callback_from_document(kept) == callback


@given(callbacks)
def test_the_wire_carries_all_but_who_sends_which_message(callback: ProviderCallback) -> None:
    body = json.loads(json.dumps(callback_body(callback)))

    arrived = callback_from_body(body, message_id=callback.id, provider=callback.provider)

    assert arrived == callback
    assert {"id", "provider"}.isdisjoint(body)


@given(st.text(), st.text(), st.text(), st.text())
def test_two_uses_of_one_master_key_have_two_keys(a: str, b: str, c: str, d: str) -> None:
    same = (a, b) == (c, d)

    assert (derived_key(b"master", a, b) == derived_key(b"master", c, d)) == same
    assert derived_key(b"master", a, b) != derived_key(b"another", a, b)
