"""The routes behind an HTTP API (API Gateway v2): the cheaper front, on AWS and embedded."""

from __future__ import annotations

import json

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.api import AUTHORIZER_CACHE_S, ApiFront, ApiParts
from infra_cdk.lambda_factory import SERVICE_NAME, DeployedFunction, retention
from infra_cdk.settings import ApiKind, Settings

STAGE = "$default"
ACCESS_LOG_FORMAT = json.dumps(
    {
        "request_id": "$context.requestId",
        "route": "$context.routeKey",
        "status": "$context.status",
        "latency_ms": "$context.responseLatency",
        "integration_error": "$context.integrationErrorMessage",
        "authorizer_error": "$context.authorizer.error",
    }
)


class HttpFront(Construct):
    """An HTTP API with one route for each entry of the route table."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, parts: ApiParts
    ) -> None:
        super().__init__(scope, construct_id)
        self._integrations: dict[str, integrations.HttpLambdaIntegration] = {}
        api = apigateway.HttpApi(
            self,
            "Api",
            default_integration=self._to(parts.fallback),
            create_default_stage=False,
        )
        self._serve(api, settings)
        authorizer = _authorizer(parts)
        for route in parts.routes:
            api.add_routes(
                path=route.path,
                methods=[apigateway.HttpMethod(route.method)],
                integration=self._to(parts.handler(route)),
                authorizer=None if parts.is_public(route) else authorizer,
            )
        self.front = ApiFront(
            kind=ApiKind.HTTP,
            api_id=api.api_id,
            endpoint=api.api_endpoint,
            stage=STAGE,
            requests=api.metric_count(),
            client_errors=api.metric_client_error(),
            server_errors=api.metric_server_error(),
            latency_p99=api.metric_latency(statistic="p99"),
        )

    def _serve(self, api: apigateway.HttpApi, settings: Settings) -> None:
        """Publish `api` at the root of its address, and log what was asked, not by whom."""
        log_group = logs.LogGroup(
            self,
            "AccessLogs",
            log_group_name=f"/aws/vendedlogs/apis/{SERVICE_NAME}-{settings.stage}",
            retention=retention(settings),
            removal_policy=RemovalPolicy.RETAIN if settings.keeps_data else RemovalPolicy.DESTROY,
        )
        access_logs = apigateway.CfnStage.AccessLogSettingsProperty(
            # The group's own ARN ends in a wildcard, which the gateway does not take.
            destination_arn=Stack.of(self).format_arn(
                service="logs",
                resource="log-group",
                resource_name=log_group.log_group_name,
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            ),
            format=ACCESS_LOG_FORMAT,
        )
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=api.api_id,
            stage_name=STAGE,
            auto_deploy=True,
            access_log_settings=access_logs,
        )

    def _to(self, function: DeployedFunction) -> integrations.HttpLambdaIntegration:
        """One integration a function: with one a route, its policy would outgrow its limit."""
        if function.name not in self._integrations:
            self._integrations[function.name] = integrations.HttpLambdaIntegration(
                function.name, function.target, scope_permission_to_route=False
            )
        return self._integrations[function.name]


def _authorizer(parts: ApiParts) -> authorizers.HttpLambdaAuthorizer | None:
    if parts.authorizer is None:
        return None
    return authorizers.HttpLambdaAuthorizer(
        "Authorizer",
        parts.authorizer.target,
        response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
        identity_source=[],
        results_cache_ttl=Duration.seconds(AUTHORIZER_CACHE_S),
    )
