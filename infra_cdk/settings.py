"""What a deployment may choose, read from the CDK context and checked once.

`cdk deploy -c target=aws -c stage=prod` and so on; every key has a default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar


class Target(StrEnum):
    """Which cloud the stack is deployed to."""

    EMBEDDED = "embedded"
    LOCALSTACK = "localstack"
    AWS = "aws"


class Stage(StrEnum):
    """`prod` keeps its data when the stack goes; `dev` leaves nothing behind."""

    DEV = "dev"
    PROD = "prod"


class ApiKind(StrEnum):
    """Which API Gateway fronts the routes: the HTTP API (v2) or the REST API (v1)."""

    HTTP = "http"
    REST = "rest"


class WorkflowKind(StrEnum):
    """Which kind of state machine runs payments."""

    EXPRESS = "express"
    STANDARD = "standard"


class Authorizer(StrEnum):
    """Who finds out whose key a request carries: a function in front, or each function itself."""

    GATEWAY = "gateway"
    IN_FUNCTION = "in_function"


class InvalidContextError(ValueError):
    """A context value is not one of those that exist."""


Choice = TypeVar("Choice", bound=StrEnum)
ContextReader = Callable[[str], object]


@dataclass(frozen=True)
class Settings:
    """One deployment's choices. Targets differ by these alone."""

    target: Target = Target.EMBEDDED
    stage: Stage = Stage.DEV
    api: ApiKind = ApiKind.HTTP
    workflow: WorkflowKind = WorkflowKind.EXPRESS
    authorizer: Authorizer = Authorizer.GATEWAY

    @classmethod
    def from_context(cls, context: ContextReader) -> Settings:
        """Read the settings with `context`, e.g. `app.node.try_get_context`.

        Raises:
            InvalidContextError: a value is unknown, or LocalStack is asked for an HTTP API.
        """
        target = _choice(context, "target", Target.EMBEDDED)
        # LocalStack's free edition has no API Gateway v2.
        usual_api = ApiKind.REST if target is Target.LOCALSTACK else ApiKind.HTTP
        api = _choice(context, "api", usual_api)
        if target is Target.LOCALSTACK and api is ApiKind.HTTP:
            raise InvalidContextError("context api=http does not exist on target localstack")
        return cls(
            target=target,
            stage=_choice(context, "stage", Stage.DEV),
            api=api,
            workflow=_choice(context, "workflow", WorkflowKind.EXPRESS),
            authorizer=_choice(context, "authorizer", _usual_authorizer(target, api)),
        )

    @property
    def keeps_data(self) -> bool:
        """Whether tables, keys and logs outlive the stack."""
        return self.stage is Stage.PROD

    @property
    def point_in_time_recovery(self) -> bool:
        """Whether tables can be restored to a moment of the past; the emulator cannot."""
        return self.keeps_data and self.target is not Target.EMBEDDED

    @property
    def snap_start(self) -> bool:
        """Whether functions start from a snapshot, which needs published versions."""
        return self.target is Target.AWS


def _usual_authorizer(target: Target, api: ApiKind) -> Authorizer:
    """LocalStack's free edition is not known to run Lambda authorizers, so none is relied on there.

    The embedded REST variant takes the same shape: it is there to be tried in LocalStack's place.
    """
    if target is Target.LOCALSTACK or (target is Target.EMBEDDED and api is ApiKind.REST):
        return Authorizer.IN_FUNCTION
    return Authorizer.GATEWAY


def _choice(context: ContextReader, key: str, default: Choice) -> Choice:
    value = context(key)
    if value is None:
        return default
    choices = type(default)
    try:
        return choices(str(value))
    except ValueError:
        known = ", ".join(choice.value for choice in choices)
        raise InvalidContextError(f"context {key}={value!r} is not one of: {known}") from None
