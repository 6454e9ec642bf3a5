"""A Lambda handler for a queue: each message by itself, and only those that failed come again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payflow.aws.observability import log_failure, logger
from payflow.domain.errors import Unavailable

QueueHandler = Callable[[dict[str, Any], object], dict[str, Any]]


def queue_handler(handle: Callable[[str], None]) -> QueueHandler:
    """A handler that gives each message's body to `handle`.

    A message for which that raises is left in the queue, which repeats it and at last puts it
    beside (SQS partial batch responses); the others of its batch are done.
    """

    def handle_batch(event: dict[str, Any], _context: object) -> dict[str, Any]:
        failed = [one["messageId"] for one in event["Records"] if not _is_done(handle, one)]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}

    return handle_batch


def _is_done(handle: Callable[[str], None], record: dict[str, Any]) -> bool:
    message_id = record["messageId"]
    try:
        handle(record["body"])
    except Unavailable as error:
        logger().warning(
            "message left for later", extra={"code": error.code, "message_id": message_id}
        )
        return False
    except Exception as error:
        log_failure("message not dealt with", error, message_id=message_id)
        return False
    return True
