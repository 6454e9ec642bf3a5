"""Secrets that the deployment makes for itself, and those that provider entries name."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra_cdk import paths
from infra_cdk.settings import Settings
from payflow.domain.provider_schema import read_providers
from payflow.providers.registry import ADAPTERS

LENGTH = 64


class SecretName(StrEnum):
    """The secrets, each by the environment variable that carries its address to a function."""

    CALLBACKS = "CALLBACK_SECRET_ID"
    APPROVALS = "APPROVAL_SECRET_ID"


def named_secrets() -> list[str]:
    """The names in the deployed provider file; what is named later has to be granted by hand."""
    providers = read_providers(paths.PROVIDERS_FILE.read_text("utf-8"), adapters=ADAPTERS)
    return [one.webhook_secret for one in providers if one.webhook_secret is not None]


class Secrets(Construct):
    """All secrets: 64 random characters each, which nobody ever needs to see."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, named: Sequence[str]
    ) -> None:
        """`named` are the secrets by whose names providers' own keys are found."""
        super().__init__(scope, construct_id)
        self._settings = settings
        self._secrets = {
            SecretName.CALLBACKS: self._create(
                "Callbacks", "PayFlow: what the keys of providers' callbacks follow from"
            ),
            SecretName.APPROVALS: self._create(
                "Approvals", "PayFlow: what makes the links to the approval page unguessable"
            ),
        }
        self.named_arns = [
            # The name is known, the six characters that AWS puts behind it are not.
            secretsmanager.Secret.from_secret_name_v2(self, name, name).secret_arn + "-??????"
            for name in sorted(set(named))
        ]

    def arn(self, name: SecretName) -> str:
        """The address of the secret of that name."""
        return self._secrets[name].secret_arn

    def _create(self, construct_id: str, description: str) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            construct_id,
            description=description,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=LENGTH, exclude_punctuation=True
            ),
            removal_policy=(
                RemovalPolicy.RETAIN if self._settings.keeps_data else RemovalPolicy.DESTROY
            ),
        )
