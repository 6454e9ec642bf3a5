"""The one factory of AWS clients, and the one reading of their failures.

botocore is used as it is: the resource layer that boto3 adds is never needed and costs a part of
each cold start. It is imported with the first client, not with this module.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from payflow.domain.errors import Unavailable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from botocore.session import Session
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_kms import KMSClient
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient
    from types_boto3_ssm import SSMClient
    from types_boto3_stepfunctions import SFNClient

CONNECT_TIMEOUT_S: Final = 1
READ_TIMEOUT_S: Final = 2
ATTEMPTS_MAX: Final = 2
RETRY_PAUSE_MAX_S: Final = 1
"""botocore's `standard` mode waits up to 2^(n-1) seconds before repetition n."""

CALL_TIME_MAX_S: Final = ATTEMPTS_MAX * (CONNECT_TIMEOUT_S + READ_TIMEOUT_S) + RETRY_PAUSE_MAX_S
"""How long a call can take to fail; every function's time-out is longer, so that it can say so."""

_PASSING: Final = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "KMSInternalException",
        "KeyUnavailableException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Error codes that say "not now"; every other code is a mistake of ours or of the deployment."""

CONDITION_FAILED: Final = "ConditionalCheckFailed"
PASSING_REASONS: Final = frozenset(
    {
        "None",
        CONDITION_FAILED,
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    }
)
"""Reasons for a cancelled transaction that reading again and trying again can overcome."""

_lock: Final = threading.Lock()


@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(service: Literal["kms"]) -> KMSClient: ...
@overload
def client(service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def client(service: Literal["ssm"]) -> SSMClient: ...
@overload
def client(service: Literal["stepfunctions"]) -> SFNClient: ...
def client(service: str) -> Any:
    """This process's client of `service`: made once, and each call over in `CALL_TIME_MAX_S`.

    Region, credentials and `AWS_ENDPOINT_URL` come from the environment, read by botocore.
    """
    with _lock:  # Making a client is not thread-safe; using one is.
        return _made(service)


def forget_clients() -> None:
    """Make new clients from here on, by the environment as it is then."""
    with _lock:
        _made.cache_clear()
        _session.cache_clear()


@contextmanager
def unavailable_on_failure(part: str) -> Iterator[None]:
    """Turn throttling, time-outs and server errors of AWS into `Unavailable`, naming `part`.

    A write that timed out may have happened all the same. Other errors pass through as they are.
    """
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    try:
        yield
    except (ConnectionError, HTTPClientError) as error:
        raise _unavailable(part) from error
    except ClientError as error:
        if error_code(error) in _PASSING or _status(error) >= 500:
            raise _unavailable(part) from error
        raise


def error_code(error: ClientError) -> str:
    """The service's name for what went wrong, such as `ConditionalCheckFailedException`."""
    return error.response.get("Error", {}).get("Code", "")


def cancellation_reasons(error: ClientError) -> list[str]:
    """Why a DynamoDB transaction was cancelled: one code for each of its items, in their order."""
    response: Mapping[str, Any] = error.response
    return [str(reason.get("Code", "None")) for reason in response["CancellationReasons"]]


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def _unavailable(part: str) -> Unavailable:
    return Unavailable("temporarily_unavailable", f"the {part} cannot answer now", retry_after_s=1)


@functools.cache
def _made(service: str) -> Any:
    from botocore.config import Config

    return _session().create_client(
        service,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS_MAX},
            tcp_keepalive=True,
        ),
    )


@functools.cache
def _session() -> Session:
    from botocore.session import Session

    return Session()
