"""Secrets in Secrets Manager, read when first needed and kept in the process for a while.

No secret is in an environment variable, a table or a log: functions are told where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.domain.derived_key import derived_key
from payflow.domain.ports import Clock
from payflow.domain.provider import ProviderConfig
from payflow.domain.webhook_signature import signing_key

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

AGE_MAX: Final = timedelta(minutes=5)
"""How long a replaced secret is still used by a process that read it before."""

_CURRENT: Final = "AWSCURRENT"
_PREVIOUS: Final = "AWSPREVIOUS"
_CALLBACKS: Final = "provider-callback"


class Secrets:
    """Secrets by name or ARN, each with the one that it replaced, if it replaced one."""

    def __init__(self, client: SecretsManagerClient, clock: Clock) -> None:
        """Nothing is read before `values`."""
        self._client = client
        self._clock = clock
        self._read: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    def values(self, secret_id: str) -> tuple[str, ...]:
        """The current value, then the previous one; raises `Unavailable`.

        Secrets Manager's other errors pass through: a secret that is not there, or not for this
        function, is a mistake of the deployment.
        """
        now = self._clock.now()
        read_at, values = self._read.get(secret_id, (None, ()))
        if read_at is None or now - read_at > AGE_MAX:
            values = self._fetched(secret_id)
            self._read[secret_id] = (now, values)
        return values

    def _fetched(self, secret_id: str) -> tuple[str, ...]:
        from botocore.exceptions import ClientError

        with unavailable_on_failure("secrets"):
            current = self._client.get_secret_value(SecretId=secret_id, VersionStage=_CURRENT)
            try:
                previous = self._client.get_secret_value(SecretId=secret_id, VersionStage=_PREVIOUS)
            except ClientError as error:
                # It was never replaced.
                if error_code(error) != "ResourceNotFoundException":
                    raise
                return (current["SecretString"],)
        return current["SecretString"], previous["SecretString"]


class ProviderCallbackKeys:
    """`CallbackKeys`: one of its own for each provider, or the secret that its entry names."""

    def __init__(self, secrets: Secrets, master_id: str) -> None:
        """All keys of providers that name no secret follow from the secret `master_id`."""
        self._secrets = secrets
        self._master_id = master_id

    def of(self, provider: ProviderConfig) -> Sequence[bytes]:
        """The provider's keys, newest first; raises `Unavailable`."""
        if provider.webhook_secret is not None:
            return [signing_key(one) for one in self._secrets.values(provider.webhook_secret)]
        masters = self._secrets.values(self._master_id)
        return [derived_key(one.encode(), _CALLBACKS, provider.id) for one in masters]
