"""The table of exchange rates that came with the deployment."""

from __future__ import annotations

from functools import cache
from typing import Final

from payflow.aws.deployed_file import deployed_document
from payflow.domain.fx import RateTable, rate_table_from_document

_FILE: Final = "fx_rates.json"


class DeployedRates:
    """The rates of the deployed file; it is read when a payment is converted for the first time."""

    def table(self) -> RateTable:
        """The table; raises `FileNotFoundError` when there is none."""
        return _table()


@cache
def _table() -> RateTable:
    return rate_table_from_document(deployed_document(_FILE))
