"""Who may use a route, and with which query parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from payflow.api.routes import Route
from payflow.aws.http.request import Request
from payflow.domain.errors import Forbidden, InvalidRequest, Unauthenticated, Unavailable
from payflow.domain.merchant import Caller, Principal

_TAKES: Final[dict[str, frozenset[Principal]]] = {
    "merchant": frozenset({Principal.MERCHANT}),
    "publishable": frozenset({Principal.MERCHANT, Principal.PUBLISHABLE}),
    "operator": frozenset({Principal.OPERATOR}),
}
UNAVAILABLE: Final = "unavailable"
"""The principal of a caller whose key could not be looked up; any other unknown one is nobody."""

_PRINCIPALS: Final = frozenset(Principal)


def admitted(route: Route, request: Request) -> Caller | None:
    """The caller, if its key may use `route`; None on a route that takes no key.

    Raises `Unauthenticated` for no key or one that the authorizer did not know, `Forbidden` for a
    key of the wrong kind, `Unavailable` if keys could not be looked up. Operators may read what
    merchants read.
    """
    if route.auth == "none":
        return None
    caller = _caller(request)
    reads = Principal.OPERATOR if route.method == "GET" else None
    if caller.principal in _TAKES[route.auth] or caller.principal is reads:
        return caller
    raise Forbidden("key_not_permitted", f"This kind of key ({caller.principal}) may not do this.")


def known_query(route: Route, pairs: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """The query by name; raises `InvalidRequest` for a parameter that is unknown or repeated."""
    query: dict[str, str] = {}
    for name, value in pairs:
        if name not in route.query:
            raise InvalidRequest("unknown_parameter", "Unknown query parameter.", param=name)
        if name in query:
            raise InvalidRequest("repeated_parameter", "Give the parameter once.", param=name)
        query[name] = value
    return query


def _caller(request: Request) -> Caller:
    identity = request.identity
    principal = identity.get("principal")
    if principal in _PRINCIPALS:
        return Caller(
            principal=Principal(principal),
            key_id=identity.get("key_id", ""),
            merchant_id=identity.get("merchant_id") or None,
        )
    if principal == UNAVAILABLE:
        raise Unavailable("temporarily_unavailable", "Keys cannot be checked now.", retry_after_s=1)
    if "authorization" in request.headers:
        raise Unauthenticated("api_key_invalid", "The API key is unknown or revoked.")
    raise Unauthenticated("api_key_missing", "Send your API key: Authorization: Bearer <key>.")
