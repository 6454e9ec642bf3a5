"""What a route is: a method on a path, the function that serves it, and who may call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Auth = Literal["merchant", "publishable", "operator", "none"]
"""Which key a route takes.

`merchant`: a merchant's secret key, or for GET an operator key, read-only across merchants.
`publishable`: a merchant's secret or publishable key. `operator`: an operator key alone.
"""

PAGING: Final = ("limit", "cursor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method on one path, the function that serves it, and who may call it.

    `query` lists the query parameters that are known; any other is refused. `idempotent` routes
    require an `Idempotency-Key`; unless they are done `at_once`, `Prefer: wait` waits for them.
    """

    method: str
    path: str
    function: str
    operation_id: str
    summary: str
    tag: str
    auth: Auth = "merchant"
    query: tuple[str, ...] = ()
    idempotent: bool = False
    at_once: bool = False

    @property
    def key(self) -> str:
        """`METHOD /path/{id}`, as API Gateway names a route."""
        return f"{self.method} {self.path}"


def route(
    key: str,
    function: str,
    operation_id: str,
    summary: str,
    *,
    tag: str,
    auth: Auth = "merchant",
    query: tuple[str, ...] = (),
    idempotent: bool = False,
    at_once: bool = False,
) -> Route:
    """The route of `key`, which is `METHOD /path/{id}`."""
    method, path = key.split(" ")
    return Route(
        method=method,
        path=path,
        function=function,
        operation_id=operation_id,
        summary=summary,
        tag=tag,
        auth=auth,
        query=query,
        idempotent=idempotent,
        at_once=at_once,
    )
