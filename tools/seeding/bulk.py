"""Many items into tables at once: batch writes from several threads, few of them waiting."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.attributes import Item
from tools.errors import ToolError

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

BATCH_ITEMS: Final = 25
"""The most that BatchWriteItem takes."""
THREADS: Final = 8
WAITING_MAX: Final = 64
"""So many batches wait for a thread at most; who has more waits himself."""
TRIES_MAX: Final = 8
PAUSE_S: Final = 0.05


class BulkWriter:
    """Writes items whatever is there under their keys; used as a context, at whose end all are."""

    def __init__(self, dynamodb: DynamoDBClient) -> None:
        """Nothing is written before `write`."""
        self._dynamodb = dynamodb
        self._pool = ThreadPoolExecutor(THREADS)
        self._places = BoundedSemaphore(WAITING_MAX)
        self._pending: list[Future[None]] = []

    def __enter__(self) -> BulkWriter:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exception_type is None:
            self.finish()
        self._pool.shutdown(cancel_futures=True)

    def write(self, table: str, items: Sequence[Item]) -> None:
        """Have `items`, no two of one key, written into `table`; raises what went wrong before."""
        self._pending = [future for future in self._pending if not _is_well(future)]
        for batch in _batches(items):
            self._places.acquire()
            future = self._pool.submit(self._written, table, batch)
            future.add_done_callback(lambda _: self._places.release())
            self._pending.append(future)

    def finish(self) -> None:
        """Wait until everything is written; raises what went wrong."""
        pending, self._pending = self._pending, []
        for future in pending:
            future.result()

    def _written(self, table: str, items: Sequence[Item]) -> None:
        wanted: Any = {table: [{"PutRequest": {"Item": item}} for item in items]}
        for repetition in range(TRIES_MAX):
            if repetition:
                time.sleep(PAUSE_S * 2**repetition)
            wanted = self._dynamodb.batch_write_item(RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                return
        raise ToolError(f"the table {table} takes no more for now", hint="run the same again")


def _is_well(future: Future[None]) -> bool:
    """Whether it is done; raises if it failed."""
    if future.done():
        future.result()
        return True
    return False


def _batches(items: Sequence[Item]) -> Sequence[Sequence[Item]]:
    return [items[start : start + BATCH_ITEMS] for start in range(0, len(items), BATCH_ITEMS)]
