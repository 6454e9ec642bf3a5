"""A dispute survives storage exactly, as a part of its payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from payflow.aws.payment_item import payment_from_item, payment_to_item
from payflow.domain.dispute import Dispute, DisputeStatus, Evidence, dispute_id
from payflow.domain.disputes import dispute_opened
from tests.support.builders import NOON, a_captured, a_payment, later
from tests.support.disputes import a_notice
from tests.support.dynamodb_units import item_size

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
moments = st.integers(0, 4_000_000_000_000).map(
    lambda ms: datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(milliseconds=ms)
)
evidence = st.builds(
    Evidence, words, moments, st.lists(words, max_size=3).map(tuple), st.none() | moments
)
disputes = st.builds(
    Dispute,
    id=words.map(lambda reference: dispute_id(a_payment().id, "A", reference)),
    reference=words,
    amount_minor=st.integers(0, 10**12),
    claimed_minor=st.just(0),
    reason=words,
    opened_at=moments,
    evidence_due_at=moments,
    status=st.sampled_from(DisputeStatus),
    evidence=st.none() | evidence,
    closed_at=st.none() | moments,
)


@given(disputes, st.integers(0, 10))
def test_every_field_comes_back_exactly(dispute: Dispute, excess: int) -> None:
    claimed = replace(dispute, claimed_minor=dispute.amount_minor + excess)
    payment = a_payment(disputes=(claimed,))

    assert payment_from_item(payment_to_item(payment)) == payment


def test_only_a_disputed_payment_is_in_the_index_by_its_latest_dispute() -> None:
    payment = dispute_opened(a_captured(), a_notice(1), NOON)
    again = dispute_opened(payment, a_notice(1, reference="dp_2"), later(60))

    assert "disputed_key" not in payment_to_item(a_captured())
    assert payment_to_item(again)["disputed_key"] == {"S": f"2026-11-23T12:01:00.000Z#{again.id}"}


def test_a_dispute_is_a_few_hundred_bytes_and_long_evidence_is_packed() -> None:
    payment = dispute_opened(a_captured(), a_notice(), NOON)
    told = Evidence("We delivered the tickets on Monday. " * 500, later(1))
    answered = replace(payment, disputes=(replace(payment.disputes[0], evidence=told),))

    assert item_size(payment_to_item(payment)) - item_size(payment_to_item(a_captured())) < 300
    assert item_size(payment_to_item(answered)) - item_size(payment_to_item(payment)) < 300
