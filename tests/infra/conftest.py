"""Synthesised templates, one a deployment's settings, made once a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from infra_cdk.paths import REPOSITORY
from infra_cdk.settings import ApiKind, Authorizer, Settings, Stage, Target, WorkflowKind
from infra_cdk.stack import PayFlowStack
from payflow.api.routes import ROUTES

Resource = dict[str, Any]

VARIANTS = [
    Settings(),
    Settings(api=ApiKind.REST, authorizer=Authorizer.IN_FUNCTION),
    Settings(Target.LOCALSTACK, api=ApiKind.REST, authorizer=Authorizer.IN_FUNCTION),
    Settings(Target.AWS, Stage.PROD),
    Settings(Target.AWS, Stage.PROD, ApiKind.REST, WorkflowKind.STANDARD),
]


class Synthesised:
    """A stack as CloudFormation would get it."""

    def __init__(self, template: dict[str, Any]) -> None:
        self.template = template

    def of_type(self, kind: str) -> dict[str, Resource]:
        """The resources of a type, by logical id."""
        return {
            logical_id: resource
            for logical_id, resource in self.template["Resources"].items()
            if resource["Type"] == kind
        }

    def properties(self, kind: str) -> list[dict[str, Any]]:
        """The properties of all resources of a type."""
        return [resource["Properties"] for resource in self.of_type(kind).values()]

    def function(self, name: str) -> tuple[str, dict[str, Any]]:
        """Logical id and properties of the function whose file is functions/`name`.py."""
        (found,) = [
            (logical_id, resource["Properties"])
            for logical_id, resource in self.of_type("AWS::Lambda::Function").items()
            if resource["Properties"]["Handler"] == f"{name}.handler"
        ]
        return found

    def statements(self, name: str) -> list[dict[str, Any]]:
        """The policy statements that function `name` runs with."""
        role = self.function(name)[1]["Role"]["Fn::GetAtt"][0]
        return self.statements_of_role(role)

    def statements_of_role(self, role: str) -> list[dict[str, Any]]:
        """The policy statements attached to a role."""
        return [
            statement
            for policy in self.properties("AWS::IAM::Policy")
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]


@cache
def _synthesise(settings: Settings) -> Synthesised:
    flags = json.loads((REPOSITORY / "cdk.json").read_text(encoding="utf-8"))["context"]
    # No bundling: what a layer holds is tested by itself.
    app = cdk.App(context={**flags, "aws:cdk:bundling-stacks": []})
    stack = PayFlowStack(app, "PayFlow", settings=settings, routes=ROUTES)
    return Synthesised(dict(Template.from_stack(stack).to_json()))


@pytest.fixture(scope="session")
def synthesise() -> Callable[[Settings], Synthesised]:
    """The template of a deployment with these settings."""
    return _synthesise


def name_of(settings: Settings) -> str:
    return "-".join(
        part.value for part in (settings.target, settings.stage, settings.api, settings.workflow)
    )


@pytest.fixture(params=VARIANTS, ids=name_of)
def settings(request: pytest.FixtureRequest) -> Settings:
    chosen: Settings = request.param
    return chosen


@pytest.fixture
def stack(settings: Settings, synthesise: Callable[[Settings], Synthesised]) -> Synthesised:
    return synthesise(settings)
