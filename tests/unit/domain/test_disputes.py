"""What a dispute does to its payment: bounds, bookings, and what is refused meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.dispute import (
    DISPUTE_TRANSITIONS,
    Dispute,
    DisputeStatus,
    Evidence,
    dispute_id,
)
from payflow.domain.disputes import (
    DISPUTES_MAX,
    dispute_closed,
    dispute_opened,
    evidence_delivered,
    evidence_recorded,
    is_captured_enough,
)
from payflow.domain.errors import Conflict, InvalidRequest
from payflow.domain.instruction import InstructionKind, payment_of
from payflow.domain.instructions import accepted, refundable_minor, settled
from payflow.domain.ledger import AccountKind, folded
from payflow.domain.method import WalletMethod
from payflow.domain.money import FeeTerms
from payflow.domain.outcomes import Category
from payflow.domain.payment import Failure, Payment, Status
from tests.support.builders import (
    NOON,
    a_captured,
    a_payment,
    a_quote,
    an_authorized,
    an_instruction,
    later,
)
from tests.support.disputes import a_notice

CAPTURE, REFUND = InstructionKind.CAPTURE, InstructionKind.REFUND
REFUSED = Failure("refused", Category.CONFIGURATION, "No.")


def disputed(payment: Payment, minor: int = 40_000, reference: str = "dp_1") -> Payment:
    return dispute_opened(payment, a_notice(minor, reference=reference), later(1))


def closed(payment: Payment, *, won: bool) -> Payment:
    return dispute_closed(payment, payment.disputes[-1], won=won, now=later(2))


def asked(payment: Payment, kind: InstructionKind, minor: int | None = None) -> Payment:
    number = len(payment.instructions) + 1
    return accepted(payment, an_instruction(kind, number, amount_minor=minor), NOON)


def done(payment: Payment, failure: Failure | None = None) -> Payment:
    return settled(payment, payment.pending()[0], failure, provider_fee=FeeTerms(), now=later(1))


def sums(payment: Payment) -> dict[AccountKind, int]:
    return {a.kind: b.amount for a, b in folded({}, payment.postings).items()}


def balances(payment: Payment) -> dict[str, int]:
    return {account.id: one.amount for account, one in folded({}, payment.postings).items()}


class TestOpening:
    def test_moves_the_amount_from_payable_into_reserve(self) -> None:
        payment = disputed(a_captured(amount_minor=100_000), 40_000)

        assert payment.disputes[0].status is DisputeStatus.NEEDS_RESPONSE
        assert sums(payment)[AccountKind.MERCHANT_PAYABLE] == 99_000 - 40_000
        assert sums(payment)[AccountKind.MERCHANT_RESERVE] == 40_000
        assert payment.status is Status.SUCCEEDED

    def test_names_its_payment_and_is_the_same_for_the_same_reference(self) -> None:
        payment = a_captured()

        first, again = (disputed(payment).disputes[0].id for _ in range(2))

        assert first == again == dispute_id(payment.id, "A", "dp_1")
        assert first.startswith("dsp_")
        assert payment_of(first) == payment.id
        assert dispute_id(payment.id, "B", "dp_1") != first

    def test_takes_no_more_than_is_neither_refunded_nor_being_refunded_nor_disputed(self) -> None:
        payment = done(asked(a_captured(amount_minor=100), REFUND, 20))
        payment = asked(payment, REFUND, 10)

        payment = disputed(disputed(payment, 50, "dp_1"), 60, "dp_2")

        first, second = payment.disputes
        assert (first.amount_minor, first.exceeds) == (50, False)
        assert (second.amount_minor, second.claimed_minor, second.exceeds) == (20, 60, True)

    def test_of_what_is_gone_already_is_recorded_and_books_nothing(self) -> None:
        refunded = done(asked(a_captured(amount_minor=100), REFUND))

        payment = disputed(refunded, 100)

        assert (payment.disputes[0].amount_minor, payment.disputes[0].exceeds) == (0, True)
        assert payment.postings == refunded.postings
        assert closed(payment, won=False).postings == refunded.postings

    def test_happens_once(self) -> None:
        with pytest.raises(Conflict) as error:
            disputed(disputed(a_captured()))

        assert error.value.code == "dispute_exists"

    def test_has_a_limit(self) -> None:
        payment = a_captured()
        for number in range(DISPUTES_MAX):
            payment = disputed(payment, 1, f"dp_{number}")

        with pytest.raises(Conflict) as error:
            disputed(payment, 1, "one_more")

        assert error.value.code == "too_many_disputes"


class TestTheOutcome:
    def test_won_gives_the_reserve_back(self) -> None:
        captured = a_captured(amount_minor=100_000)

        payment = closed(disputed(captured), won=True)

        assert payment.disputes[0].status is DisputeStatus.WON
        assert payment.disputes[0].closed_at == later(2)
        held = {**sums(captured), AccountKind.MERCHANT_RESERVE: 0}
        assert sums(payment) == held
        assert refundable_minor(payment) == 100_000

    def test_lost_takes_the_reserve_back_to_the_provider(self) -> None:
        captured = a_captured(amount_minor=100_000)

        payment = closed(disputed(captured, 40_000), won=False)

        after, before = sums(payment), sums(captured)
        receivable = AccountKind.PROVIDER_RECEIVABLE
        assert after[AccountKind.MERCHANT_RESERVE] == 0
        assert after[receivable] == before[receivable] - 40_000
        assert after[AccountKind.MERCHANT_PAYABLE] == before[AccountKind.MERCHANT_PAYABLE] - 40_000

    @pytest.mark.parametrize("won", [True, False])
    def test_is_final(self, won: bool) -> None:
        payment = closed(disputed(a_captured()), won=won)

        for again in (True, False):
            with pytest.raises(Conflict):
                closed(payment, won=again)

    def test_a_decided_dispute_stays_decided(self) -> None:
        over = {status for status, following in DISPUTE_TRANSITIONS.items() if not following}

        assert over == {DisputeStatus.WON, DisputeStatus.LOST}


class TestElsewhere:
    @pytest.mark.parametrize("won", [True, False])
    @given(minor=st.integers(1, 100_000))
    def test_in_another_currency_the_same_is_held_and_goes_back(
        self, won: bool, minor: int
    ) -> None:
        captured = a_captured(amount_minor=100_000, fx=a_quote("INR", "JPY"))
        before = balances(captured)

        held = disputed(captured, minor)
        after = balances(closed(held, won=won))

        reserve = f"merchant_reserve:{captured.merchant_id}:JPY"
        payable = f"merchant_payable:{captured.merchant_id}:JPY"
        in_reserve = balances(held)[reserve]
        assert in_reserve == a_quote("INR", "JPY").returned(minor)
        assert balances(held)[payable] == before[payable] - in_reserve
        assert after[reserve] == 0
        assert after[payable] == before[payable] - (0 if won else in_reserve)
        receivable = "provider_receivable:A:INR"
        assert after[receivable] == before[receivable] - (0 if won else minor)

    def test_of_a_payment_from_a_customers_wallet_gives_the_wallet_its_money_back(self) -> None:
        wallet_id = "wal_00000000000000000000000001"
        captured = a_captured(amount_minor=1_000, method=WalletMethod(wallet_id))

        payment = closed(disputed(captured, 400), won=False)

        wallet = f"customer_wallet:{wallet_id}:INR"
        assert balances(payment)[wallet] == balances(captured)[wallet] + 400


class TestRefunds:
    def test_are_refused_while_a_dispute_is_open(self) -> None:
        with pytest.raises(Conflict) as error:
            asked(disputed(a_captured(), 1), REFUND, 1)

        assert error.value.code == "payment_disputed"

    def test_never_reach_into_what_was_lost(self) -> None:
        payment = closed(disputed(a_captured(amount_minor=100), 60), won=False)

        assert done(asked(payment, REFUND)).amount_refunded == 40
        with pytest.raises(InvalidRequest) as error:
            asked(payment, REFUND, 41)
        assert error.value.code == "refund_exceeds_captured"

    def test_under_way_go_on(self) -> None:
        payment = disputed(asked(a_captured(amount_minor=100), REFUND, 30), 100)

        assert done(payment).amount_refunded == 30
        assert payment.disputes[0].amount_minor == 70


class TestEvidence:
    FOR = Evidence("We delivered.", later(2), ("receipt.pdf",))

    def given(self, payment: Payment, evidence: Evidence = FOR) -> Payment:
        at = evidence.submitted_at
        return evidence_recorded(payment, payment.disputes[-1], evidence, at)

    def delivered(self, payment: Payment) -> Payment:
        return evidence_delivered(payment, payment.disputes[-1], later(3))

    def test_is_under_review_once_the_provider_has_it(self) -> None:
        recorded = self.given(disputed(a_captured()))

        assert recorded.disputes[0].status is DisputeStatus.NEEDS_RESPONSE
        assert self.delivered(recorded).disputes[0].status is DisputeStatus.UNDER_REVIEW

    def test_repeated_changes_nothing_and_other_evidence_is_refused(self) -> None:
        recorded = self.given(disputed(a_captured()))

        assert self.given(recorded, replace(self.FOR, submitted_at=later(9))) == recorded
        for other in (replace(self.FOR, text="No."), replace(self.FOR, files=())):
            with pytest.raises(Conflict) as error:
                self.given(recorded, other)
            assert error.value.code == "evidence_submitted"

    def test_comes_too_late_at_the_deadline(self) -> None:
        payment = disputed(a_captured())

        with pytest.raises(Conflict) as error:
            self.given(payment, replace(self.FOR, submitted_at=later(600)))

        assert error.value.code == "evidence_too_late"

    @pytest.mark.parametrize("won", [True, False])
    def test_is_of_no_use_once_the_dispute_is_decided(self, won: bool) -> None:
        with pytest.raises(Conflict) as error:
            self.given(closed(disputed(a_captured()), won=won))

        assert error.value.code == "dispute_closed"

    def test_delivered_to_a_dispute_that_was_just_decided_leaves_the_decision(self) -> None:
        decided = closed(self.given(disputed(a_captured())), won=False)

        after = self.delivered(decided).disputes[0]

        assert after.status is DisputeStatus.LOST
        assert after.evidence is not None
        assert after.evidence.delivered_at == later(3)


class TestWhatIsNotKnownYet:
    def test_a_charge_without_its_answer_may_become_enough(self) -> None:
        assert not is_captured_enough(a_payment(status=Status.PROCESSING), 1)
        assert not is_captured_enough(asked(an_authorized(amount_minor=100), CAPTURE, 60), 1)

    def test_what_is_captured_or_will_never_be_is_known(self) -> None:
        part = done(asked(an_authorized(amount_minor=100), CAPTURE, 60))

        assert is_captured_enough(asked(part, CAPTURE, 40), 60)
        assert is_captured_enough(part, 100)
        assert is_captured_enough(a_payment(status=Status.FAILED), 100)


steps = st.lists(
    st.tuples(st.sampled_from(["capture", "refund", "fail", "dispute", "win", "lose"]),
              st.integers(1, 60)),
    max_size=25,
)  # fmt: skip


def after(payment: Payment, what: str, minor: int) -> Payment:
    """`payment` after one more step, or as it was where that is refused."""
    pending, open_ones = payment.pending(), [one for one in payment.disputes if one.is_open]
    try:
        if what in ("capture", "refund"):
            kind = CAPTURE if what == "capture" else REFUND
            accepted_one = asked(payment, kind, minor)
            return accepted_one if minor % 3 == 0 else done(accepted_one)
        if what == "fail" and pending:
            return done(payment, REFUSED)
        if what == "dispute":
            return disputed(payment, minor, f"dp_{len(payment.disputes)}")
        if what in ("win", "lose") and open_ones:
            return dispute_closed(payment, open_ones[0], won=what == "win", now=later(3))
    except (Conflict, InvalidRequest):
        pass
    return payment


@given(steps)
def test_what_goes_back_never_exceeds_what_was_captured_and_the_reserve_is_what_is_open(
    history: list[tuple[str, int]],
) -> None:
    payment = an_authorized(amount_minor=100)

    for what, minor in history:
        payment = after(payment, what, minor)

        lost = of(payment.disputes, DisputeStatus.LOST)
        gone = payment.amount_refunded + payment.pending_minor(REFUND) + lost
        assert gone + of(payment.disputes, DisputeStatus.NEEDS_RESPONSE) <= payment.amount_captured
        booked = sums(payment)
        reserve = booked.get(AccountKind.MERCHANT_RESERVE, 0)
        assert reserve == of(payment.disputes, DisputeStatus.NEEDS_RESPONSE)
        earned = payment.amount_captured - payment.fees.platform_minor
        kept = earned - payment.amount_refunded - lost
        assert booked.get(AccountKind.MERCHANT_PAYABLE, 0) + reserve == kept


def of(disputes: tuple[Dispute, ...], status: DisputeStatus) -> int:
    return sum(one.amount_minor for one in disputes if one.status is status)
