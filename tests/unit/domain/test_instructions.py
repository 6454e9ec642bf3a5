"""What a payment takes after its authorisation, and that money stays within its bounds (14-16)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.booking import held_minor
from payflow.domain.errors import Conflict, InvalidRequest
from payflow.domain.instruction import (
    InstructionKind,
    InstructionStatus,
    instruction_id,
    payment_of,
)
from payflow.domain.instructions import (
    INSTRUCTIONS_MAX,
    accepted,
    capturable_minor,
    refundable_minor,
    settled,
)
from payflow.domain.ledger import AccountKind, JournalTransaction, Phase, folded
from payflow.domain.money import FeeTerms
from payflow.domain.outcomes import Category
from payflow.domain.payment import Failure, Payment, Status
from tests.support.builders import (
    NOON,
    a_captured,
    a_payment,
    an_authorized,
    an_instruction,
    later,
)

CAPTURE, VOID, REFUND = InstructionKind.CAPTURE, InstructionKind.VOID, InstructionKind.REFUND
NO_FEE = FeeTerms()
REFUSED = Failure("refused", Category.CONFIGURATION, "No.")


def asked(
    payment: Payment, kind: InstructionKind, minor: int | None = None, **more: bool
) -> Payment:
    number = len(payment.instructions) + 1
    return accepted(payment, an_instruction(kind, number, amount_minor=minor, **more), NOON)


def done(payment: Payment, failure: Failure | None = None, fee: FeeTerms = NO_FEE) -> Payment:
    """The first pending instruction settled."""
    return settled(payment, payment.pending()[0], failure, provider_fee=fee, now=later(1))


def posted(payment: Payment) -> list[JournalTransaction]:
    return [one for one in payment.postings if one.phase is Phase.POSTED]


class TestCapture:
    def test_without_an_amount_takes_all_that_is_left(self) -> None:
        payment = done(asked(asked(an_authorized(amount_minor=100), CAPTURE, 30), CAPTURE))

        assert [one.amount_minor for one in payment.instructions] == [30, 70]

    def test_parts_add_up_and_the_last_one_finishes_the_payment(self) -> None:
        first = done(asked(an_authorized(amount_minor=100), CAPTURE, 40))
        last = done(asked(first, CAPTURE, 60))

        assert (first.status, first.amount_captured) == (Status.AUTHORIZED, 40)
        assert (last.status, last.amount_captured) == (Status.SUCCEEDED, 100)
        assert [(one.operation, one.phase) for one in last.postings] == [
            ("authorize", Phase.PENDING),
            ("release", Phase.RELEASED),
            ("capture", Phase.POSTED),
            ("release", Phase.RELEASED),
            ("capture", Phase.POSTED),
        ]
        assert len({one.id for one in last.postings}) == 5

    def test_a_final_part_releases_the_rest(self) -> None:
        payment = done(asked(an_authorized(amount_minor=100), CAPTURE, 40, final=True))

        assert payment.status is Status.SUCCEEDED
        assert (payment.amount_captured, capturable_minor(payment)) == (40, 0)
        assert held_minor(payment) == 0

    def test_each_part_bears_its_own_fees(self) -> None:
        terms = FeeTerms(bps=200, fixed_minor=3)
        payment = an_authorized(amount_minor=10_000, platform_fee=FeeTerms(bps=100, fixed_minor=5))

        payment = done(asked(payment, CAPTURE, 4_000), fee=terms)
        payment = done(asked(payment, CAPTURE, 6_000), fee=terms)

        assert payment.fees.provider_minor == (80 + 3) + (120 + 3)
        assert payment.fees.platform_minor == (40 + 5) + (60 + 5)

    def test_more_than_is_left_is_refused_and_pending_parts_count(self) -> None:
        payment = asked(an_authorized(amount_minor=100), CAPTURE, 60)

        with pytest.raises(InvalidRequest) as error:
            asked(payment, CAPTURE, 41)

        assert (error.value.code, error.value.param) == ("capture_exceeds_authorized", "amount")

    def test_a_final_part_under_way_leaves_nothing_for_others(self) -> None:
        payment = asked(an_authorized(amount_minor=100), CAPTURE, 40, final=True)

        with pytest.raises(InvalidRequest, match="0 minor units"):
            asked(payment, CAPTURE, 1)

    def test_a_failed_part_gives_its_reservation_back(self) -> None:
        payment = done(asked(an_authorized(amount_minor=100), CAPTURE, 60), REFUSED)

        assert (payment.status, capturable_minor(payment)) == (Status.AUTHORIZED, 100)
        assert held_minor(payment) == 100
        assert posted(payment) == []
        assert payment.instructions[0].failure == REFUSED

    @pytest.mark.parametrize("status", sorted(set(Status) - {Status.AUTHORIZED}))
    def test_only_an_authorised_payment_can_be_captured(self, status: Status) -> None:
        with pytest.raises(Conflict, match="The payment is") as error:
            asked(a_payment(status=status), CAPTURE, 1)

        assert error.value.code == "payment_not_capturable"


class TestCancel:
    def test_an_authorised_payment_is_canceled_and_nothing_is_posted(self) -> None:
        payment = done(asked(an_authorized(), VOID))

        assert payment.status is Status.CANCELED
        assert posted(payment) == []
        assert held_minor(payment) == 0

    def test_a_failed_cancellation_leaves_the_payment_as_it_was(self) -> None:
        payment = done(asked(an_authorized(), VOID), REFUSED)

        assert payment.status is Status.AUTHORIZED
        assert capturable_minor(payment) == 100_000

    @pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELED])
    def test_what_is_over_cannot_be_canceled(self, status: Status) -> None:
        with pytest.raises(Conflict) as error:
            asked(a_payment(status=status), VOID)

        assert error.value.code == "payment_not_cancelable"

    def test_what_is_captured_or_being_captured_cannot_be_canceled(self) -> None:
        under_way = asked(an_authorized(amount_minor=100), CAPTURE, 40)

        for payment in (under_way, done(under_way)):
            with pytest.raises(Conflict):
                asked(payment, VOID)

    def test_what_is_being_canceled_can_be_neither_captured_nor_canceled_again(self) -> None:
        payment = asked(an_authorized(), VOID)

        for kind in (CAPTURE, VOID):
            with pytest.raises(Conflict):
                asked(payment, kind)


class TestRefund:
    def test_the_principal_goes_back_and_the_fees_are_kept(self) -> None:
        payment = a_captured(amount_minor=10_000)

        refunded = done(asked(payment, REFUND, 4_000))

        assert (refunded.status, refunded.amount_refunded) == (Status.SUCCEEDED, 4_000)
        assert refunded.fees == payment.fees
        balances = {a.kind: b.amount for a, b in folded({}, refunded.postings).items()}
        assert balances[AccountKind.MERCHANT_PAYABLE] == 10_000 - 100 - 4_000
        assert balances[AccountKind.PROVIDER_RECEIVABLE] == 10_000 - 200 - 4_000

    def test_what_was_captured_of_a_payment_can_be_refunded_before_the_rest_is(self) -> None:
        payment = done(asked(an_authorized(amount_minor=100), CAPTURE, 40))

        assert done(asked(payment, REFUND)).amount_refunded == 40

    def test_more_than_was_captured_is_refused(self) -> None:
        with pytest.raises(InvalidRequest) as error:
            asked(a_captured(amount_minor=100), REFUND, 101)

        assert error.value.code == "refund_exceeds_captured"

    @pytest.mark.parametrize("payment", [an_authorized(), a_payment(status=Status.FAILED)])
    def test_where_nothing_was_captured_there_is_nothing_to_refund(self, payment: Payment) -> None:
        with pytest.raises(Conflict) as error:
            asked(payment, REFUND)

        assert error.value.code == "payment_not_refundable"

    def test_a_failed_refund_gives_its_reservation_back_exactly_once(self) -> None:
        payment = done(asked(a_captured(amount_minor=100), REFUND, 100), REFUSED)

        with pytest.raises(Conflict, match="settled before"):
            settled(payment, 1, REFUSED, provider_fee=NO_FEE, now=NOON)
        assert refundable_minor(payment) == 100

    @given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=30))
    def test_refunds_never_exceed_the_capture_whatever_succeeds(
        self, wishes: list[tuple[int, bool]]
    ) -> None:
        payment = a_captured(amount_minor=100)
        for minor, succeeds in wishes:
            try:
                payment = asked(payment, REFUND, minor)
            except InvalidRequest:
                assert minor > refundable_minor(payment)
            if payment.pending() and succeeds:
                payment = done(payment, None if minor % 2 else REFUSED)

            pending = payment.pending_minor(REFUND)
            assert payment.amount_refunded + pending <= payment.amount_captured
            assert refundable_minor(payment) >= 0


def test_a_settled_instruction_says_when_and_how() -> None:
    instruction = done(asked(a_captured(), REFUND)).instructions[0]

    assert (instruction.status, instruction.settled_at) == (InstructionStatus.SUCCEEDED, later(1))


def test_the_number_of_instructions_is_bounded() -> None:
    payment = a_captured()
    one = asked(payment, REFUND, 1).instructions[0]

    with pytest.raises(Conflict) as error:
        asked(replace(payment, instructions=(one,) * INSTRUCTIONS_MAX), REFUND, 1)

    assert error.value.code == "too_many_operations"


@given(st.text("0123456789abcdef", min_size=1, max_size=26), st.text(), st.text(), st.text())
def test_an_instructions_id_names_its_payment_and_follows_from_the_request(
    characters: str, merchant: str, path: str, key: str
) -> None:
    made = instruction_id(REFUND, f"pay_{characters}", merchant, path, key)

    assert payment_of(made) == f"pay_{characters}"
    assert made == instruction_id(REFUND, f"pay_{characters}", merchant, path, key)
    assert made != instruction_id(REFUND, f"pay_{characters}", merchant, path, key + "x")
