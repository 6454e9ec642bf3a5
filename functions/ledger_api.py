"""Read the ledger: a merchant its own accounts, operators all."""

from __future__ import annotations

from payflow import wiring
from payflow.api import documents
from payflow.api.queries import entry_cursor, parse_as_of, parse_limit, parse_position
from payflow.aws.http import Request, Response, http_handler, json_response


def list_accounts(request: Request) -> Response:
    """200 with every account that has entries."""
    accounts = wiring.read_ledger().accounts(request.caller)
    return json_response({"data": [documents.account_document(one) for one in accounts]})


def get_account(request: Request) -> Response:
    """200 with the account's sums, now or as of a time; 404 for none or another's."""
    at = parse_as_of(request.query)
    account = wiring.read_ledger().account(request.path_params["id"], request.caller, at)
    return json_response(documents.account_document(account))


def list_entries(request: Request) -> Response:
    """200 with a page of entries, newest first; 404 as for the account."""
    account_id, caller = request.path_params["id"], request.caller
    limit, after = parse_limit(request.query), parse_position(request.query, account_id, caller)
    page = wiring.read_ledger().entries(account_id, caller, limit=limit, after=after)
    return json_response(documents.entries_document(page, entry_cursor(page, account_id, caller)))


def get_trial_balance(request: Request) -> Response:
    """200 with all accounts and the sums by currency, now or as of a time."""
    trial = wiring.read_ledger().trial_balance(request.caller, parse_as_of(request.query))
    return json_response(documents.trial_balance_document(trial))


def get_balance(request: Request) -> Response:
    """200 with what is owed, by currency."""
    return json_response(documents.balance_document(wiring.read_ledger().balance(request.caller)))


handler = http_handler(
    {
        "GET /api/v1/ledger/accounts": list_accounts,
        "GET /api/v1/ledger/accounts/{id}": get_account,
        "GET /api/v1/ledger/accounts/{id}/entries": list_entries,
        "GET /api/v1/ledger/trial-balance": get_trial_balance,
        "GET /api/v1/balance": get_balance,
    },
    identify=wiring.identify,
)
