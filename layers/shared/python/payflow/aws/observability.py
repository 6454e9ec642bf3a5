"""The log: one JSON line a fact, a constant message and fields, never a request or a secret."""

from __future__ import annotations

import functools
import traceback
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

_FRAMES_MAX: Final = 12


@functools.cache
def logger() -> Logger:
    """The process's one logger; the data of a line goes into `extra`.

    Service and level come from POWERTOOLS_SERVICE_NAME and LOG_LEVEL.
    """
    from aws_lambda_powertools import Logger

    return Logger(utc=True)


def log_failure(message: str, error: BaseException, **fields: Any) -> None:
    """Log an unexpected `error` by its type and the places it passed.

    Not by its text: that often quotes the value which caused it, and the value may be a card.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_MAX:]
    stack = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    logger().error(message, extra={"error_type": type(error).__name__, "stack": stack, **fields})
