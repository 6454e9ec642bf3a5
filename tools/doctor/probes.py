"""A few cheap requests to the API that leave no mess: test payments, authorised and voided."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from tools.api import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Json
from tools.doctor import answers
from tools.doctor.answers import Answer
from tools.doctor.findings import Findings, Problem
from tools.endpoints import Endpoints
from tools.errors import ToolError

DOCTOR: Final = "doctor"
PAYMENTS: Final = "/api/v1/payments"
MERCHANTS: Final = "/internal/merchants"
TEST_PAYMENT: Final[Json] = {
    "amount": 100,
    "currency": "INR",
    "method": {"type": "wallet", "wallet": {"wallet_id": "test_approved"}},
    "capture_method": "manual",
    "reference": "payflow doctor",
}
SERVER_FIELDS: Final[Json] = {
    "merchant_id": "mer_00000000000000000000000000",
    "status": "succeeded",
    "amount_captured": 100,
    "id": "pay_00000000000000000000000000",
}
ABSENT: Final = "0" * 26
SETTLED: Final = frozenset({"authorized", "succeeded", "failed", "canceled"})
WAIT_S: Final = 15
AT_ONCE: Final = 3
TRIES_MAX: Final = 3
TRY_PAUSE_S: Final = 2.0
POLL_S: Final = 0.25
SETTLES_WITHIN_S: Final = 30.0
REVOCATION_WATCHED_S: Final = 8.0
MERCHANT_PAGES_MAX: Final = 1_000


class Unanswered(ToolError):
    """The API has no time or is not well; says nothing about the invariant that was tried."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes requests with one key and keeps the answers as they came."""

    api_url: str
    key: str

    def ask(
        self, method: str, path: str, body: Json | None = None, *, once: str | None = None
    ) -> Answer:
        """The answer; `once` is the idempotency key. Raises `Unanswered` for 429, 5xx, silence."""
        headers = {"Authorization": f"Bearer {self.key}"}
        if once is not None:
            headers |= {"Idempotency-Key": once, "Prefer": f"wait={WAIT_S}"}
        asked = f"{method} {path}"
        try:
            answer = httpx.request(
                method,
                self.api_url.rstrip("/") + path,
                json=body,
                headers=headers,
                timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            )
        except httpx.TransportError as error:
            raise Unanswered(f"{asked}: {type(error).__name__}") from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Unanswered(f"{asked} answered {answer.status_code}")
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(asked, answer.status_code, answer.content, lower)

    def settled(self, payment_id: str) -> Json:
        """The payment once its status is final or waits for a capture."""
        deadline = time.monotonic() + SETTLES_WITHIN_S
        while True:
            payment = self.ask("GET", f"{PAYMENTS}/{payment_id}").document
            if payment["status"] in SETTLED or time.monotonic() > deadline:
                return payment
            time.sleep(POLL_S)


@dataclass(frozen=True, slots=True)
class Patient:
    """The merchant that the doctor tries things as, with a key of this run."""

    id: str
    key_id: str
    caller: Caller


@contextmanager
def patient(operator: Caller) -> Iterator[Patient]:
    """The doctor's merchant, made if there is none; its key is revoked afterwards."""
    merchant_id = _known_merchant(operator)
    if merchant_id is None:
        created = operator.ask("POST", MERCHANTS, {"name": DOCTOR})
        merchant_id = created.document["merchant"]["id"]
    issued = operator.ask("POST", f"{MERCHANTS}/{merchant_id}/keys", {}).document
    found = Patient(merchant_id, issued["id"], Caller(operator.api_url, issued["api_key"]))
    try:
        yield found
    finally:
        operator.ask("DELETE", f"{MERCHANTS}/{merchant_id}/keys/{found.key_id}")


def _known_merchant(operator: Caller) -> str | None:
    cursor = ""
    for _ in range(MERCHANT_PAGES_MAX):
        page = operator.ask("GET", f"{MERCHANTS}?limit=100{cursor}").document
        for merchant in page["data"]:
            if merchant["name"] == DOCTOR:
                return str(merchant["id"])
        if page["next_cursor"] is None:
            return None
        cursor = f"&cursor={page['next_cursor']}"
    return None


class Probes:
    """Tries the API; what is wrong goes into the findings."""

    def __init__(self, endpoints: Endpoints, findings: Findings) -> None:
        self._operator = Caller(endpoints.api_url, endpoints.operator_key)
        self._demo = Caller(endpoints.api_url, endpoints.demo_merchant.api_key)
        self._demo_id = endpoints.demo_merchant.id
        self._findings = findings

    def run(self) -> None:
        """Try everything, each part anew a few times while the API has no time."""
        with patient(self._operator) as mine:
            self._patiently((19, 20, 21, 22, 23), lambda: self._idempotency(mine.caller))
            self._patiently((31,), lambda: self._isolation(mine))
            self._patiently((33,), lambda: self._fields(mine.caller))
        self._patiently((33,), lambda: self._revocation(mine.caller))

    def _patiently(self, invariants: tuple[int, ...], probe: Callable[[], list[Problem]]) -> None:
        for trial in range(1, TRIES_MAX + 1):
            try:
                self._findings.add(probe())
                self._findings.examined(invariants, "probes")
                return
            except Unanswered as error:
                if trial == TRIES_MAX:
                    text = f"could not be tried: {error.message}"
                    self._findings.add(Problem(one, "the API", text) for one in invariants)
            time.sleep(TRY_PAUSE_S)

    def _idempotency(self, mine: Caller) -> list[Problem]:
        key, other_key = (f"doctor-{secrets.token_hex(12)}" for _ in range(2))
        problems = list(answers.key_is_required(mine.ask("POST", PAYMENTS, TEST_PAYMENT)))
        rejected = mine.ask("POST", PAYMENTS, TEST_PAYMENT | {"amount": 0}, once=key)
        first = mine.ask("POST", PAYMENTS, TEST_PAYMENT, once=key)
        problems += answers.key_not_consumed(rejected, first)
        before = mine.settled(first.document["id"])
        again = mine.ask("POST", PAYMENTS, TEST_PAYMENT, once=key)
        problems += answers.same_answer(first, again)
        other = mine.ask("POST", PAYMENTS, TEST_PAYMENT | {"amount": 101}, once=key)
        after = mine.settled(first.document["id"])
        problems += answers.other_body_refused(other, before["version"], after["version"])
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ask = (
                pool.submit(mine.ask, "POST", PAYMENTS, TEST_PAYMENT, once=other_key)
                for _ in range(AT_ONCE)
            )
            together = [asked.result() for asked in list(ask)]
        problems += answers.executed_once(together)
        others = self._demo.ask("POST", PAYMENTS, TEST_PAYMENT, once=key)
        problems += answers.keys_kept_apart(first, others)
        canceled = mine.ask("POST", f"{PAYMENTS}/{first.document['id']}/cancel", {}, once=key)
        problems += answers.keys_kept_apart(first, canceled)
        self._cancel(self._demo, others)
        for answer in together[:1]:
            self._cancel(mine, answer)
        return problems

    def _cancel(self, caller: Caller, created: Answer) -> None:
        payment_id = created.document.get("id")
        if payment_id is not None and caller.settled(payment_id)["status"] == "authorized":
            key = f"doctor-{secrets.token_hex(12)}"
            caller.ask("POST", f"{PAYMENTS}/{payment_id}/cancel", {}, once=key)

    def _isolation(self, mine: Patient) -> list[Problem]:
        created = self._demo.ask(
            "POST", PAYMENTS, TEST_PAYMENT, once=f"doctor-{secrets.token_hex(12)}"
        )
        payment_id = created.document["id"]
        problems: list[Problem] = []
        for method, template in _OBJECTS:
            foreign, absent = (
                mine.caller.ask(
                    method,
                    template.format(payment=payment, merchant=merchant),
                    {} if method == "POST" else None,
                    once=f"doctor-{secrets.token_hex(12)}" if method == "POST" else None,
                )
                for payment, merchant in (
                    (payment_id, self._demo_id),
                    (f"pay_{ABSENT}", f"mer_{ABSENT}"),
                )
            )
            problems += answers.looks_like_none(foreign, absent)
        listed = mine.caller.ask("GET", f"{PAYMENTS}?limit=100")
        problems += answers.lists_own_only(listed, mine.id)
        for path in (MERCHANTS, f"{MERCHANTS}/{self._demo_id}", "/internal/providers"):
            problems += answers.operators_only(mine.caller.ask("GET", path))
        self._cancel(self._demo, created)
        return problems

    def _fields(self, mine: Caller) -> list[Problem]:
        problems: list[Problem] = []
        for field, value in SERVER_FIELDS.items():
            key = f"doctor-{secrets.token_hex(12)}"
            answer = mine.ask("POST", PAYMENTS, TEST_PAYMENT | {field: value}, once=key)
            problems += answers.field_refused(answer, field)
        return problems

    def _revocation(self, mine: Caller) -> list[Problem]:
        """The key was revoked a moment ago: how long does it still work?"""
        started = time.monotonic()
        worked_after_s = 0.0
        while time.monotonic() - started < REVOCATION_WATCHED_S:
            asked_after_s = time.monotonic() - started
            if mine.ask("GET", f"{PAYMENTS}?limit=1").status == httpx.codes.UNAUTHORIZED:
                break
            worked_after_s = asked_after_s
            time.sleep(POLL_S)
        return list(answers.revoked_in_time(worked_after_s))


_OBJECTS: Final = (
    ("GET", PAYMENTS + "/{payment}"),
    ("GET", PAYMENTS + "/{payment}/timeline"),
    ("GET", PAYMENTS + "/{payment}/refunds"),
    ("POST", PAYMENTS + "/{payment}/capture"),
    ("POST", PAYMENTS + "/{payment}/cancel"),
    ("POST", PAYMENTS + "/{payment}/refund"),
    ("GET", "/api/v1/ledger/accounts/merchant_payable:{merchant}:INR"),
    ("GET", "/api/v1/ledger/accounts/merchant_payable:{merchant}:INR/entries"),
)
"""What belongs to somebody, and how it is asked for."""
