"""Invariants 19 to 23, 31 and 33: what the API answered, judged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tools.doctor.findings import Problem

REPLAYED: Final = "idempotent-replayed"
RETRY_AFTER: Final = "retry-after"
REVOKED_WITHIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; header names are in lower case."""

    asked: str
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def document(self) -> dict[str, Any]:
        """The body's JSON object; empty if it is none."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}

    @property
    def code(self) -> str | None:
        """The error's code, if it is an error."""
        error = self.document.get("error")
        return error.get("code") if isinstance(error, dict) else None

    @property
    def error_without_id(self) -> dict[str, Any]:
        """The error but for the request's id, by which alone equal ones may differ."""
        error = self.document.get("error", {})
        return {name: value for name, value in error.items() if name != "request_id"}


def same_answer(first: Answer, again: Answer) -> Iterator[Problem]:
    """19: a repetition answers with the same status and bytes, and says that it is one."""
    if (first.status, first.body) != (again.status, again.body):
        text = f"answered {first.status} with {len(first.body)} bytes, then {again.status}"
        yield Problem(19, first.asked, f"{text} with {len(again.body)} others")
    if again.headers.get(REPLAYED) != "true":
        yield Problem(19, again.asked, "a replay does not say that it is one")
    if first.headers.get(REPLAYED) == "true":
        yield Problem(19, first.asked, "the first answer says that it is a replay")


def other_body_refused(
    answer: Answer, version_before: int, version_after: int
) -> Iterator[Problem]:
    """20: a used key with another body is a 422, and the payment is as it was."""
    yield from _expect(20, answer, 422, "idempotency_key_reused")
    if version_before != version_after:
        yield Problem(20, answer.asked, "the refused request changed the payment")


def executed_once(answers: Sequence[Answer]) -> Iterator[Problem]:
    """21: of simultaneous requests all name one object; one not done yet says when to come back."""
    done = [answer for answer in answers if answer.status < 300]
    ids = {answer.document.get("id") for answer in done}
    if len(ids) != 1:
        yield Problem(21, answers[0].asked, f"{len(answers)} requests at once made {len(ids)}")
    if sum(answer.headers.get(REPLAYED) != "true" for answer in done) > 1:
        yield Problem(21, answers[0].asked, "more than one answer claims to be the first")
    for answer in answers:
        if answer.status >= 300:
            yield from _expect(21, answer, 409, "idempotency_in_progress")
            if RETRY_AFTER not in answer.headers:
                yield Problem(21, answer.asked, "a 409 does not say when to come back")


def key_is_required(answer: Answer) -> Iterator[Problem]:
    """19: without a key nothing that changes money is done."""
    yield from _expect(19, answer, 400, "idempotency_key_required")


def key_not_consumed(rejected: Answer, accepted: Answer) -> Iterator[Problem]:
    """22: after a rejected request its key still works, as if it had never been used."""
    if not 400 <= rejected.status < 500:
        yield Problem(22, rejected.asked, f"should have been rejected, answered {rejected.status}")
    if accepted.status != 201 or accepted.headers.get(REPLAYED) == "true":
        text = f"with the key of a rejected request answered {accepted.status} {accepted.code}"
        yield Problem(22, accepted.asked, text)


def keys_kept_apart(first: Answer, second: Answer) -> Iterator[Problem]:
    """23: one key of two merchants, or on two paths, names two objects."""
    for answer in (first, second):
        if not 200 <= answer.status < 300 or answer.headers.get(REPLAYED) == "true":
            text = f"with a key that is new here answered {answer.status} {answer.code}"
            yield Problem(23, answer.asked, text)
    if first.asked == second.asked and first.document.get("id") == second.document.get("id"):
        yield Problem(23, first.asked, "one key of two merchants named the same object")


def looks_like_none(foreign: Answer, absent: Answer) -> Iterator[Problem]:
    """31: another's object answers exactly as one that does not exist."""
    if foreign.status != 404:
        yield Problem(31, foreign.asked, f"another merchant is answered {foreign.status}")
    elif (absent.status, absent.error_without_id) != (404, foreign.error_without_id):
        yield Problem(31, foreign.asked, "another's object answers otherwise than none")


def lists_own_only(answer: Answer, merchant_id: str) -> Iterator[Problem]:
    """31: a listing has nothing of others'."""
    if answer.status != 200:
        yield Problem(31, answer.asked, f"answered {answer.status} {answer.code}")
    others = {one.get("merchant_id") for one in answer.document.get("data", [])} - {merchant_id}
    if others:
        yield Problem(31, answer.asked, f"lists objects of {len(others)} other merchants")


def field_refused(answer: Answer, field: str) -> Iterator[Problem]:
    """33: a field that only the server may set is a 422."""
    if answer.status != 422:
        yield Problem(33, answer.asked, f"takes the field {field}: answered {answer.status}")


def operators_only(answer: Answer) -> Iterator[Problem]:
    """31: a merchant's key opens nothing of the operators'."""
    if answer.status not in (401, 403):
        yield Problem(31, answer.asked, f"a merchant is answered {answer.status}")


def revoked_in_time(worked_after_s: float) -> Iterator[Problem]:
    """33: a revoked key stops working within five seconds; given is when it last worked."""
    if worked_after_s > REVOKED_WITHIN_S:
        yield Problem(33, "a revoked key", f"still worked after {worked_after_s:.1f} s")


def _expect(invariant: int, answer: Answer, status: int, code: str) -> Iterator[Problem]:
    if (answer.status, answer.code) != (status, code):
        text = f"answered {answer.status} {answer.code}, not {status} {code}"
        yield Problem(invariant, answer.asked, text)
