"""What the doctor makes of the API's answers."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from tools.doctor import answers
from tools.doctor.answers import Answer
from tools.doctor.findings import Problem

REPLAY = {"idempotent-replayed": "true"}


def answer(
    status: int = 201, headers: dict[str, str] | None = None, asked: str = "POST /p", **body: object
) -> Answer:
    return Answer(asked, status, json.dumps(body or {"id": "pay_1"}).encode(), headers or {})


def refused(status: int, code: str, request_id: str = "req_1", **headers: str) -> Answer:
    return answer(status, headers, error={"code": code, "request_id": request_id})


def told(problems: Iterable[Problem]) -> str:
    return "; ".join(f"{problem.invariant} {problem.text}" for problem in problems)


GOOD: list[Iterable[Problem]] = [
    answers.same_answer(answer(), answer(headers=REPLAY)),
    answers.key_is_required(refused(400, "idempotency_key_required")),
    answers.other_body_refused(refused(422, "idempotency_key_reused"), 2, 2),
    answers.executed_once([answer(), answer(headers=REPLAY)]),
    answers.executed_once(
        [answer(), refused(409, "idempotency_in_progress", **{"retry-after": "1"})]
    ),
    answers.key_not_consumed(refused(422, "amount_too_small"), answer()),
    answers.keys_kept_apart(answer(), answer(id="pay_2")),
    answers.keys_kept_apart(answer(), answer(200, asked="POST /p/pay_1/cancel")),
    answers.looks_like_none(refused(404, "none", "req_1"), refused(404, "none", "req_2")),
    answers.lists_own_only(answer(200, data=[{"merchant_id": "mer_1"}]), "mer_1"),
    answers.operators_only(refused(403, "operator_key_required")),
    answers.field_refused(refused(422, "unknown_field"), "status"),
    answers.revoked_in_time(2.1),
]
BAD: list[tuple[Iterable[Problem], str]] = [
    (answers.same_answer(answer(), answer(headers=REPLAY, id="pay_2")), "19 answered 201"),
    (answers.same_answer(answer(), answer(200, REPLAY)), "19 answered 201"),
    (answers.same_answer(answer(), answer()), "19 a replay does not say"),
    (answers.same_answer(answer(headers=REPLAY), answer(headers=REPLAY)), "19 the first answer"),
    (answers.key_is_required(answer()), "19 answered 201 None, not 400"),
    (answers.other_body_refused(answer(), 2, 2), "20 answered 201 None, not 422"),
    (
        answers.other_body_refused(refused(422, "idempotency_key_reused"), 2, 3),
        "20 the refused request changed",
    ),
    (answers.executed_once([answer(), answer(id="pay_2", headers=REPLAY)]), "21 2 requests"),
    (answers.executed_once([answer(), answer()]), "21 more than one answer claims"),
    (answers.executed_once([answer(), refused(409, "other")]), "21 answered 409 other"),
    (
        answers.executed_once([answer(), refused(409, "idempotency_in_progress")]),
        "21 a 409 does not say when",
    ),
    (answers.key_not_consumed(answer(), answer()), "22 should have been rejected"),
    (answers.key_not_consumed(refused(422, "bad"), answer(headers=REPLAY)), "22 with the key"),
    (
        answers.key_not_consumed(refused(422, "bad"), refused(422, "idempotency_key_reused")),
        "22 with the key of a rejected request answered 422",
    ),
    (answers.keys_kept_apart(answer(), answer()), "23 one key of two merchants"),
    (answers.keys_kept_apart(answer(), answer(headers=REPLAY)), "23 with a key that is new"),
    (answers.looks_like_none(answer(200), refused(404, "none")), "31 another merchant is answered"),
    (answers.looks_like_none(refused(404, "a"), refused(404, "b")), "31 another's object"),
    (answers.lists_own_only(answer(200, data=[{"merchant_id": "mer_2"}]), "mer_1"), "31 lists"),
    (answers.lists_own_only(refused(403, "no"), "mer_1"), "31 answered 403"),
    (answers.operators_only(answer(200)), "31 a merchant is answered 200"),
    (answers.field_refused(answer(), "status"), "33 takes the field status"),
    (answers.revoked_in_time(5.2), "33 still worked after 5.2 s"),
]


@pytest.mark.parametrize("problems", GOOD)
def test_answers_as_promised_are_no_problem(problems: Iterable[Problem]) -> None:
    assert told(problems) == ""


@pytest.mark.parametrize(("problems", "text"), BAD)
def test_other_answers_are_told(problems: Iterable[Problem], text: str) -> None:
    assert text in told(problems)


def test_a_body_that_is_no_object_has_no_document_and_no_code() -> None:
    odd = Answer("GET /", 200, b"[]", {})

    assert (odd.document, odd.code, Answer("GET /", 502, b"<html>", {}).document) == ({}, None, {})
