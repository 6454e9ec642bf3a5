"""The deployed stack as it is on a cloud: its outputs, and which sources it was made from.

The mark of the sources is kept *in* the cloud (a Systems Manager parameter), not beside it: an
emulator that lost its state loses the mark with it, so the two can never disagree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tools.deployment.cloud import STACK_NAME, Cloud, StackOptions
from tools.paths import REPOSITORY

BOOTSTRAP_STACK_NAME = "CDKToolkit"
SOURCES_PARAMETER = "/payflow/deployed-sources"
# A stack as DescribeStacks answers it.
Stack = dict[str, Any]
USABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
SOURCES = (
    "cdk.json",
    "config",
    "functions",
    "infra_cdk",
    "layers",
    "requirements/runtime.txt",
    "statemachines",
    "tools/cdk/package-lock.json",
)


def sources_fingerprint(options: StackOptions, repository: Path = REPOSITORY) -> str:
    """A hash over everything that decides what a deploy makes."""
    digest = hashlib.sha256()
    for key, value in sorted(options.context().items()):
        digest.update(f"{key}={value}\0".encode())
    digest.update(f"cdk={version('aws-cdk-lib')}\0".encode())
    for path in _source_files(repository):
        digest.update(f"{path.relative_to(repository)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _source_files(repository: Path) -> Iterator[Path]:
    for name in SOURCES:
        source = repository / name
        files = [source] if source.is_file() else sorted(source.rglob("*"))
        for path in files:
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def read_outputs(cloud: Cloud) -> dict[str, str] | None:
    """The stack's outputs by name, or None where it is absent or its last deploy failed."""
    stack = _describe(cloud, STACK_NAME)
    if stack is None or stack["StackStatus"] not in USABLE:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def path_based_url(endpoint_url: str, outputs: dict[str, str]) -> str:
    """The API's address on an emulator, without its name in the host (LocalStack's form)."""
    return f"{endpoint_url}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"


def tell_public_url(cloud: Cloud, outputs: dict[str, str], url: str) -> None:
    """Let links for customers begin with `url`: only now it is known where they are let in."""
    cloud.client("ssm").put_parameter(
        Name=outputs["PublicUrlParameter"], Value=url, Type="String", Overwrite=True
    )


def is_bootstrapped(cloud: Cloud) -> bool:
    """Whether the CDK's own stack (asset bucket, roles) is there."""
    stack = _describe(cloud, BOOTSTRAP_STACK_NAME)
    return stack is not None and stack["StackStatus"] in USABLE


def read_sources_mark(cloud: Cloud) -> str | None:
    """The fingerprint of the sources deployed last, or None if nothing was."""
    try:
        answer = cloud.client("ssm").get_parameter(Name=SOURCES_PARAMETER)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
    mark: str = answer["Parameter"]["Value"]
    return mark


def write_sources_mark(cloud: Cloud, fingerprint: str) -> None:
    """Remember which sources were deployed."""
    cloud.client("ssm").put_parameter(
        Name=SOURCES_PARAMETER, Value=fingerprint, Type="String", Overwrite=True
    )


def forget_sources_mark(cloud: Cloud) -> None:
    """Undo `write_sources_mark`; nothing to forget is fine."""
    try:
        cloud.client("ssm").delete_parameter(Name=SOURCES_PARAMETER)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise


def _describe(cloud: Cloud, name: str) -> Stack | None:
    try:
        answer = cloud.client("cloudformation").describe_stacks(StackName=name)
    except ClientError as error:
        # CloudFormation's way of saying that there is no such stack.
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    stacks: list[Stack] = answer["Stacks"]
    return stacks[0] if stacks else None
