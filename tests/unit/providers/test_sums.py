"""An acquirer's limits hold for whatever is asked in whatever order, by sums alone."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.provider import ALL_CAPABILITIES
from payflow.providers.simulated.entry import BookEntry, Kind, Standing
from payflow.providers.simulated.requests import OperationRequest
from payflow.providers.simulated.store import Document
from payflow.providers.simulated.sums import (
    Authorization,
    Refusal,
    Returning,
    Sums,
    sums_after,
    sums_from_document,
    sums_to_fields,
)
from tests.support.builders import NOON, later

AUTHORISED = 100

amounts = st.integers(1, AUTHORISED + 1)
requests = st.builds(
    OperationRequest,
    kind=st.sampled_from([Kind.CAPTURE, Kind.VOID, Kind.REFUND]),
    key=st.just("pk_2"),
    original=st.just("pk_1"),
    order_id=st.just("pay_1"),
    amount_minor=amounts,
    currency=st.just("INR"),
    final=st.booleans(),
)
capabilities = st.frozensets(st.sampled_from(sorted(ALL_CAPABILITIES)))
moments = st.integers(0, 20).map(later)


def an_authorisation(kind: Kind) -> BookEntry:
    """An approval of 1 rupee at noon."""
    return BookEntry(
        provider="mockCardA",
        key="pk_1",
        reference="crd_1",
        order_id="pay_1",
        instrument="510510******5100",
        amount_minor=AUTHORISED,
        currency="INR",
        kind=kind,
        standing=Standing.APPROVED,
        code="00",
        booked_at=NOON,
        settles_at=NOON,
        visible_at=NOON,
        reply_after_ms=0,
    )


@given(
    st.sampled_from([Kind.SALE, Kind.AUTHORIZATION]),
    st.lists(st.tuples(requests, st.booleans())),
    capabilities,
)
def test_no_order_of_operations_exceeds_a_limit(
    kind: Kind, asked: list[tuple[OperationRequest, bool]], offered: frozenset[str]
) -> None:
    held = Authorization(an_authorisation(kind), Sums())
    captured, stands, voided = (AUTHORISED if kind is Kind.SALE else 0), 0, 0
    under_way: list[tuple[int, int]] = []

    for second, (request, comes_back) in enumerate(asked):
        sums = sums_after(request, held, offered, later(second))
        under_way = [(amount, due) for amount, due in under_way if due > second]
        if isinstance(sums, Refusal):
            continue
        if request.kind is Kind.CAPTURE:
            captured += request.amount_minor
        elif request.kind is Kind.VOID:
            voided += request.amount_minor
        elif comes_back:
            under_way.append((request.amount_minor, second + 3))
            sums = sums.expecting(Returning(request.amount_minor, later(second + 3)))
        else:
            stands += request.amount_minor
        held = Authorization(held.entry, sums)

        assert captured + voided <= AUTHORISED
        assert stands + sum(amount for amount, _ in under_way) <= captured
        assert sums.refunded_minor == stands + sum(amount for amount, _ in under_way)
        assert held.captured_minor == captured


@given(
    st.builds(
        Sums,
        captured_minor=st.integers(0, 10**12),
        refunded_minor=st.integers(0, 10**12),
        released=st.booleans(),
        returning=st.lists(st.builds(Returning, amounts, moments)).map(tuple),
        revision=st.integers(1, 99),
    )
)
def test_sums_survive_being_stored(sums: Sums) -> None:
    document: Document = {**sums_to_fields(sums), "revision": sums.revision}

    assert sums_from_document(document) == sums


def test_an_authorisation_that_nothing_was_done_with_has_no_sums() -> None:
    assert sums_from_document({}) == Sums()


def test_a_refund_comes_back_at_its_time_and_not_before() -> None:
    due = later(3)
    sums = Sums(captured_minor=100, refunded_minor=60).expecting(Returning(40, due))

    assert sums.at(due - timedelta(milliseconds=1)).refunded_minor == 60
    assert sums.at(due) == Sums(captured_minor=100, refunded_minor=20)
