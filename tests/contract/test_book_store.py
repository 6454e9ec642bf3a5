"""The store of the simulated providers' books keeps its promises, in memory and in DynamoDB."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from payflow.domain.errors import VersionConflict
from payflow.providers.simulated.store import BookStore, Document

ORIGINAL = "mockCardA#pk_1"
LATER = "mockCardA#pk_2"


def an_entry(reference: str = "crd_1") -> Document:
    """Something to store."""
    return {"reference": reference, "amount": 10**12, "action": ""}


def test_a_new_item_is_stored_as_it_is(store: BookStore) -> None:
    assert store.put_new("mockCardA#pk_1", an_entry()) is None
    assert store.get("mockCardA#pk_1") == an_entry()


def test_a_taken_id_keeps_its_item_and_tells_it(store: BookStore) -> None:
    store.put_new("mockCardA#pk_1", an_entry("first"))

    existing = store.put_new("mockCardA#pk_1", an_entry("second"))

    assert existing == an_entry("first")
    assert store.get("mockCardA#pk_1") == an_entry("first")


def test_an_unknown_id_has_no_item(store: BookStore) -> None:
    assert store.get("mockCardA#pk_1") is None


def test_a_counter_starts_at_1_and_leaves_the_rest_alone(store: BookStore) -> None:
    store.put_new("mockCardA#pk_1", an_entry())

    counts = [store.count("mockCardA#pk_1", "inquiries") for _ in range(3)]

    assert counts == [1, 2, 3]
    assert store.get("mockCardA#pk_1") == {**an_entry(), "inquiries": 3}


def test_nothing_is_counted_that_does_not_exist(store: BookStore) -> None:
    with pytest.raises((KeyError, ClientError)):
        store.count("mockCardA#pk_1", "inquiries")

    assert store.get("mockCardA#pk_1") is None


def change(
    store: BookStore, captured: int, *, item_id: str = LATER, revision: int = 0
) -> Document | None:
    """Store one more entry and set a sum of the original, as of its `revision`."""
    return store.put_new_and_change(
        item_id,
        an_entry("later"),
        changed_id=ORIGINAL,
        revision=revision,
        fields={"captured": captured, "returning": "[]"},
    )


def test_a_new_item_and_a_change_of_another_are_one_write(store: BookStore) -> None:
    store.put_new(ORIGINAL, an_entry())

    assert change(store, 500) is None

    assert store.get(LATER) == an_entry("later")
    assert store.get(ORIGINAL) == {
        **an_entry(),
        "captured": 500,
        "returning": "[]",
        "revision": 1,
    }


def test_each_change_is_on_top_of_the_last(store: BookStore) -> None:
    store.put_new(ORIGINAL, an_entry())

    for revision in range(3):
        change(store, revision, item_id=f"later_{revision}", revision=revision)

    original = store.get(ORIGINAL)
    assert original is not None
    assert (original["captured"], original["revision"]) == (2, 3)


@pytest.mark.parametrize("stale", [0, 1, 3])
def test_a_change_of_what_has_changed_meanwhile_writes_nothing(
    store: BookStore, stale: int
) -> None:
    store.put_new(ORIGINAL, an_entry())
    change(store, 1, item_id="later_1", revision=0)
    change(store, 2, item_id="later_2", revision=1)
    before = store.get(ORIGINAL)

    with pytest.raises(VersionConflict):
        change(store, 3, revision=stale)

    assert store.get(ORIGINAL) == before
    assert store.get(LATER) is None


def test_a_change_of_what_does_not_exist_writes_nothing(store: BookStore) -> None:
    with pytest.raises(VersionConflict):
        change(store, 1)

    assert store.get(ORIGINAL) is None
    assert store.get(LATER) is None


@pytest.mark.parametrize("revision", [0, 1])
def test_a_taken_id_is_told_and_changes_nothing_whatever_the_revision(
    store: BookStore, revision: int
) -> None:
    store.put_new(ORIGINAL, an_entry())
    change(store, 500)
    before = store.get(ORIGINAL)

    assert change(store, 900, revision=revision) == an_entry("later")

    assert store.get(ORIGINAL) == before


def test_counting_is_no_change(store: BookStore) -> None:
    store.put_new(ORIGINAL, an_entry())
    store.count(ORIGINAL, "inquiries")

    assert change(store, 500) is None

    original = store.get(ORIGINAL)
    assert original is not None
    assert (original["inquiries"], original["captured"]) == (1, 500)


def test_a_change_alone_sets_its_fields_and_counts(store: BookStore) -> None:
    store.put_new(ORIGINAL, an_entry())

    store.change(ORIGINAL, revision=0, fields={"decision": "approve", "reference": "crd_2"})

    assert store.get(ORIGINAL) == {
        **an_entry("crd_2"),
        "decision": "approve",
        "revision": 1,
    }


@pytest.mark.parametrize("stale", [0, 2])
def test_a_change_of_what_somebody_else_has_changed_writes_nothing(
    store: BookStore, stale: int
) -> None:
    store.put_new(ORIGINAL, an_entry())
    store.change(ORIGINAL, revision=0, fields={"decision": "reject"})
    before = store.get(ORIGINAL)

    with pytest.raises(VersionConflict):
        store.change(ORIGINAL, revision=stale, fields={"decision": "approve"})

    assert store.get(ORIGINAL) == before


def test_nothing_is_changed_that_does_not_exist(store: BookStore) -> None:
    with pytest.raises(VersionConflict):
        store.change(ORIGINAL, revision=0, fields={"decision": "approve"})

    assert store.get(ORIGINAL) is None
