"""Callbacks about disputes: in any order, any number of times, from anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.dispute import DisputeStatus
from payflow.domain.disputes import DISPUTES_MAX
from payflow.domain.errors import Unavailable
from payflow.domain.payment import Payment, Status
from payflow.domain.provider_callback import DISPUTE_TYPES, CallbackType
from payflow.services.record_dispute import RecordDispute
from tests.support.builders import a_captured, a_payment, an_authorized
from tests.support.disputes import LOST, OPENED, WON, a_callback, a_notice
from tests.support.fakes import FakeClock
from tests.support.ports import CountedPayments

Told = Sequence[CallbackType]


class Office:
    """The use case on one payment."""

    def __init__(self, payment: Payment) -> None:
        self.payments = CountedPayments([payment])
        self.record = RecordDispute(self.payments, FakeClock(), Random(1))

    @property
    def payment(self) -> Payment:
        (payment,) = self.payments.items.values()
        return payment

    def told(self, *kinds: CallbackType) -> Payment:
        for kind in kinds:
            self.record(a_callback(self.payment, kind))
        return self.payment


def test_an_opened_dispute_is_one_write_of_one_more_version() -> None:
    captured = a_captured()
    office = Office(captured)

    recorded = office.record(a_callback(captured))

    (dispute,) = office.payment.disputes
    assert (recorded.dispute_id, recorded.ignored, recorded.exceeds) == (dispute.id, None, False)
    assert office.payments.writes == 1
    assert office.payment.version == captured.version + 1
    assert [one.operation for one in office.payment.postings] == ["capture", "dispute"]


@pytest.mark.parametrize("order", sorted(permutations([OPENED, WON, OPENED])))
def test_a_dispute_that_is_won_ends_the_same_in_any_order(order: Told) -> None:
    payment = Office(a_captured()).told(*order)

    assert [one.status for one in payment.disputes] == [DisputeStatus.WON]
    assert [one.operation for one in payment.postings] == ["capture", "dispute", "dispute_won"]


@given(st.lists(st.sampled_from(sorted(DISPUTE_TYPES)), min_size=1, max_size=12))
def test_whatever_arrives_the_first_decision_stands_and_is_booked_once(told: Told) -> None:
    payment = Office(a_captured()).told(*told)

    decisions = [kind for kind in told if kind is not OPENED]
    (dispute,) = payment.disputes
    expected = {WON: DisputeStatus.WON, LOST: DisputeStatus.LOST}
    wanted = expected[decisions[0]] if decisions else DisputeStatus.NEEDS_RESPONSE
    assert dispute.status is wanted
    assert len(payment.postings) == (3 if decisions else 2)


@pytest.mark.parametrize(
    ("told", "reason"),
    [([OPENED, OPENED], "known_already"), ([LOST, OPENED], "known_already"),
     ([OPENED, WON, LOST], "decided_already_won"), ([LOST, LOST], "decided_already_lost")],
)  # fmt: skip
def test_what_is_known_already_is_ignored_with_its_reason(told: Told, reason: str) -> None:
    office = Office(a_captured())
    office.told(*told[:-1])
    writes = office.payments.writes

    recorded = office.record(a_callback(office.payment, told[-1]))

    assert recorded.ignored == reason
    assert office.payments.writes == writes


def test_a_dispute_of_more_than_there_is_left_is_flagged() -> None:
    captured = a_captured(amount_minor=100)

    recorded = Office(captured).record(a_callback(captured, notice=a_notice(101)))

    assert recorded.exceeds


@pytest.mark.parametrize(
    ("payment", "changes", "reason"),
    [
        (a_captured(), {"payment_id": "pay_none"}, "payment_not_found"),
        (a_captured(), {"provider": "B"}, "not_the_authorizer"),
        (a_payment(), {}, "not_the_authorizer"),
        (a_captured(), {"dispute": None}, "not_a_dispute_of_this_payment"),
        (a_captured(), {"dispute": a_notice(currency="USD")}, "not_a_dispute_of_this_payment"),
        (a_captured(), {"dispute": a_notice(0)}, "not_a_dispute_of_this_payment"),
        (an_authorized(), {}, "nothing_captured"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    payment: Payment, changes: dict[str, Any], reason: str
) -> None:
    office = Office(payment)

    recorded = office.record(replace(a_callback(payment), **changes))

    assert recorded.ignored == reason
    assert office.payment == payment


def test_the_fifth_dispute_of_a_payment_is_for_somebody_to_look_at() -> None:
    office = Office(a_captured())
    for number in range(DISPUTES_MAX):
        office.record(a_callback(office.payment, notice=a_notice(1, reference=f"dp_{number}")))

    recorded = office.record(a_callback(office.payment, notice=a_notice(1, reference="more")))

    assert recorded.ignored == "too_many_disputes"


def test_a_dispute_that_overtakes_its_charge_is_asked_for_again() -> None:
    known = a_captured()
    office = Office(replace(known, status=Status.PROCESSING, amount_captured=0, postings=()))

    with pytest.raises(Unavailable) as error:
        office.record(a_callback(known))

    assert error.value.code == "charge_unsettled"
    assert office.payments.writes == 0
