"""`payflow pay`."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

from tools.api import Api, Json
from tools.endpoints import read_endpoints
from tools.options import STATE_DIR_DEFAULT, JsonOption, StateDirOption
from tools.output import print_json, results
from tools.payments.story import print_story

WAIT_S = 25
SETTLED = frozenset({"succeeded", "authorized", "requires_action"})
ANY_CVC = "123"
YEARS_TO_EXPIRY = 3


def pay(
    *,
    card: Annotated[str | None, typer.Option(metavar="NUMBER", help="Pay by this card.")] = None,
    vpa: Annotated[str | None, typer.Option(metavar="NAME@BANK", help="Pay by UPI.")] = None,
    wallet: Annotated[
        str | None, typer.Option(metavar="WALLET_ID", help="Pay from this wallet.")
    ] = None,
    amount: Annotated[int, typer.Option(min=1, help="In minor units: 125000 is ₹1,250.00.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")] = "INR",
    settle_in: Annotated[
        str | None, typer.Option(metavar="CURRENCY", help="Convert for the merchant.")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="Your own name for the payment.")] = None,
    wait: Annotated[
        bool, typer.Option("--wait", "-w", help=f"Wait up to {WAIT_S} s for the outcome.")
    ] = False,
    state_dir: StateDirOption = STATE_DIR_DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Make one payment as the demo merchant and tell its story: attempts, outcome, ledger.

    Exit code 1 if the payment was waited for and failed.

    For example:

        payflow pay --card 4242424242424242 --amount 125000 --currency INR --wait
        payflow pay --vpa success@upi --amount 4900 --wait
        payflow pay --wallet test_approved --amount 4900 --json
        payflow pay --card 4242424242424242 --amount 10000 --currency USD --settle-in INR --wait
    """
    method = _method(card=card, vpa=vpa, wallet=wallet)
    endpoints = read_endpoints(state_dir)
    api = Api(endpoints.api_url, endpoints.demo_merchant.api_key)
    body: Json = {"amount": amount, "currency": currency.upper(), "method": method}
    if settle_in is not None:
        body["settlement_currency"] = settle_in.upper()
    if reference is not None:
        body["reference"] = reference
    headers = {"Idempotency-Key": f"cli-{secrets.token_hex(16)}"}
    if wait:
        headers["Prefer"] = f"wait={WAIT_S}"
    payment = api.post("/api/v1/payments", body, headers)
    if as_json:
        print_json(payment)
    else:
        timeline = api.get(f"/api/v1/payments/{payment['id']}/timeline")
        print_story(payment, timeline, results)
    if wait and payment["status"] not in SETTLED:
        raise typer.Exit(1)


def _method(*, card: str | None, vpa: str | None, wallet: str | None) -> Json:
    given = [option for option in (card, vpa, wallet) if option is not None]
    if len(given) != 1:
        raise typer.BadParameter("give exactly one of --card, --vpa and --wallet")
    if card is not None:
        return {"type": "card", "card": _card(card)}
    if vpa is not None:
        return {"type": "upi", "upi": {"vpa": vpa}}
    return {"type": "wallet", "wallet": {"wallet_id": wallet}}


def _card(number: str) -> Json:
    return {
        "number": number.replace(" ", ""),
        "exp_month": 12,
        "exp_year": datetime.now(UTC).year + YEARS_TO_EXPIRY,
        "cvc": ANY_CVC,
    }
