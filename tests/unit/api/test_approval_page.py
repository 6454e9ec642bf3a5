"""The hosted page: what it says in each state, and what it never does."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payflow.api.approval_page import approval_page, missing_page, parse_decision
from payflow.domain.approval import Approval, ApprovalView, CustomerDecision, Verdict
from payflow.domain.errors import PayFlowError
from payflow.domain.method import WalletMethod
from payflow.domain.money import Money
from payflow.domain.payment import Status
from tests.support.builders import NOON, a_payment, a_vpa

APPROVE, REJECT = CustomerDecision.APPROVE, CustomerDecision.REJECT
EXPIRES_AT = NOON + timedelta(seconds=272)
OPEN = Approval(EXPIRES_AT)
HOSTILE = "<script>alert('x')</script>&\""


def shown(approval: Approval = OPEN, **changes: Any) -> tuple[int, str]:
    view = ApprovalView(a_payment(), "Demo shop", approval, NOON)
    return approval_page(replace(view, **changes))


def decided(decision: CustomerDecision, verdict: Verdict | None) -> tuple[int, str]:
    return shown(Approval(NOON, decision, "page"), verdict=verdict)


def heading(page: str) -> str:
    found = re.search("<h1>(.*?)</h1>", page)
    assert found is not None
    return found[1]


def test_an_open_question_shows_who_asks_for_how_much_from_what_until_when() -> None:
    status, page = shown()

    assert status == 200
    for text in ("INR", "1,250.00", "Demo shop", "Mastercard •••• 5100", "4 min 32 s"):
        assert text in page
    assert re.findall('name="decision" value="(.*?)"', page) == ["reject", "approve"]
    assert '<meta http-equiv="refresh" content="273">' in page


@pytest.mark.parametrize(
    ("page", "status", "says"),
    [
        (decided(APPROVE, Verdict.TAKEN), 200, "Payment approved"),
        (decided(APPROVE, Verdict.REPEATED), 200, "Payment approved"),
        (decided(REJECT, Verdict.TAKEN), 200, "Payment rejected"),
        (decided(APPROVE, None), 409, "Approved already"),
        (decided(APPROVE, Verdict.DECIDED), 409, "Approved already"),
        (decided(REJECT, Verdict.DECIDED), 409, "Rejected already"),
        (shown(now=EXPIRES_AT), 410, "Time is up"),
        (shown(payment=a_payment(status=Status.CANCELED)), 410, "No longer asked for"),
        (missing_page(), 404, "This link is not valid"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_whatever_is_no_question_any_more_says_so_and_has_no_form(
    page: tuple[int, str], status: int, says: str
) -> None:
    assert (page[0], heading(page[1])) == (status, says)
    assert "<form" not in page[1]
    assert "http-equiv" not in page[1]


def test_whatever_a_merchant_wrote_is_text() -> None:
    payment = a_payment(description=HOSTILE, reference=HOSTILE)
    for approval in (OPEN, Approval(NOON, APPROVE, "page")):
        _, page = shown(approval, payment=payment, merchant_name=HOSTILE)

        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_it_has_no_script_and_loads_nothing() -> None:
    for _, page in (shown(), decided(APPROVE, None), missing_page()):
        assert not re.search(r"<(script|link|img|iframe)|https?://|url\(|onclick", page)


@pytest.mark.parametrize(
    ("method", "text"),
    [(a_vpa(), "asha@okbank"), (WalletMethod("wal_1"), "wal_1")],
)
def test_every_method_is_named(method: Any, text: str) -> None:
    assert text in shown(payment=a_payment(method=method))[1]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(1, "INR"), "0.01"),
        (Money(123_456_789_012, "JPY"), "123,456,789,012"),
        (Money(1_000_001, "KWD"), "1,000.001"),
    ],
)
def test_amounts_have_their_currencys_digits(amount: Money, text: str) -> None:
    page = shown(payment=replace(a_payment(), amount=amount))[1]

    assert f"</small> {text}</p>" in page


@pytest.mark.parametrize("left_s", [1, 59, 60, 61])
def test_the_time_left_is_rounded_up(left_s: int) -> None:
    now = EXPIRES_AT - timedelta(seconds=left_s) + timedelta(milliseconds=1)

    page = shown(now=now)[1]

    assert f"animation-duration:{left_s}s" in page


@pytest.mark.parametrize("decision", CustomerDecision)
def test_the_pressed_button_is_understood(decision: CustomerDecision) -> None:
    assert parse_decision(f"decision={decision}".encode()) is decision
    assert parse_decision(f"other=1&decision={decision}".encode()) is decision


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b"decision",
        b"decision=APPROVE",
        b"decision=approve&decision=approve",
        b"\xff",
        b"a=1&b=2&c=3&d=4&decision=approve",
        b"decision=approve&" + b"x" * 2_000,
    ],
    ids=lambda body: str(body)[:30],
)
def test_anything_else_is_refused(body: bytes | None) -> None:
    with pytest.raises(PayFlowError):
        parse_decision(body)
