"""Equal documents have equal canonical text, and different ones do not."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from payflow.api.canonical import canonical_json

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_it_reads_back_as_the_same_document(document: Any) -> None:
    assert json.loads(canonical_json(document)) == document


def test_order_of_keys_white_space_and_escapes_make_no_difference() -> None:
    one = json.loads('{"b": [1, 2],\n "a": {"y": "\\u00e9", "x": null}}')
    other = json.loads('{"a":{"x":null,"y":"é"},"b":[1,2]}')

    assert (
        canonical_json(one)
        == canonical_json(other)
        == '{"a":{"x":null,"y":"é"},"b":[1,2]}'.encode()
    )


def test_a_number_has_one_form() -> None:
    assert canonical_json(json.loads("[1e2, 100.0, 100]")) == b"[100,100,100]"


def test_order_in_lists_and_types_do_make_a_difference() -> None:
    assert len({canonical_json(x) for x in ([1, 2], [2, 1], ["1", 2], [True, 2])}) == 4
