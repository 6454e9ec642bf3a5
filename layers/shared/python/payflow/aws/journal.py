"""The journal's pages in DynamoDB: one item each, written once.

    shard, page   the key: the shard's number as text, the page's number
    text          the page's text, deflated (`payflow.domain.journal_page`)
    hash          the hash of its text, so that a page and its chain can be checked without us
    watermark     as in the text, for searches that need nothing else

A page is appended by a put that demands that its key is free. So of two writers that made the same
page one loses, and there is no other write: no counter, no balance, no hot item.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from payflow.aws.attributes import (
    Item,
    binary,
    digest,
    moment,
    number,
    read_binary,
    read_digest,
    read_moment,
    read_number,
    text,
)
from payflow.aws.clients import error_code, unavailable_on_failure
from payflow.domain.journal_page import (
    CHECKPOINT_EVERY,
    Page,
    SealedPage,
    page_from_text,
    page_text,
    text_hash,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_PART: Final = "ledger table"
_READ_AHEAD: Final = (1, 4)
"""Going back page by page: the next one may be far away, then they are likely to be close."""
_NAMES: Final = {"#shard": "shard"}  # A reserved word.
_RAW_DEFLATE: Final = -15
_QUERIES_AT_ONCE: Final = 8


class DynamoJournal:
    """`Journal` on the ledger table."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        """`table` is the ledger table's name."""
        self._dynamodb = dynamodb
        self._table = table

    def tails(self, shards: Iterable[int]) -> Mapping[int, Sequence[Page]]:
        """The newest page of each shard and those before it, to the last checkpoint, or none."""
        wanted = list(shards)
        if len(wanted) == 1:
            return {wanted[0]: self._tail(wanted[0], None)}
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_QUERIES_AT_ONCE) as pool:
            return dict(
                zip(wanted, pool.map(self._tail, wanted, [None] * len(wanted)), strict=True)
            )

    def tail(self, shard: int, number: int) -> Sequence[Page]:
        """Page `number` and those before it, newest first, to the last checkpoint."""
        return self._tail(shard, number)

    def ascending(self, shard: int, first: int) -> Iterator[Page]:
        """The pages from `first` on, read as they are asked for."""
        return map(_page, self._query(shard, first=first, limits=(CHECKPOINT_EVERY,)))

    def descending(self, shard: int, last: int) -> Iterator[Page]:
        """The pages from `last` down, read as they are asked for."""
        limits = (*_READ_AHEAD, CHECKPOINT_EVERY)
        return map(_page, self._query(shard, last=last, limits=limits))

    def sealed(self, shard: int) -> Iterator[SealedPage]:
        """All pages of a shard from the first on, as they are stored.

        A text that cannot even be unpacked is given as it is.
        """
        for item in self._query(shard, first=1, limits=(CHECKPOINT_EVERY,)):
            packed = read_binary(item["text"])
            try:
                content = zlib.decompress(packed, _RAW_DEFLATE)
            except zlib.error:
                content = packed
            yield SealedPage(
                shard,
                read_number(item["page"]),
                content,
                read_digest(item["hash"]),
                read_moment(item["watermark"]),
            )

    def watermark(self, shard: int, number: int) -> datetime:
        """The watermark of a page that exists."""
        with unavailable_on_failure(_PART):
            answer = self._dynamodb.get_item(
                TableName=self._table,
                Key=_key(shard, number),
                ProjectionExpression="watermark",
                ConsistentRead=True,
            )
        item: Item = answer["Item"]
        return read_moment(item["watermark"])

    def append(self, page: Page) -> bool:
        """Store `page` as the next of its shard; False if another one was first."""
        from botocore.exceptions import ClientError

        try:
            with unavailable_on_failure(_PART):
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=page_to_item(page),
                    ConditionExpression="attribute_not_exists(#shard)",
                    ExpressionAttributeNames=_NAMES,
                )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _tail(self, shard: int, number: int | None) -> Sequence[Page]:
        pages: list[Page] = []
        for item in self._query(shard, last=number, limits=(CHECKPOINT_EVERY,)):
            pages.append(_page(item))
            if pages[-1].checkpoint is not None:
                break
        return pages

    def _query(
        self,
        shard: int,
        *,
        limits: Sequence[int],
        first: int | None = None,
        last: int | None = None,
    ) -> Iterator[Item]:
        """Pages upwards from `first`, or else downwards from `last`, by readings of these sizes."""
        query: dict[str, Any] = {
            "KeyConditionExpression": "#shard = :shard",
            "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": {":shard": text(_shard_text(shard))},
            "ScanIndexForward": first is not None,
            "ConsistentRead": True,
        }
        bound = last if first is None else first
        if bound is not None:
            sign = "<=" if first is None else ">="
            query["KeyConditionExpression"] += f" AND page {sign} :page"
            query["ExpressionAttributeValues"][":page"] = number(bound)
        remaining = list(limits)
        while True:
            limit = remaining.pop(0) if len(remaining) > 1 else remaining[0]
            with unavailable_on_failure(_PART):
                answer = self._dynamodb.query(TableName=self._table, Limit=limit, **query)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def page_to_item(page: Page) -> Item:
    """`page` as an item."""
    content = page_text(page)
    packer = zlib.compressobj(level=9, wbits=_RAW_DEFLATE)
    return {
        **_key(page.shard, page.number),
        "text": binary(packer.compress(content) + packer.flush()),
        "hash": digest(text_hash(content)),
        "watermark": moment(page.watermark),
    }


def _page(item: Item) -> Page:
    return page_from_text(zlib.decompress(read_binary(item["text"]), _RAW_DEFLATE))


def _key(shard: int, page: int) -> dict[str, Any]:
    return {"shard": text(_shard_text(shard)), "page": number(page)}


def _shard_text(shard: int) -> str:
    return f"{shard:02d}"
