"""Readings of a table that several adapters share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from time import sleep
from typing import TYPE_CHECKING, Any, Final, TypeVar

from payflow.aws.attributes import Item, text
from payflow.aws.clients import unavailable_on_failure
from payflow.domain.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

BATCH_MAX: Final = 100  # BatchGetItem takes no more.
_TRIES_MAX: Final = 6
_PAUSE_S: Final = 0.02

_Element = TypeVar("_Element")


def items_by_id(
    dynamodb: DynamoDBClient,
    table: str,
    ids: Sequence[str],
    *,
    part: str,
    attributes: str | None = None,
) -> Iterator[Item]:
    """The items with these ids, at most `BATCH_MAX`, in any order, by consistent reads.

    `attributes` is a projection; raises `Unavailable`, naming `part`, while the table is throttled.
    """
    wanted: dict[str, Any] = {"Keys": [{"id": text(one)} for one in ids], "ConsistentRead": True}
    if attributes is not None:
        wanted["ProjectionExpression"] = attributes
    request: Any = {table: wanted}
    for repetition in range(_TRIES_MAX):
        with unavailable_on_failure(part):
            answer = dynamodb.batch_get_item(RequestItems=request)
        yield from answer["Responses"].get(table, ())
        request = answer.get("UnprocessedKeys")
        if not request:
            return
        sleep(_PAUSE_S * 2**repetition)
    raise Unavailable("temporarily_unavailable", f"the {part} is throttled", retry_after_s=1)


def begun(elements: Iterator[_Element]) -> Iterable[_Element]:
    """The same elements, the first of them fetched already."""
    first = next(elements, None)
    return () if first is None else chain((first,), elements)
