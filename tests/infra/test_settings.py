import pytest

from infra_cdk.settings import (
    ApiKind,
    Authorizer,
    InvalidContextError,
    Settings,
    Stage,
    Target,
    WorkflowKind,
)


def settings_from(**context: str) -> Settings:
    return Settings.from_context(context.get)


def test_nothing_said_means_a_throwaway_deployment_to_the_embedded_cloud() -> None:
    assert settings_from() == Settings(
        Target.EMBEDDED, Stage.DEV, ApiKind.HTTP, WorkflowKind.EXPRESS
    )


@pytest.mark.parametrize(
    ("target", "api"),
    [("embedded", ApiKind.HTTP), ("aws", ApiKind.HTTP), ("localstack", ApiKind.REST)],
)
def test_each_target_has_its_usual_api(target: str, api: ApiKind) -> None:
    assert settings_from(target=target).api is api


@pytest.mark.parametrize(
    ("target", "api", "authorizer"),
    [
        ("embedded", "http", Authorizer.GATEWAY),
        ("aws", "http", Authorizer.GATEWAY),
        ("aws", "rest", Authorizer.GATEWAY),
        ("localstack", "rest", Authorizer.IN_FUNCTION),
        ("embedded", "rest", Authorizer.IN_FUNCTION),
    ],
)
def test_functions_look_keys_up_themselves_on_localstack_and_where_it_is_tried(
    target: str, api: str, authorizer: Authorizer
) -> None:
    assert settings_from(target=target, api=api).authorizer is authorizer


def test_every_choice_can_be_made() -> None:
    chosen = settings_from(
        target="aws", stage="prod", api="rest", workflow="standard", authorizer="in_function"
    )

    assert chosen == Settings(
        Target.AWS, Stage.PROD, ApiKind.REST, WorkflowKind.STANDARD, Authorizer.IN_FUNCTION
    )


@pytest.mark.parametrize("key", ["target", "stage", "api", "workflow", "authorizer"])
def test_an_unknown_value_is_refused_with_those_that_exist(key: str) -> None:
    with pytest.raises(InvalidContextError, match=rf"context {key}='cloud9' is not one of: \w+, "):
        settings_from(**{key: "cloud9"})


def test_localstack_is_refused_an_http_api() -> None:
    with pytest.raises(InvalidContextError, match="api=http does not exist on target localstack"):
        settings_from(target="localstack", api="http")
