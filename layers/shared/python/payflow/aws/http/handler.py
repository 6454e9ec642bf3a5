"""The one entry of every HTTP function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Final

from payflow.api.routes import ROUTES, Route, matching
from payflow.aws.http.access import admitted, known_query
from payflow.aws.http.errors import InternalError, MethodNotAllowed, error_response
from payflow.aws.http.request import Request, request_of
from payflow.aws.http.response import Response, proxy_answer
from payflow.aws.observability import log_failure, logger
from payflow.domain.errors import NotFound, PayFlowError

Endpoint = Callable[[Request], Response]
LambdaHandler = Callable[[dict[str, Any], object], dict[str, Any]]
Identify = Callable[[Mapping[str, Any]], Mapping[str, str] | None]

PATH_PARAM_MAX: Final = 255
_BY_KEY: Final = {route.key: route for route in ROUTES}


def http_handler(endpoints: Mapping[str, Endpoint], *, identify: Identify) -> LambdaHandler:
    """A Lambda handler that serves `endpoints`, keyed `METHOD /path/{id}` as in `ROUTES`.

    Access and query parameters are checked before an endpoint is called. `identify` tells from the
    event who calls, or gives None where an authorizer said so already. Every `PayFlowError` becomes
    its status in the one error shape; anything else is logged and becomes a bare 500. A request
    that no endpoint serves gets 404, or 405 with `Allow`. Raises `KeyError` at import for an
    endpoint that is not in `ROUTES`.
    """
    server = _Server({key: _BY_KEY[key] for key in endpoints}, endpoints, identify)

    def handle(event: dict[str, Any], context: object = None) -> dict[str, Any]:
        started = perf_counter()
        request, response = server.answered(request_of(event), event)
        logger().info(
            "request served",
            extra={
                "route": request.route,
                "status": response.status,
                "request_id": request.request_id,
                "merchant_id": request.identity.get("merchant_id"),
                "duration_ms": round((perf_counter() - started) * 1000),
            },
        )
        return proxy_answer(response, request.request_id)

    return handle


@dataclass(frozen=True, slots=True)
class _Server:
    """What one function serves, and how it knows its callers."""

    routes: Mapping[str, Route]
    endpoints: Mapping[str, Endpoint]
    identify: Identify

    def answered(self, request: Request, event: Mapping[str, Any]) -> tuple[Request, Response]:
        """The request as far as it was understood, and its answer, whatever happens."""
        try:
            route, request = _routed(self.routes, request)
            if any(len(value) > PATH_PARAM_MAX for value in request.path_params.values()):
                raise NotFound("not_found", "There is nothing of that name.")
            request = self._identified(route, request, event)
            request = replace(
                request,
                sender=admitted(route, request),
                query=known_query(route, request.query_pairs),
            )
            return request, self.endpoints[route.key](request)
        except PayFlowError as error:
            return request, error_response(error, request.request_id)
        except Exception as error:
            log_failure("request failed", error, route=request.route, request_id=request.request_id)
            return request, error_response(InternalError(), request.request_id)

    def _identified(self, route: Route, request: Request, event: Mapping[str, Any]) -> Request:
        # A route that takes no key costs no look-up.
        identity = self.identify(event) if route.auth != "none" else None
        return request if identity is None else replace(request, identity=identity)


def _routed(routes: Mapping[str, Route], request: Request) -> tuple[Route, Request]:
    """The route by the gateway's own match, else by the path, as in the catch-all route."""
    if request.route in routes:
        return routes[request.route], request
    found = matching(request.path)
    for route, values in found:
        if route.key in routes and route.method == request.method:
            return route, replace(request, route=route.key, path_params=values)
    if found and all(route.method != request.method for route, _ in found):
        raise MethodNotAllowed(sorted(route.method for route, _ in found))
    raise NotFound("route_not_found", "There is no such path.")
