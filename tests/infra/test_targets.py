"""What differs between the targets, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

from infra_cdk.functions import PROVIDER_FUNCTIONS
from infra_cdk.settings import ApiKind, Authorizer, Settings, Stage, Target
from tests.infra.conftest import Synthesised

Synthesise = Callable[[Settings], Synthesised]
AWS = Settings(Target.AWS, Stage.PROD)
LOCALSTACK = Settings(Target.LOCALSTACK, api=ApiKind.REST, authorizer=Authorizer.IN_FUNCTION)
EMBEDDED = Settings()
NOBODY_WAITS_FOR = {
    "fold_ledger",
    "follow_payments",
    "handle_provider_callback",
    "pay_out_merchants",
    "send_provider_callback",
    "sweep_payments",
    "wake_payments",
}


def test_on_aws_functions_run_on_graviton(synthesise: Synthesise) -> None:
    functions = synthesise(AWS).properties("AWS::Lambda::Function")

    assert {tuple(function["Architectures"]) for function in functions} == {("arm64",)}


def test_on_aws_what_is_waited_for_starts_from_a_snapshot(synthesise: Synthesise) -> None:
    functions = synthesise(AWS).properties("AWS::Lambda::Function")

    cold = {function["Handler"] for function in functions if "SnapStart" not in function}
    warm = [function["SnapStart"] for function in functions if "SnapStart" in function]
    # Streams, queues and schedules wait for nobody, and a snapshot is paid for while it is kept.
    assert cold == {f"{name}.handler" for name in NOBODY_WAITS_FOR}
    assert all(conf == {"ApplyOn": "PublishedVersions"} for conf in warm)


def test_on_aws_every_caller_uses_the_published_version(synthesise: Synthesise) -> None:
    stack = synthesise(AWS)
    functions = stack.of_type("AWS::Lambda::Function")

    callers = json.dumps(
        [
            stack.properties("AWS::ApiGatewayV2::Integration"),
            stack.properties("AWS::ApiGatewayV2::Authorizer"),
            stack.properties("AWS::Lambda::EventSourceMapping"),
            stack.properties("AWS::StepFunctions::StateMachine"),
        ]
    )

    assert [name for name in functions if f'"{name}"' in callers] == []


def test_the_plan_names_providers_by_the_version_that_is_invoked(synthesise: Synthesise) -> None:
    for settings, qualifier in ((AWS, ":live"), (EMBEDDED, "")):
        stack = synthesise(settings)
        for function in ("plan_next_step", "create_payment_api", "payment_actions_api"):
            variables = stack.function(function)[1]["Environment"]["Variables"]

            assert json.loads(variables["PROVIDER_FUNCTIONS"]) == {
                kind: f"payflow-{settings.stage}-{name}{qualifier}"
                for kind, name in PROVIDER_FUNCTIONS.items()
            }


def test_localstack_gets_nothing_that_its_free_edition_lacks(synthesise: Synthesise) -> None:
    resources = synthesise(LOCALSTACK).template["Resources"].values()

    lacking = ("AWS::ApiGatewayV2::", "AWS::Pipes::", "AWS::Cognito::")
    assert [one["Type"] for one in resources if one["Type"].startswith(lacking)] == []


def test_dependencies_are_shipped_where_functions_do_not_share_our_environment(
    synthesise: Synthesise,
) -> None:
    shipped = {
        settings.target: len(synthesise(settings).of_type("AWS::Lambda::LayerVersion"))
        for settings in (EMBEDDED, LOCALSTACK, AWS)
    }

    assert shipped == {Target.EMBEDDED: 1, Target.LOCALSTACK: 2, Target.AWS: 2}


def test_the_http_api_asks_the_authorizer_even_without_a_key(synthesise: Synthesise) -> None:
    (authorizer,) = synthesise(EMBEDDED).properties("AWS::ApiGatewayV2::Authorizer")

    # With an identity source the gateway would answer by itself, in a shape of its own.
    assert authorizer.get("IdentitySource", []) == []
    assert authorizer["EnableSimpleResponses"] is True
    assert authorizer["AuthorizerPayloadFormatVersion"] == "2.0"


def test_the_rest_api_refuses_in_the_one_error_shape(synthesise: Synthesise) -> None:
    responses = synthesise(LOCALSTACK).properties("AWS::ApiGateway::GatewayResponse")

    kinds = {response["ResponseType"] for response in responses}
    assert kinds >= {"DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "MISSING_AUTHENTICATION_TOKEN"}
    for response in responses:
        error = json.loads(response["ResponseTemplates"]["application/json"])["error"]
        assert set(error) == {
            "type",
            "code",
            "message",
            "param",
            "request_id",
            "doc_url",
            "retryable",
        }
