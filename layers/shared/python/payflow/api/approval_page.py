"""The page where a customer approves or rejects a payment: a plain form, nothing loaded, no script.

It stands in for a bank's challenge page or a payer's app, so it says what a bank would: who asks
for how much, from which card or account, and until when.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from html import escape
from typing import Final, assert_never
from urllib.parse import parse_qs

from payflow.domain.approval import ApprovalView, CustomerDecision, Verdict
from payflow.domain.errors import InvalidRequest, MalformedRequest
from payflow.domain.method import CardMethod, Method, UpiMethod
from payflow.domain.money import Money, major_units

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""The page's Content-Security-Policy: a style sheet of its own, its own form, and no frame."""

FORM_BYTES_MAX: Final = 1_024
_FIELDS_MAX: Final = 4
_MINUTE_S: Final = 60


class _State(StrEnum):
    """What the page has to say."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPROVED_BEFORE = "approved_before"
    REJECTED_BEFORE = "rejected_before"
    EXPIRED = "expired"
    CLOSED = "closed"


_STATUS: Final[dict[_State, int]] = {
    _State.OPEN: 200,
    _State.APPROVED: 200,
    _State.REJECTED: 200,
    _State.APPROVED_BEFORE: 409,
    _State.REJECTED_BEFORE: 409,
    _State.EXPIRED: 410,
    _State.CLOSED: 410,
}

_TOLD: Final[dict[_State, tuple[str, str, str]]] = {
    _State.APPROVED: ("good", "Payment approved", "{merchant} is being told. You can go back now."),
    _State.REJECTED: ("bad", "Payment rejected", "{merchant} is being told. You can go back now."),
    _State.APPROVED_BEFORE: (
        "good",
        "Approved already",
        "This payment was approved before. There is nothing more to do.",
    ),
    _State.REJECTED_BEFORE: (
        "bad",
        "Rejected already",
        "This payment was rejected before. Start again at {merchant} to pay.",
    ),
    _State.EXPIRED: (
        "dim",
        "Time is up",
        "The request was not answered in time. Start again at {merchant} to pay.",
    ),
    _State.CLOSED: (
        "dim",
        "No longer asked for",
        "{merchant} does not wait for this payment any more. Nothing was charged.",
    ),
}
"""Tone, heading and text of what is not a question (any more)."""

_MARKS: Final = {"good": "✓", "bad": "✕", "dim": "–"}

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #17202a; --dim: #5c6773; --line: #d9dee3; --page: #eef1f4;
  --paper: #fff; --accent: #0b6bcb; --on-accent: #fff; --good: #1a7f4b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --dim: #9aa5b1; --line: #2f3842;
  --page: #0b0f13; --paper: #151b21; --accent: #6cb2ff; --on-accent: #08131f; --good: #5fd39a;
  --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; display: grid; align-content: center;
  justify-content: center; grid-template-columns: minmax(0, 26rem); padding: 1rem; }
main { background: var(--paper); border: 1px solid var(--line); border-radius: 14px;
  overflow: hidden; }
.inside { padding: 1.75rem; }
h1 { font-size: 1.05rem; font-weight: 600; margin: 0; }
.amount { font-size: 2.25rem; font-weight: 650; letter-spacing: -.02em; line-height: 1.2;
  margin: .35rem 0 1.25rem; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.amount small { font-size: 1.05rem; font-weight: 500; color: var(--dim); letter-spacing: 0; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); margin: 0;
  border-top: 1px solid var(--line); }
dt, dd { margin: 0; padding: .6rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--dim); padding-right: 1.5rem; }
dd { text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
form { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin-top: 1.5rem; }
button { font: inherit; font-weight: 600; min-height: 3rem; border-radius: 9px; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: var(--ink); }
button.approve { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button:hover { filter: brightness(1.08); border-color: var(--accent); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.left { height: 4px; background: var(--line); }
.left i { display: block; height: 100%; background: var(--accent); transform-origin: left;
  animation: left linear forwards; }
@keyframes left { to { transform: scaleX(0); } }
.mark { width: 3rem; height: 3rem; border-radius: 50%; display: grid; place-content: center;
  font-size: 1.5rem; font-weight: 700; border: 2px solid currentColor; margin-bottom: 1rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .dim { color: var(--dim); }
.told h1 { font-size: 1.35rem; } .told p { margin: .35rem 0 1.5rem; color: var(--dim); }
.told p:last-child { margin-bottom: 0; } .told dl > :nth-last-child(-n+2) { border-bottom: 0; }
footer { color: var(--dim); font-size: 13px; text-align: center; text-wrap: balance;
  padding: 1rem; }
@media (max-width: 24rem) { .inside { padding: 1.25rem; } .amount { font-size: 1.9rem; } }
@media (prefers-reduced-motion: reduce) { .left { display: none; } }
"""


def parse_decision(body: bytes | None) -> CustomerDecision:
    """Which button was pressed, from the form's body.

    Raises `MalformedRequest` for what is no such form, `InvalidRequest` for another button.
    """
    try:
        if body is None or len(body) > FORM_BYTES_MAX:
            raise ValueError("not the page's form")
        form = parse_qs(body.decode("ascii"), max_num_fields=_FIELDS_MAX)
    except ValueError as error:
        raise MalformedRequest("invalid_form", "Send the page's own form.") from error
    pressed = form.get("decision", [])
    if len(pressed) != 1 or pressed[0] not in set(CustomerDecision):
        raise InvalidRequest("invalid_value", "Press one of the two buttons.", param="decision")
    return CustomerDecision(pressed[0])


def approval_page(view: ApprovalView) -> tuple[int, str]:
    """The page and its status: 200 for a question or a decision that counts just now.

    409 says that it was decided before, 410 that it is too late.
    """
    state = _state(view)
    if state is _State.OPEN:
        left_s = max(1, -(-(view.approval.expires_at - view.now) // timedelta(seconds=1)))
        # By itself, without a script, the page shows when the time is over.
        return 200, _page("Approve this payment?", _question(view, left_s), reload_s=left_s + 1)
    tone, heading, text = _TOLD[state]
    told = text.format(merchant=escape(view.merchant_name or "The shop"))
    body = _told(tone, heading, told, _facts(view, amount=True))
    return _STATUS[state], _page(heading, body)


def missing_page() -> tuple[int, str]:
    """The page for a link that leads nowhere (404)."""
    told = _told("dim", "This link is not valid", "Check that it was copied whole.", "")
    return 404, _page("This link is not valid", told)


def _state(view: ApprovalView) -> _State:
    decision, approval = view.approval.decision, view.approval
    match decision:
        case None if view.is_closed:
            return _State.CLOSED
        case None:
            return _State.OPEN if view.now < approval.expires_at else _State.EXPIRED
        case CustomerDecision.APPROVE:
            return _State.APPROVED if _is_ours(view) else _State.APPROVED_BEFORE
        case CustomerDecision.REJECT:
            return _State.REJECTED if _is_ours(view) else _State.REJECTED_BEFORE
        case _:
            assert_never(decision)


def _is_ours(view: ApprovalView) -> bool:
    return view.verdict in (Verdict.TAKEN, Verdict.REPEATED)


def _question(view: ApprovalView, left_s: int) -> str:
    return (
        f'<div class="left"><i style="animation-duration:{left_s}s"></i></div>'
        f'<div class="inside"><h1>Approve this payment?</h1>{_amount(view.payment.amount)}'
        f"{_facts(view, amount=False, left_s=left_s)}"
        '<form method="post">'
        '<button name="decision" value="reject">Reject</button>'
        '<button name="decision" value="approve" class="approve">Approve</button>'
        "</form></div>"
    )


def _told(tone: str, heading: str, told: str, facts: str) -> str:
    return (
        f'<div class="inside told"><div class="mark {tone}" aria-hidden="true">{_MARKS[tone]}</div>'
        f"<h1>{heading}</h1><p>{told}</p>{facts}</div>"
    )


def _amount(amount: Money) -> str:
    return f'<p class="amount"><small>{escape(amount.currency)}</small> {_major(amount)}</p>'


def _facts(view: ApprovalView, *, amount: bool, left_s: int | None = None) -> str:
    payment = view.payment
    rows = [("Merchant", view.merchant_name)]
    if amount:
        rows.append(("Amount", f"{payment.amount.currency} {_major(payment.amount)}"))
    rows.append(_instrument(payment.method))
    rows.append(("For", payment.description or payment.reference or ""))
    if left_s is not None:
        rows.append(("Time left", _duration(left_s)))
    shown = (f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in rows if text)
    return f"<dl>{''.join(shown)}</dl>"


def _instrument(method: Method) -> tuple[str, str]:
    if isinstance(method, CardMethod):
        return "Card", f"{method.brand.capitalize()} •••• {method.last4}"
    if isinstance(method, UpiMethod):
        return "UPI address", method.vpa
    return "Wallet", method.wallet_id


def _major(amount: Money) -> str:
    """`1,250.00`: the amount in major units, digits in groups of three."""
    whole, point, fraction = major_units(amount).partition(".")
    return f"{int(whole):,}{point}{fraction}"


def _duration(left_s: int) -> str:
    minutes, seconds = divmod(left_s, _MINUTE_S)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _page(title: str, body: str, *, reload_s: int | None = None) -> str:
    reload = f'<meta http-equiv="refresh" content="{reload_s}">' if reload_s is not None else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex">{reload}<title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><main>{body}</main>"
        "<footer>Sandbox: this page stands in for the customer’s bank. No money moves.</footer>"
        "</body></html>"
    )
