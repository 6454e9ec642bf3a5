"""What a person chooses when an instance starts."""

from __future__ import annotations

from dataclasses import dataclass

from infra_cdk.settings import ApiKind, Target, WorkflowKind
from tools.deployment.cloud import StackOptions


@dataclass(frozen=True)
class UpOptions:
    """What `payflow up` was asked for; port 0 means any free one."""

    port: int
    aws_port: int
    api: ApiKind
    workflow: WorkflowKind
    fresh: bool

    def stack(self) -> StackOptions:
        """The same, as the CDK app is asked."""
        return StackOptions(Target.EMBEDDED, api=self.api, workflow=self.workflow)
