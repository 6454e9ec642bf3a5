"""Every HTTP route in one table: API Gateway, access checks and the OpenAPI document read it.

Standard library only, so that the infrastructure can import it without the application's packages.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from payflow.api.routes.disputes import DISPUTES
from payflow.api.routes.ledger import LEDGER
from payflow.api.routes.operators import OPERATORS
from payflow.api.routes.payments import PAYMENTS
from payflow.api.routes.payouts import PAYOUTS
from payflow.api.routes.route import PAGING, Auth, Route
from payflow.api.routes.service import SERVICE
from payflow.api.routes.wallets import WALLETS

__all__ = ["PAGING", "ROUTES", "Auth", "Route", "matching"]

ROUTES: Final[tuple[Route, ...]] = (
    *PAYMENTS,
    *DISPUTES,
    *WALLETS,
    *LEDGER,
    *PAYOUTS,
    *OPERATORS,
    *SERVICE,
)


def matching(path: str) -> list[tuple[Route, dict[str, str]]]:
    """The routes of every method that serve the concrete `path`, each with its path parameters.

    A literal segment wins over a parameter, as in API Gateway. Parameters are percent-decoded.
    """
    found = [
        (route, values) for route in ROUTES if (values := _values(route.path, path)) is not None
    ]
    fewest = min((len(values) for _, values in found), default=0)
    return [(route, values) for route, values in found if len(values) == fewest]


def _values(template: str, path: str) -> dict[str, str] | None:
    wanted, given = template.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    values: dict[str, str] = {}
    for segment, text in zip(wanted, given, strict=True):
        if segment.startswith("{") and text:
            values[segment[1:-1]] = unquote(text)
        elif segment != text:
            return None
    return values
