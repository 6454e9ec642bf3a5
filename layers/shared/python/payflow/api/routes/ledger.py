"""The ledger, as merchants and operators may look at it."""

from __future__ import annotations

from typing import Final

from payflow.api.routes.route import PAGING, route

AS_OF: Final = ("at",)

LEDGER: Final = (
    route(
        "GET /api/v1/ledger/accounts",
        "ledger_api",
        "listLedgerAccounts",
        "List ledger accounts",
        tag="Ledger",
    ),
    route(
        "GET /api/v1/ledger/accounts/{id}",
        "ledger_api",
        "getLedgerAccount",
        "Get a ledger account with its sums, now or as of a time",
        tag="Ledger",
        query=AS_OF,
    ),
    route(
        "GET /api/v1/ledger/accounts/{id}/entries",
        "ledger_api",
        "listLedgerEntries",
        "List an account's entries, newest first",
        tag="Ledger",
        query=PAGING,
    ),
    route(
        "GET /api/v1/ledger/trial-balance",
        "ledger_api",
        "getTrialBalance",
        "Get the trial balance, now or as of a time",
        tag="Ledger",
        query=AS_OF,
    ),
    route(
        "GET /api/v1/balance",
        "ledger_api",
        "getBalance",
        "Get what is owed to the merchant, by currency",
        tag="Ledger",
    ),
)
