"""Where customers reach this deployment: a parameter, because only a deploy's end knows it.

The API's address cannot be in the environment of a function that the API itself depends on. On AWS
the stack sets the parameter; where a proxy or a domain stands in front, whoever sets that up does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payflow.aws.clients import unavailable_on_failure

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient


def public_url(client: SSMClient, parameter: str) -> str:
    """The address below which the public paths lie; raises `Unavailable`."""
    with unavailable_on_failure("parameters"):
        return client.get_parameter(Name=parameter)["Parameter"]["Value"]
