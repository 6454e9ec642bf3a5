"""What both API variants have in common: the routes they serve and what the stack reads of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from infra_cdk.functions import AUTHORIZER_FUNCTION, FALLBACK_FUNCTION
from infra_cdk.lambda_factory import DeployedFunction
from infra_cdk.settings import ApiKind
from payflow.api.routes import Route

# A revoked key must stop within 5 s. The authorizer keeps what it looked up for a moment itself,
# so a second cache in front of it could add up to more; and a cache keyed on the Authorization
# header would make the HTTP API refuse a request without one in a shape of its own.
AUTHORIZER_CACHE_S = 0
PUBLIC = "none"


class UnknownFunctionError(ValueError):
    """A route names a function that does not exist."""


@dataclass(frozen=True)
class ApiFront:
    """A deployed API: how to reach it and how to watch it."""

    kind: ApiKind
    api_id: str
    endpoint: str
    stage: str
    requests: cloudwatch.Metric
    client_errors: cloudwatch.Metric
    server_errors: cloudwatch.Metric
    latency_p99: cloudwatch.Metric


@dataclass(frozen=True)
class ApiParts:
    """The route table with the functions behind it."""

    routes: Sequence[Route]
    functions: Mapping[str, DeployedFunction]

    def handler(self, route: Route) -> DeployedFunction:
        """The function that answers `route`.

        Raises:
            UnknownFunctionError: the route's function is not declared in functions.py.
        """
        function = self.functions.get(route.function)
        if function is None:
            raise UnknownFunctionError(
                f"{route.method} {route.path}: no function {route.function!r}"
            )
        return function

    @property
    def fallback(self) -> DeployedFunction:
        """Answers whatever no route matches, so that a 404 looks like every other error."""
        return self.functions[FALLBACK_FUNCTION]

    @property
    def authorizer(self) -> DeployedFunction | None:
        """Says who the caller is; the routes themselves say who may call.

        None where each function finds out by itself.
        """
        return self.functions.get(AUTHORIZER_FUNCTION)

    @staticmethod
    def is_public(route: Route) -> bool:
        """Whether `route` is served without asking who calls."""
        return route.auth == PUBLIC
