"""A provider's book: what it writes down, it reads back."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from payflow.providers.simulated.book import FirstCall, ProviderBook
from payflow.providers.simulated.entry import (
    Aftermath,
    BookEntry,
    Kind,
    Standing,
    entry_from_document,
    entry_to_document,
)
from simulation.ports.book import InMemoryBookStore
from tests.support.builders import NOON

milliseconds = st.integers(0, 10**9).map(lambda ms: NOON + timedelta(milliseconds=ms))
entries = st.builds(
    BookEntry,
    provider=st.text(),
    key=st.text(),
    reference=st.text(),
    order_id=st.text(),
    instrument=st.text(),
    amount_minor=st.integers(1, 10**12),
    currency=st.sampled_from(["INR", "KWD"]),
    kind=st.sampled_from(Kind),
    standing=st.sampled_from(Standing),
    code=st.text(),
    booked_at=milliseconds,
    settles_at=milliseconds,
    visible_at=milliseconds,
    reply_after_ms=st.none() | st.integers(0, 10**6),
    action=st.none() | st.text(min_size=1),
    inquiries_lost=st.integers(0, 9),
    aftermath=st.sampled_from(Aftermath),
    original=st.none() | st.text(),
    final=st.booleans(),
)


@given(entries)
def test_an_entry_survives_being_stored(entry: BookEntry) -> None:
    assert entry_from_document(entry_to_document(entry)) == entry


@given(entries, entries)
def test_the_first_entry_under_a_key_stays(first: BookEntry, second: BookEntry) -> None:
    book = ProviderBook("mockCardA", InMemoryBookStore())
    keys = {"key": "pk_1"}
    document = {**entry_to_document(first), **keys}
    later = {**entry_to_document(second), **keys}

    book.enter(entry_from_document(document))

    assert book.enter(entry_from_document(later)) == entry_from_document(document)
    assert book.find("pk_1") == entry_from_document(document)


def test_books_of_two_providers_in_one_store_are_apart() -> None:
    store = InMemoryBookStore()
    ours, theirs = ProviderBook("mockCardA", store), ProviderBook("mockCardB", store)
    store.items["mockCardA#pk_1"] = {}

    assert theirs.find("pk_1") is None
    assert ours.first_call("pay_1", "pk_1") == FirstCall("mockCardA", "pk_1")
    assert theirs.first_call("pay_1", "pk_2") == FirstCall("mockCardA", "pk_1")
    assert theirs.first_call("pay_2", "pk_2") == FirstCall("mockCardB", "pk_2")
