"""Sorted keys by partition, and of all partitions, from one bound down to another."""

from __future__ import annotations

from simulation.ports.sorted_keys import ALL, SortedKeys


def some_keys() -> SortedKeys:
    keys = SortedKeys()
    for item, partition in (("a", "p"), ("b", "q"), ("c", "p"), ("d", "p")):
        keys.put(item, partition, f"1#{item}")
    return keys


def test_a_partition_has_its_own_keys_and_all_together_has_them_all() -> None:
    keys = some_keys()

    assert list(keys.descending("p", "0", "~")) == ["1#d", "1#c", "1#a"]
    assert list(keys.descending(ALL, "0", "~")) == ["1#d", "1#c", "1#b", "1#a"]
    assert list(keys.descending("nobody", "0", "~")) == []


def test_both_bounds_are_inclusive() -> None:
    assert list(some_keys().descending("p", "1#a", "1#c")) == ["1#c", "1#a"]


def test_an_item_that_moves_leaves_its_old_key_and_one_that_goes_leaves_none() -> None:
    keys = some_keys()

    keys.put("a", "p", "2#a")
    keys.put("c", "p", None)

    assert list(keys.descending("p", "0", "~")) == ["2#a", "1#d"]


def test_what_changes_further_down_is_seen_by_a_reading_that_goes_on() -> None:
    keys = some_keys()
    reading = keys.descending("p", "0", "~")

    first = next(reading)
    keys.put("c", "p", None)
    keys.put("e", "p", "1#0")
    keys.put("f", "p", "2#f")

    assert [first, *reading] == ["1#d", "1#a", "1#0"]
