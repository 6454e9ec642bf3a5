"""The checker enforces what the published schemas say: the reference validator is the judge."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payflow.api.json_schema import REFERENCE_PREFIX, Checker, json_path, unknown_keywords
from payflow.api.schemas import CHECKER, REQUEST_SCHEMAS
from payflow.domain.errors import InvalidRequest
from tests.unit.api.test_requests import CARD, FULL

BODIES: dict[str, dict[str, Any]] = {
    "CreatePayment": FULL,
    "CreateToken": {"card": CARD},
    "CreateMerchant": {"name": "A", "settlement_currency": "INR", "fees": {"bps": 1}},
    "UpdateMerchant": {"name": "A", "fees": {"fixed_minor": 1}},
    "CreateKey": {"kind": "secret"},
}

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**13),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer()),
    st.text(max_size=8),
    st.sampled_from(["card", "upi", "INR", "automatic", "a" * 300, "success_rate"]),
    st.just([]),
    st.just({}),
    st.just(["x", "x"]),
    st.just({"type": "upi", "upi": {"vpa": "ab@upi"}}),
    st.just({"type": "wallet", "wallet": {"wallet_id": "test_approved"}}),
)


def accepts(name: str, document: Any) -> bool:
    try:
        CHECKER.check(name, document)
    except InvalidRequest:
        return False
    return True


def reference_accepts(name: str, document: Any) -> bool:
    schema = {
        "$ref": f"{REFERENCE_PREFIX}{name}",
        "components": {"schemas": REQUEST_SCHEMAS},
    }
    return bool(jsonschema.Draft202012Validator(schema).is_valid(document))


def places(document: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, the whole of it first."""
    found = [at]
    members = document.items() if isinstance(document, dict) else ()
    for name, value in members:
        found += places(value, (*at, name))
    return found


def replaced(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    changed = copy.deepcopy(document)
    target = changed
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return changed


@st.composite
def mutated_bodies(draw: st.DrawFn) -> tuple[str, Any]:
    name = draw(st.sampled_from(sorted(BODIES)))
    body: Any = BODIES[name]
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from(places(body)))
        if isinstance(body, dict) and draw(st.booleans()):
            place = (*place[:-1], draw(st.text(min_size=1, max_size=5)))
        body = replaced(body, place, draw(LEAVES))
    return name, body


@given(mutated_bodies())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_checker_accepts_exactly_what_the_reference_validator_accepts(
    case: tuple[str, Any],
) -> None:
    name, body = case

    assert accepts(name, body) == reference_accepts(name, body)


@pytest.mark.parametrize("name", sorted(REQUEST_SCHEMAS))
def test_every_request_schema_is_valid_and_fully_enforced(name: str) -> None:
    schema = REQUEST_SCHEMAS[name]

    jsonschema.Draft202012Validator.check_schema(schema)
    assert unknown_keywords(schema) == set()


def test_a_keyword_that_would_not_be_enforced_is_found_at_any_depth() -> None:
    schema = {"type": "object", "properties": {"a": {"items": {"multipleOf": 5}}}}

    assert unknown_keywords(schema) == {"multipleOf"}


def test_an_integer_with_a_fraction_of_zero_is_refused_although_json_schema_takes_it() -> None:
    checker = Checker({"N": {"type": "integer"}})

    with pytest.raises(InvalidRequest):
        checker.check("N", 1.0)


def test_every_pattern_is_anchored_so_that_all_validators_read_it_alike() -> None:
    patterns: list[str] = []

    def collect(schema: Any) -> None:
        if isinstance(schema, dict):
            patterns.extend(v for k, v in schema.items() if k == "pattern" and isinstance(v, str))
            for value in schema.values():
                collect(value)

    collect(REQUEST_SCHEMAS)

    assert patterns
    assert all(pattern[0] == "^" and pattern[-1] == "$" for pattern in patterns)


def test_places_are_named_as_json_paths() -> None:
    assert json_path(("routing", "providers", 0)) == "routing.providers[0]"
    assert json_path(()) == ""
