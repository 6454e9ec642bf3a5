"""The DynamoDB that the ports in memory are compared with, with all tables."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from unittest.mock import patch

from botocore.config import Config
from botocore.session import Session
from moto import mock_aws
from types_boto3_dynamodb import DynamoDBClient
from types_boto3_kms import KMSClient

from tests.differential.local_client import LocalClient
from tests.integration.tables import create_tables
from tools.paths import REPOSITORY

JARS: Final = REPOSITORY / "build" / "dynamodb-local"
"""Where `make differential` puts DynamoDB Local."""

ACCOUNTS: Final = ("one", "two", "three", "four")
"""Each has its own tables in DynamoDB Local."""

_STARTS_WITHIN_S: Final = 60
_ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass(frozen=True)
class Reference:
    """A DynamoDB: what it is, a client, and the tables' names by environment variable."""

    name: str
    dynamodb: DynamoDBClient
    tables: Mapping[str, str]

    def forget(self, variable: str, keys: Sequence[Mapping[str, Any]]) -> None:
        """Delete these items of a table, at most 25."""
        deletions: Any = [{"DeleteRequest": {"Key": key}} for key in keys]
        if deletions:
            self.dynamodb.batch_write_item(RequestItems={self.tables[variable]: deletions})


@contextmanager
def best_references() -> Iterator[Sequence[Reference]]:
    """DynamoDB Local, several times, if it has been fetched; moto otherwise."""
    chosen = dynamodb_local() if any(JARS.glob("DynamoDBLocal-*.jar")) else moto()
    with chosen as references:
        yield references


@contextmanager
def moto() -> Iterator[Sequence[Reference]]:
    """Empty tables in this process."""
    with patch.dict(os.environ, _ENVIRONMENT), mock_aws():
        os.environ.pop("AWS_ENDPOINT_URL", None)
        config = Config(parameter_validation=False)
        client: Any = Session().create_client("dynamodb", config=config)
        yield [Reference("moto", client, create_tables(client))]


@contextmanager
def dynamodb_local() -> Iterator[Sequence[Reference]]:
    """Empty tables for each of `ACCOUNTS` in a DynamoDB Local that ends with the block.

    Most of a call is waiting for the other process, so several sequences at once take less time.
    """
    port = _free_port()
    command = ["java", "-Xmx1g", "-XX:+UseSerialGC", f"-Dsqlite4java.library.path={JARS}"]
    command += ["-cp", f"{JARS}/*", "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"]
    command += ["-inMemory", "-port", str(port)]
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=JARS,
        # Ctrl-C is for whoever asks; what is begun has to be answered.
        start_new_session=True,
    ) as server:
        try:
            _wait_for(port)
            with ExitStack() as stack:
                clients = [stack.enter_context(closing(LocalClient(port, a))) for a in ACCOUNTS]
                yield [_on_local(cast(DynamoDBClient, client)) for client in clients]
        finally:
            server.terminate()


class StubKms:
    """Data keys that are wrapped in nothing."""

    def generate_data_key(self, **_: Any) -> dict[str, bytes]:
        key = secrets.token_bytes(32)
        return {"Plaintext": key, "CiphertextBlob": b"wrapped" + key}

    def decrypt(self, *, CiphertextBlob: bytes, **_: Any) -> dict[str, bytes]:
        return {"Plaintext": CiphertextBlob.removeprefix(b"wrapped")}


def stub_kms() -> KMSClient:
    """A client of KMS that is never asked for more than data keys."""
    return cast(KMSClient, StubKms())


def _on_local(client: DynamoDBClient) -> Reference:
    return Reference(f"DynamoDB Local {_version()}", client, create_tables(client))


def _version() -> str:
    (jar,) = Path(JARS).glob("DynamoDBLocal-*.jar")
    return jar.stem.partition("-")[2]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("DynamoDB Local does not start")
