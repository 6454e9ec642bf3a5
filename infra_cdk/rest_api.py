"""The same routes behind a REST API (API Gateway v1), which LocalStack's free edition has."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from infra_cdk.api import AUTHORIZER_CACHE_S, ApiFront, ApiParts
from infra_cdk.lambda_factory import DeployedFunction
from infra_cdk.settings import ApiKind, Settings


class RestFront(Construct):
    """A REST API with one method for each entry of the route table."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, parts: ApiParts
    ) -> None:
        super().__init__(scope, construct_id)
        self._integrations: dict[str, apigateway.LambdaIntegration] = {}
        api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=f"payflow-{settings.stage}",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # Access logs would need a role for the whole account.
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(stage_name=settings.stage.value),
        )
        # The stack publishes the address under one name for both kinds of API.
        api.node.try_remove_child("Endpoint")
        authorizer = self._authorizer(parts)
        for route in parts.routes:
            api.root.resource_for_path(route.path).add_method(
                route.method,
                self._to(parts.handler(route)),
                authorizer=None if parts.is_public(route) else authorizer,
            )
        # Another method on a known path is ours to refuse, too.
        for path in ("/", *dict.fromkeys(route.path for route in parts.routes)):
            api.root.resource_for_path(path).add_method("ANY", self._to(parts.fallback))
        api.root.add_proxy(default_integration=self._to(parts.fallback))
        _uniform_errors(api)
        self.front = ApiFront(
            kind=ApiKind.REST,
            api_id=api.rest_api_id,
            endpoint=api.url,
            stage=settings.stage.value,
            requests=api.metric_count(),
            client_errors=api.metric_client_error(),
            server_errors=api.metric_server_error(),
            latency_p99=api.metric_latency(statistic="p99"),
        )

    def _authorizer(self, parts: ApiParts) -> apigateway.RequestAuthorizer | None:
        if parts.authorizer is None:
            return None
        return apigateway.RequestAuthorizer(
            self,
            "Authorizer",
            handler=parts.authorizer.target,
            identity_sources=[],
            results_cache_ttl=Duration.seconds(AUTHORIZER_CACHE_S),
        )

    def _to(self, function: DeployedFunction) -> apigateway.LambdaIntegration:
        """One integration a function: with one a method, its policy would outgrow its limit."""
        if function.name not in self._integrations:
            self._integrations[function.name] = apigateway.LambdaIntegration(
                function.target, scope_permission_to_method=False
            )
        return self._integrations[function.name]


@dataclass(frozen=True)
class _Refusal:
    """An error that the gateway answers by itself; `status` None keeps the gateway's own."""

    response_type: apigateway.ResponseType
    error_type: str
    code: str
    message: str
    status: str | None = None
    retryable: bool = False


_TYPES = apigateway.ResponseType
_NO_SUCH_PATH = ("not_found", "route_not_found", "There is no such path.", "404")
_REFUSALS = (
    # A path without any method: the gateway calls it a missing token.
    _Refusal(_TYPES.MISSING_AUTHENTICATION_TOKEN, *_NO_SUCH_PATH),
    _Refusal(_TYPES.RESOURCE_NOT_FOUND, *_NO_SUCH_PATH),
    _Refusal(_TYPES.UNAUTHORIZED, "authentication", "api_key_missing", "Send an API key."),
    _Refusal(_TYPES.ACCESS_DENIED, "permission", "key_not_permitted", "This key may not do this."),
    _Refusal(_TYPES.REQUEST_TOO_LARGE, "invalid_request", "body_too_large", "Send less."),
    _Refusal(
        _TYPES.UNSUPPORTED_MEDIA_TYPE, "invalid_request", "unsupported_media_type", "Send JSON."
    ),
    _Refusal(_TYPES.THROTTLED, "rate_limit", "rate_limited", "Too many requests.", "429", True),
    _Refusal(_TYPES.DEFAULT_4_XX, "invalid_request", "malformed_request", "Not understood."),
    _Refusal(
        _TYPES.DEFAULT_5_XX,
        "internal",
        "internal_error",
        "PayFlow failed to answer. It is safe to try again.",
        retryable=True,
    ),
)


def _uniform_errors(api: apigateway.RestApi) -> None:
    """Give what the gateway itself refuses the one error shape of the HTTP contract."""
    for refusal in _REFUSALS:
        api.add_gateway_response(
            f"On{refusal.response_type.response_type}",
            type=refusal.response_type,
            status_code=refusal.status,
            response_headers={"X-Request-Id": "context.requestId"},
            templates={"application/json": _error_template(refusal)},
        )


def _error_template(refusal: _Refusal) -> str:
    return json.dumps(
        {
            "error": {
                "type": refusal.error_type,
                "code": refusal.code,
                "message": refusal.message,
                "param": None,
                "request_id": "$context.requestId",
                "doc_url": f"/docs#error-{refusal.code}",
                "retryable": refusal.retryable,
            }
        }
    )
