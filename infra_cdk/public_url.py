"""Where customers reach the deployment: the API's own address until somebody says otherwise.

Functions that the API depends on cannot depend on the API, so they are told the parameter's name,
which is known beforehand, and read it when they need it.
"""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra_cdk.lambda_factory import SERVICE_NAME, DeployedFunction
from infra_cdk.settings import Settings

VARIABLE = "PUBLIC_URL_PARAMETER"


def parameter_name(settings: Settings) -> str:
    """The parameter's name, one for each stage."""
    return f"/{SERVICE_NAME}/{settings.stage}/public-url"


def create_public_url(scope: Construct, settings: Settings, endpoint: str) -> ssm.StringParameter:
    """The parameter, which says `endpoint`."""
    return ssm.StringParameter(
        scope,
        "PublicUrl",
        parameter_name=parameter_name(settings),
        description="Where customers reach PayFlow; links to the approval page begin with it",
        string_value=endpoint,
    )


def let_read(function: DeployedFunction, settings: Settings) -> None:
    """Tell `function` where the parameter is, and let it read that one."""
    name = parameter_name(settings)
    function.function.add_environment(VARIABLE, name)
    arn = Stack.of(function.function).format_arn(
        service="ssm",
        resource="parameter",
        resource_name=name.removeprefix("/"),
        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
    )
    function.function.add_to_role_policy(
        iam.PolicyStatement(actions=["ssm:GetParameter"], resources=[arn])
    )
