"""Both API variants serve the same route table, in the same way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra_cdk.settings import ApiKind, Authorizer, Settings
from payflow.api.routes import ROUTES
from tests.infra.conftest import VARIANTS, Synthesised, name_of

AUTHORIZER_TTL_MAX_S = 5
NAMES_ITSELF = "AUTHORIZER"


def test_every_route_is_served_by_its_function(settings: Settings, stack: Synthesised) -> None:
    served = http_routes(stack) if settings.api is ApiKind.HTTP else rest_routes(stack)

    missing = [
        route.key for route in ROUTES if served.get(route.key, ("", ""))[0] != route.function
    ]
    assert missing == []


def test_every_route_that_is_not_public_asks_who_calls(
    settings: Settings, stack: Synthesised
) -> None:
    served = http_routes(stack) if settings.api is ApiKind.HTTP else rest_routes(stack)

    guarded = {route.key for route in ROUTES if served[route.key][1] == "CUSTOM"}
    if settings.authorizer is Authorizer.GATEWAY:
        assert guarded == {route.key for route in ROUTES if route.auth != "none"}
    else:
        assert guarded == set()


def test_without_an_authorizer_every_function_of_the_api_is_told_so(
    settings: Settings, stack: Synthesised
) -> None:
    told = {
        function["Handler"].removesuffix(".handler")
        for function in stack.properties("AWS::Lambda::Function")
        if function["Environment"]["Variables"].get(NAMES_ITSELF) == "in_function"
    }

    alone = settings.authorizer is Authorizer.IN_FUNCTION
    assert told == ({route.function for route in ROUTES} if alone else set())


def test_there_is_an_authorizer_only_where_the_gateway_asks_it(
    settings: Settings, stack: Synthesised
) -> None:
    kinds = ("AWS::ApiGatewayV2::Authorizer", "AWS::ApiGateway::Authorizer")

    attached = sum(len(stack.of_type(kind)) for kind in kinds)

    assert attached == (1 if settings.authorizer is Authorizer.GATEWAY else 0)


def test_what_no_route_matches_is_answered_by_us(settings: Settings, stack: Synthesised) -> None:
    served = http_routes(stack) if settings.api is ApiKind.HTTP else rest_routes(stack)

    fallback = "$default" if settings.api is ApiKind.HTTP else "ANY /{proxy+}"
    assert served[fallback] == ("meta_api", "NONE")


@pytest.mark.parametrize("rest", [one for one in VARIANTS if one.api is ApiKind.REST], ids=name_of)
def test_another_method_on_a_known_path_is_answered_by_us(
    rest: Settings, synthesise: Callable[[Settings], Synthesised]
) -> None:
    served = rest_routes(synthesise(rest))

    paths = {"/", *(route.path for route in ROUTES)}
    assert {path: served[f"ANY {path}"] for path in paths} == dict.fromkeys(
        paths, ("meta_api", "NONE")
    )


def test_a_revoked_key_is_not_cached_by_the_gateway(stack: Synthesised) -> None:
    for version in ("", "V2"):
        for authorizer in stack.properties(f"AWS::ApiGateway{version}::Authorizer"):
            assert authorizer["AuthorizerResultTtlInSeconds"] <= AUTHORIZER_TTL_MAX_S


def test_the_access_log_forgets_and_names_nobody(
    synthesise: Callable[[Settings], Synthesised],
) -> None:
    stack = synthesise(Settings())
    (stage,) = stack.properties("AWS::ApiGatewayV2::Stage")

    (group,) = [
        resource["Properties"]
        for logical_id, resource in stack.of_type("AWS::Logs::LogGroup").items()
        if {"Ref": logical_id} in stage["AccessLogSettings"]["DestinationArn"]["Fn::Join"][1]
    ]
    assert group["RetentionInDays"] > 0
    assert set(json.loads(stage["AccessLogSettings"]["Format"])) == {
        "request_id",
        "route",
        "status",
        "latency_ms",
        "integration_error",
        "authorizer_error",
    }


def http_routes(stack: Synthesised) -> dict[str, tuple[str, str]]:
    """Route key → (function, authorisation) of the HTTP API."""
    integrations = {
        logical_id: function_behind(stack, resource["Properties"]["IntegrationUri"])
        for logical_id, resource in stack.of_type("AWS::ApiGatewayV2::Integration").items()
    }
    return {
        route["RouteKey"]: (
            integrations[route["Target"]["Fn::Join"][1][1]["Ref"]],
            route.get("AuthorizationType", "NONE"),
        )
        for route in stack.properties("AWS::ApiGatewayV2::Route")
    }


def rest_routes(stack: Synthesised) -> dict[str, tuple[str, str]]:
    """`METHOD /path` → (function, authorisation) of the REST API."""
    resources = {
        logical_id: resource["Properties"]
        for logical_id, resource in stack.of_type("AWS::ApiGateway::Resource").items()
    }

    def path_of(reference: dict[str, Any]) -> str:
        if "Ref" not in reference:
            return ""
        resource = resources[reference["Ref"]]
        return f"{path_of(resource['ParentId'])}/{resource['PathPart']}"

    return {
        f"{method['HttpMethod']} {path_of(method['ResourceId']) or '/'}": (
            function_behind(stack, method["Integration"]["Uri"]),
            method["AuthorizationType"],
        )
        for method in stack.properties("AWS::ApiGateway::Method")
    }


def function_behind(stack: Synthesised, reference: Any) -> str:
    """The name of the function that an integration points at, directly or by its alias."""
    aliases = {
        logical_id: resource["Properties"]["FunctionName"]["Ref"]
        for logical_id, resource in stack.of_type("AWS::Lambda::Alias").items()
    }
    functions = stack.of_type("AWS::Lambda::Function")
    text = json.dumps(reference)
    (logical_id,) = [one for one in (*functions, *aliases) if f'"{one}"' in text]
    function = functions[aliases.get(logical_id, logical_id)]["Properties"]
    return str(function["Handler"].removesuffix(".handler"))
