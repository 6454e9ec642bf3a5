"""The CDK app. Run by the CDK command line from the repository's root (see cdk.json)."""

from __future__ import annotations

import sys

import aws_cdk as cdk

from infra_cdk.settings import InvalidContextError, Settings
from infra_cdk.stack import PayFlowStack
from payflow.api.routes import ROUTES
from payflow.domain.provider_schema import InvalidProviderConfig

STACK_NAME = "PayFlow"


def main() -> None:
    """Synthesise the stack into the folder that the command line names."""
    app = cdk.App()
    try:
        settings = Settings.from_context(app.node.try_get_context)
        PayFlowStack(app, STACK_NAME, settings=settings, routes=ROUTES)
    except (InvalidContextError, InvalidProviderConfig) as error:
        sys.exit(f"payflow infrastructure: {error}")
    app.synth()


if __name__ == "__main__":
    main()
