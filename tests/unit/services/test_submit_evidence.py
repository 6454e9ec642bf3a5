"""Evidence is written down, handed over, marked; a repetition completes what failed between."""

from __future__ import annotations

from random import Random

import pytest

from payflow.domain.dispute import Dispute, DisputeStatus
from payflow.domain.errors import Conflict, NotFound, Unavailable
from payflow.domain.payment import Payment
from payflow.services.record_dispute import RecordDispute
from payflow.services.submit_evidence import SubmitEvidence
from tests.support.builders import a_captured, later
from tests.support.disputes import LOST, RecordingDesk, a_callback
from tests.support.fakes import FakeClock
from tests.support.ports import CountedPayments

MERCHANT = "mer_00000000000000000000000001"
TEXT, FILES = "It was delivered on Monday.", ("receipt.pdf",)


class Shop:
    """A merchant with one disputed payment."""

    def __init__(self) -> None:
        captured = a_captured()
        self.payments, self.desk = CountedPayments([captured]), RecordingDesk()
        self.clock = FakeClock()
        self.record = RecordDispute(self.payments, self.clock, Random(1))
        self.record(a_callback(captured))
        self._submit = SubmitEvidence(self.payments, self.desk, self.clock, Random(1))

    @property
    def payment(self) -> Payment:
        (payment,) = self.payments.items.values()
        return payment

    def submit(self, text: str = TEXT, *, merchant_id: str = MERCHANT) -> Dispute:
        return self._submit(self.payment.disputes[0].id, merchant_id, text, FILES)[1]


def test_the_provider_gets_it_and_the_dispute_is_under_review() -> None:
    shop = Shop()

    dispute = shop.submit()

    assert dispute == shop.payment.disputes[0]
    assert dispute.status is DisputeStatus.UNDER_REVIEW
    ((provider, reference, payment_id, evidence),) = shop.desk.taken
    assert (provider, reference, payment_id) == ("A", "dp_1", shop.payment.id)
    assert (evidence.text, evidence.files) == (TEXT, FILES)


def test_a_repetition_does_nothing_more() -> None:
    shop = Shop()
    first, writes = shop.submit(), shop.payments.writes

    assert shop.submit() == first
    assert (len(shop.desk.taken), shop.payments.writes) == (1, writes)


def test_evidence_that_could_not_be_delivered_is_kept_and_a_repetition_delivers_it() -> None:
    shop = Shop()
    shop.desk.refusal = Unavailable("temporarily_unavailable", "no answer")

    with pytest.raises(Unavailable):
        shop.submit()
    kept = shop.payment.disputes[0]
    shop.desk.refusal = None
    shop.clock.sleep_ms(1_000)
    dispute = shop.submit()

    assert kept.status is DisputeStatus.NEEDS_RESPONSE
    assert kept.evidence is not None
    assert dispute.status is DisputeStatus.UNDER_REVIEW
    assert shop.desk.taken[0][3].submitted_at == kept.evidence.submitted_at


def test_other_evidence_is_refused_and_not_sent() -> None:
    shop = Shop()
    shop.submit()

    with pytest.raises(Conflict, match="other evidence"):
        shop.submit("Something else.")

    assert len(shop.desk.taken) == 1


def test_what_the_provider_refuses_as_late_is_a_conflict_and_stays_lost() -> None:
    shop = Shop()
    shop.desk.refusal = Conflict("evidence_too_late", "over")

    with pytest.raises(Conflict):
        shop.submit()
    shop.record(a_callback(shop.payment, LOST))

    assert shop.payment.disputes[0].status is DisputeStatus.LOST


def test_after_the_deadline_nothing_is_sent() -> None:
    shop = Shop()
    shop.clock.time = later(600)

    with pytest.raises(Conflict) as error:
        shop.submit()

    assert error.value.code == "evidence_too_late"
    assert shop.desk.taken == []


def test_another_merchants_dispute_looks_like_none() -> None:
    shop = Shop()

    with pytest.raises(NotFound) as theirs:
        shop.submit(merchant_id="mer_other")
    with pytest.raises(NotFound) as none:
        shop._submit("dsp_none", MERCHANT, TEXT, FILES)

    assert (theirs.value.code, theirs.value.message) == (none.value.code, none.value.message)
    assert shop.payment.disputes[0].evidence is None
